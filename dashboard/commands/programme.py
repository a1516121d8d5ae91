"""`loyalty programme`: read, check, compare and put in force the programme document.

`show` prints the document in force, or another version of it; `validate` reads one and says what is wrong
with it or contradicts itself; `apply` makes it the newest version; `diff` lists what changes from the
document in force, or between two documents or versions.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, counted, print_json
from dashboard.commands.documents import in_force, read, read_or_version, version_of, versions_of
from loyalty_core.rules.differences import differences
from loyalty_core.rules.programme import programme_to_yaml

FileArgument = Annotated[Path, typer.Argument(help="A programme document, YAML.")]
OneArgument = Annotated[Path, typer.Argument(help="A programme document, or the number of a version.")]
OtherArgument = Annotated[
    Path | None, typer.Argument(help="A second one to compare with; the one in force if left out.")
]
NoteOption = Annotated[str, typer.Option("--note", help="Why the rules change; kept with the version.")]
VersionOption = Annotated[int | None, typer.Option("--version", help="A version other than that in force.")]
VersionsOption = Annotated[bool, typer.Option("--versions", help="List the versions and their days instead.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    from dashboard.commands.programme_merge import merge
    from dashboard.commands.programme_reconcile import reconcile

    programme = typer.Typer(help="Read, check, compare and apply the programme document.")
    for command in (show, validate, apply, diff, reconcile, merge):
        programme.command(command.__name__)(command)
    app.add_typer(programme, name="programme", no_args_is_help=True)


def show(
    workspace: WorkspaceOption = WORKSPACE,
    version: VersionOption = None,
    versions: VersionsOption = False,
    json: JsonOption = False,
) -> None:
    """Print the programme in force or another version, or list the versions and the days they hold."""
    if versions:
        rows = versions_of(workspace)
        _answer({"versions": rows}, "\n".join(map(_version_line, rows)), json)
        return
    programme = in_force(workspace) if version is None else version_of(workspace, version)
    if json:
        print_json(programme.model_dump(mode="json"))
    else:
        sys.stdout.write(programme_to_yaml(programme))


def validate(file: FileArgument, json: JsonOption = False) -> None:
    """Say what a document promises that cannot be kept or can be abused; exit code 1 if there is anything,
    0 with warnings only, 2 and the reason where it is no programme at all."""
    from loyalty_core.validation.contradictions import findings

    programme = read(file)
    found = findings(programme)
    contradictions = [one for one in found if one.severity == "contradiction"]
    told = {
        "valid": not contradictions,
        "name": programme.name,
        "tiers": len(programme.tiers),
        "contradictions": len(contradictions),
        "warnings": len(found) - len(contradictions),
        "findings": [
            {
                "severity": one.severity,
                "check": one.check,
                "field": one.field,
                "explanation": {"en": one.explanation.en, "zh": one.explanation.zh},
            }
            for one in found
        ],
    }
    verdict = "contradicts itself" if contradictions else "valid"
    lines = [f"{file}: {verdict}; {programme.name}, {counted(len(programme.tiers), 'tiers')}"]
    lines += [f"{one.severity}: {one.field}: {one.explanation.en}" for one in found]
    _answer(told, "\n".join(lines), json)
    raise typer.Exit(1 if contradictions else 0)


def apply(
    file: FileArgument,
    workspace: WorkspaceOption = WORKSPACE,
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Make a document the newest version of the workspace's programme, and derive again what it implies."""
    from dashboard.jobs.workers import spawned_pool
    from data.enforcing import put_in_force
    from data.workspace import Workspace
    from loyalty_core.validation.contradictions import findings

    programme, opened = read(file), Workspace.open(workspace)
    contradictions = sum(one.severity == "contradiction" for one in findings(programme))
    before = opened.programme
    with spawned_pool() as executor:  # its processes start when there is work for them
        enforced = put_in_force(opened, programme, note, executor)
    changed = 0 if before is None else len(differences(before, programme))
    rows = enforced.rows_derived
    found = {
        "version": enforced.version.id,
        "name": programme.name,
        "changes": changed,
        "contradictions": contradictions,
        "rows_derived": rows,
        "snapshot": enforced.snapshot,
    }
    lines = [f"{programme.name}: version {enforced.version.id} applied, {counted(changed, 'changes')}"]
    lines += [f"{table}: {counted(count, 'rows')} derived again" for table, count in rows.items()]
    if contradictions:
        lines.append(f"{counted(contradictions, 'contradictions')}: see `loyalty programme validate {file}`")
    _answer(found, "\n".join(lines), json)


def diff(
    one: OneArgument,
    other: OtherArgument = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """List what changes: from the programme in force to one, or from one document or version to the other."""
    if other is None:
        before, after = in_force(workspace), read_or_version(one, workspace)
    else:
        before, after = (read_or_version(word, workspace) for word in (one, other))
    changes = differences(before, after)
    lines = [f"{one['field']}: {_written(one['from'])} -> {_written(one['to'])}" for one in changes]
    _answer({"changes": changes}, "\n".join(lines) or "no differences", json)


def _version_line(row: dict[str, Any]) -> str:
    if row["holds"]:
        first, last = row["first_day"] or "the beginning", row["last_day"] or "on"
        days = f"from {first} {'to ' if row['last_day'] else ''}{last}"
    else:
        days = "corrected by a later one of the same day"
    mark = ", in force" if row["in_force"] else ""
    note = f": {row['note']}" if row["note"] else ""
    return f"{row['version']}  {row['name']}, {days}{mark}{note}"


def _written(value: Any) -> str:
    return "(none)" if value is None else str(value)


def _answer(found: dict[str, Any], line: str, json: bool) -> None:
    if json:
        print_json(found)
    else:
        sys.stdout.write(line + "\n")
