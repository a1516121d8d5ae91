"""`loyalty import`: files, a database or a sample into the workspace, with an account of every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, print_json

if TYPE_CHECKING:
    from loyalty_core.rules.programme import Programme

Sources = Annotated[
    list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, a database URL, or the word sample.")
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
    language: LanguageOption = "en",
    json: JsonOption = False,
    workspace: WorkspaceOption = WORKSPACE,
) -> None:
    """Import files; rejected rows are counted and listed, and can be imported again once corrected."""
    from data.intake.mapping import load_mapping

    given, chosen = _given(programme), load_mapping(mapping)
    with _told() as progress:
        from dashboard.jobs.workers import spawned_pool
        from data.intake.importing import import_files

        with spawned_pool() as executor:  # its processes start when there is work for them
            report = import_files(
                workspace,
                source,
                chosen,
                programme=given,
                dry_run=dry_run,
                progress=progress,
                executor=executor,
            )
    if json:
        print_json(report.to_json())
    else:
        from dashboard.commands.import_report import print_report

        print_report(report, language)


@contextmanager
def _told() -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error, from the first second; where nobody is looking, none."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    elapsed, unseen = TimeElapsedColumn(), not console.is_terminal
    with Progress(*columns, elapsed, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda share, message: bar.update(task, completed=share, description=message)


def _given(path: Path | None) -> Programme | None:
    from loyalty_core.errors import InputError
    from loyalty_core.rules.programme import programme_from_yaml

    if path is None:
        return None
    try:
        return programme_from_yaml(path.read_text("utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--programme {path}: not readable as UTF-8 text") from error
