"""Documents that people write (programme, scenario, mapping): a validated value or one clear line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from loyalty_core.errors import InputError

Model = TypeVar("Model", bound=BaseModel)
LONGEST = 80  # letters of a value that a sentence repeats
_KINDS = {"NoneType": "nothing", "list": "a list", "str": "a text"}  # in the words of who wrote it


def fields_of(
    text: str, where: str, such_as: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader
) -> dict[str, Any]:
    """The fields of a YAML document; InputError with the line where it cannot be read.

    `such_as` names a few fields, for somebody who gave another kind of file.
    """
    try:
        reader = loader(text)  # always a safe one
        composed = reader.get_single_node()
        document = None if composed is None else reader.construct_document(composed)
    except RecursionError as error:
        raise InputError(
            f"{where}: groups in groups, hundreds deep; look for brackets that are never closed"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{where}{line}: not readable as YAML; check indentation and colons") from error
    except ValueError as error:  # a date like 2026-02-30
        raise InputError(f"{where}: a date that no calendar has ({error})") from error
    _each_once(composed, where)
    if not isinstance(document, dict):
        kind = type(document).__name__
        raise InputError(f"{where}: expected fields like {such_as}, found {_KINDS.get(kind, kind)}")
    return document


def _each_once(document: yaml.Node | None, where: str) -> None:
    """InputError for a field that stands twice in one group: YAML would take the last without a word."""
    waiting, seen = [document], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
            continue
        seen.add(id(node))  # an alias may lead back here
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        names = [key.value for key, _ in node.value]
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and names.count(key.value) > 1:
                raise InputError(f"{where}, line {key.start_mark.line + 1}: {key.value} stands twice")
            waiting.append(value)


def validated(model: type[Model], document: Mapping[str, Any], where: str) -> Model:
    """The value that the fields declare; InputError naming each field that is wrong and what was found."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        lines = (_line(problem, document) for problem in error.errors())
        raise InputError(f"{where}: {'; '.join(lines)}") from error


def _line(problem: Any, document: Mapping[str, Any]) -> str:
    place = ".".join(_place(problem["loc"], document))
    message = str(problem["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(problem["input"], dict | list) else f" (found {_brief(problem['input'])})"
    return f"{place}: {message}{given}" if place else message


def _brief(value: Any) -> str:
    """A value as it is written, the beginning of a long one."""
    written = repr(value)
    return written if len(written) <= LONGEST else f"{written[:LONGEST]}…"


def _place(steps: tuple[int | str, ...], document: Any) -> Iterator[str]:
    """The way to a value, items of a list by a name that no other has, as changes are written."""
    for step in steps:
        names = [_name(item) for item in document] if isinstance(document, list | tuple) else []
        try:
            document = document[step]
        except (LookupError, TypeError):  # a field that is missing, or a word of the check itself
            document = None
        name = _name(document)
        yield name if names.count(name) == 1 and name else str(step)


def _name(item: Any) -> str:
    return str(item.get("name", "")) if isinstance(item, dict) else ""
