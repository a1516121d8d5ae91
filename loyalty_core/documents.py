"""Documents that people write (programme, scenario, mapping): a validated value or one clear line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from loyalty_core.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def fields_of(
    text: str, where: str, such_as: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader
) -> dict[str, Any]:
    """The fields of a YAML document; InputError with the line where it cannot be read.

    `such_as` names a few fields, for somebody who gave another kind of file.
    """
    try:
        document = yaml.load(text, loader)  # always a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{where}{line}: not readable as YAML; check indentation and colons") from error
    except ValueError as error:  # a date like 2026-02-30
        raise InputError(f"{where}: a date that no calendar has ({error})") from error
    if not isinstance(document, dict):
        raise InputError(f"{where}: expected fields like {such_as}, found {type(document).__name__}")
    return document


def validated(model: type[Model], document: Mapping[str, Any], where: str) -> Model:
    """The value that the fields declare; InputError naming each field that is wrong and what was found."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{where}: {'; '.join(_line(problem) for problem in error.errors())}") from error


def _line(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(problem["input"], dict | list) else f" (found {problem['input']!r})"
    return f"{place}: {message}{given}" if place else message
