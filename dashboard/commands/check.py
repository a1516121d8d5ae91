"""`loyalty check`: are the facts whole, and does the ledger add up?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from data.snapshots import Snapshot
    from loyalty_core.checks.all_checks import Finding

EXAMPLES = 3
FullOption = Annotated[
    bool, typer.Option("--full", help="Recount all that is rolled up; a sample of it by default.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check)


def check(full: FullOption = False, workspace: WorkspaceOption = WORKSPACE, json: JsonOption = False) -> None:
    """Check the ledger and the data of the latest snapshot; exit code 1 if one is broken."""
    from data.quality import findings_of
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    snapshot = opened.latest()
    if snapshot is None or opened.programme is None:
        raise InputError(f"{workspace}: nothing to check yet; run `loyalty demo` or `loyalty import` first")
    versions = opened.registry.programmes_in_turn()
    found = findings_of(snapshot, opened.programme, full, versions)
    broken = any(finding.breaks for finding in found)
    if json:
        print_json(_document(snapshot, found, broken))
    else:
        _print(snapshot, found)
    raise typer.Exit(1 if broken else 0)


def _document(snapshot: Snapshot, found: list[Finding], broken: bool) -> dict[str, Any]:
    checks = [
        {
            "name": finding.check.name,
            "sentence": finding.check.sentence.en,
            "severity": finding.check.severity,
            "rows": len(finding.rows),
            "examples": _examples(finding),
        }
        for finding in found
    ]
    return {"snapshot": snapshot.id, "as_of": snapshot.as_of, "broken": broken, "checks": checks}


def _examples(finding: Finding) -> list[dict[str, Any]]:
    rows = finding.rows.head(EXAMPLES)
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _print(snapshot: Snapshot, found: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"Checks of snapshot {snapshot.id}, as of {snapshot.as_of}", title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("Check")
    table.add_column("Rows", justify="right")
    table.add_column("For example")
    for finding in found:
        examples = "\n".join(escape(_line(row)) for row in _examples(finding))
        table.add_row(_status(finding), finding.check.sentence.en, f"{len(finding.rows):,}", examples)
    Console().print(table)


def _status(finding: Finding) -> str:
    if not len(finding.rows):
        return "[green]holds[/green]"
    return "[red]broken[/red]" if finding.breaks else "[yellow]warning[/yellow]"


def _line(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
