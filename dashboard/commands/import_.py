"""`loyalty import`: files, a database or a sample into the workspace, with an account of every row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json

if TYPE_CHECKING:
    from data.accounts import ImportReport
    from loyalty_core.programme import Programme

Sources = Annotated[
    list[str], typer.Argument(metavar="SOURCE...", help="File, folder, database URL, or the word sample.")
]
MappingOption = Annotated[str, typer.Option("--mapping", help="Name of a shipped mapping, or a YAML file.")]
ProgrammeOption = Annotated[Path | None, typer.Option("--programme", help="Programme to apply (YAML).")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    source: Sources,
    mapping: MappingOption,
    programme: ProgrammeOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = WORKSPACE,
) -> None:
    """Import files; rejected rows are counted and listed, and can be imported again once corrected."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)
        from data.intake import import_files
        from data.mapping import load_mapping

        report = import_files(
            workspace,
            source,
            load_mapping(mapping),
            programme=_given(programme),
            dry_run=dry_run,
            progress=lambda share, message: bar.update(task, completed=share, description=message),
        )
    if json:
        print_json(report.to_json())
    else:
        _show(report)


def _given(path: Path | None) -> Programme | None:
    from loyalty_core.errors import InputError
    from loyalty_core.programme import programme_from_yaml

    if path is None:
        return None
    try:
        return programme_from_yaml(path.read_text("utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--programme {path}: not readable as UTF-8 text") from error


def _show(report: ImportReport) -> None:
    """The account as a table, then what was written and where the lists lie."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("File", title="Would be imported" if report.dry_run else "Imported")
    names = ("rows_read", "accepted", "duplicate", "conflict", "rejected")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for file in report.files:
        table.add_row(file.file_name, *(f"{getattr(file, name):,}" for name in names))
    console.print(table)
    for file in report.files:
        for reason, count in file.reasons.items():
            console.print(f"{file.file_name}: {count:,} rejected: {reason}", markup=False, soft_wrap=True)
        for column, count in file.blanked.items():
            console.print(f"{file.file_name}: {count:,} values of {column} left empty", markup=False)
        for path in (file.rejects_path, file.conflicts_path):
            if path:
                console.print(f"see {path}", markup=False, soft_wrap=True)
    for what, rows in (("rows", report.rows_written), ("derived rows", report.rows_derived)):
        for name, count in rows.items():
            console.print(f"{name}: {count:,} {what}", markup=False)
