"""`loyalty programme`: read, check, compare and put in force the programme document.

`show` prints the document in force; `validate` reads one and says what is wrong with it; `apply` makes
it the newest version; `diff` lists what changes from the document in force (or from a second one).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json
from loyalty_core.errors import InputError
from loyalty_core.programme import Programme, programme_from_yaml, programme_to_yaml

FileArgument = Annotated[Path, typer.Argument(help="A programme document, YAML.")]
OtherArgument = Annotated[
    Path | None, typer.Argument(help="A second document to compare with; the one in force if left out.")
]
NoteOption = Annotated[str, typer.Option("--note", help="Why the rules change; kept with the version.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    programme = typer.Typer(help="Read, check, compare and apply the programme document.")
    for command in (show, validate, apply, diff):
        programme.command(command.__name__)(command)
    app.add_typer(programme, name="programme", no_args_is_help=True)


def show(workspace: WorkspaceOption = WORKSPACE, json: JsonOption = False) -> None:
    """Print the programme in force."""
    programme = in_force(workspace)
    if json:
        print_json(programme.model_dump(mode="json"))
    else:
        sys.stdout.write(programme_to_yaml(programme))


def validate(file: FileArgument, json: JsonOption = False) -> None:
    """Say whether a document is a valid programme; exit code 2 and the reason if not."""
    programme = read(file)
    found = {"valid": True, "name": programme.name, "tiers": len(programme.tiers)}
    _answer(found, f"{file}: valid; {programme.name}, {len(programme.tiers)} tiers", json)


def apply(
    file: FileArgument,
    workspace: WorkspaceOption = WORKSPACE,
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Make a document the newest version of the workspace's programme, and derive again what it implies."""
    from data.enforcing import put_in_force
    from data.workspace import Workspace

    programme, opened = read(file), Workspace.open(workspace)
    before = opened.programme
    enforced = put_in_force(opened, programme, note)
    changed = 0 if before is None else len(differences(before, programme))
    rows = enforced.rows_derived
    found = {
        "version": enforced.version.id,
        "name": programme.name,
        "changes": changed,
        "rows_derived": rows,
        "snapshot": enforced.snapshot,
    }
    lines = [f"{programme.name}: version {enforced.version.id} applied, {changed} changes"]
    lines += [f"{table}: {count:,} rows derived again" for table, count in rows.items()]
    _answer(found, "\n".join(lines), json)


def diff(
    file: FileArgument,
    other: OtherArgument = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """List what changes: from the programme in force to FILE, or from FILE to the second document."""
    before, after = (in_force(workspace), read(file)) if other is None else (read(file), read(other))
    changes = differences(before, after)
    lines = [f"{one['field']}: {_written(one['from'])} -> {_written(one['to'])}" for one in changes]
    _answer({"changes": changes}, "\n".join(lines) or "no differences", json)


def read(file: Path) -> Programme:
    """The programme that a file declares; InputError naming file and field otherwise."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not UTF-8 text; save it as UTF-8") from error
    return programme_from_yaml(text, str(file))


def in_force(workspace: Path) -> Programme:
    """The workspace's programme; InputError where none was applied."""
    from data.workspace import Workspace

    programme = Workspace.open(workspace, create=False).programme
    if programme is None:
        raise InputError(f"{workspace}: no programme yet; try `loyalty programme apply FILE`")
    return programme


def differences(before: Programme, after: Programme) -> list[dict[str, Any]]:
    """Fields whose value differs, as field, from and to; None where a document lacks the field.

    Tiers and rewards are told apart by name: tiers.gold.threshold. What a document leaves at its
    default is looked at only where the other one says otherwise.
    """
    old, new = (dict(_fields(programme.model_dump(mode="json"))) for programme in (before, after))
    said = [
        field
        for programme in (before, after)
        for field, _ in _fields(programme.model_dump(mode="json", exclude_defaults=True))
    ]
    return [
        {"field": field, "from": old.get(field), "to": new.get(field)}
        for field in dict.fromkeys(said)
        if old.get(field) != new.get(field)
    ]


def _fields(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        parts = {one["name"]: {k: v for k, v in one.items() if k != "name"} for one in value}.items()
    else:
        return [(path, value)]
    return [field for name, part in parts for field in _fields(part, f"{path}.{name}" if path else str(name))]


def _written(value: Any) -> str:
    return "(none)" if value is None else str(value)


def _answer(found: dict[str, Any], line: str, json: bool) -> None:
    if json:
        print_json(found)
    else:
        sys.stdout.write(line + "\n")
