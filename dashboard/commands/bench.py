"""`loyalty bench`: how fast the product is on this machine, on a generated programme of any size."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from dashboard.commands import JsonOption, print_json
from loyalty_core.errors import InputError

LEAST_MEMBERS = 100  # fewer have no month in which every question has an answer
MembersOption = Annotated[int, typer.Option("--members", metavar="N", help="Size of the programme.")]
OnlyOption = Annotated[
    str | None,
    typer.Option("--only", metavar="PART,…", help="Of intake, publish, kpi, replay, simulate and pages."),
]
PostgresOption = Annotated[
    str | None,
    typer.Option(
        "--postgres",
        metavar="URL",
        envvar="LOYALTY_TEST_POSTGRES_URL",
        show_envvar=False,
        help="A database to compare questions with; nothing of it is kept.",
    ),
]
FilesOption = Annotated[
    Path | None,
    typer.Option(
        "--files",
        metavar="DIR",
        help="Where the generated files and the demo workspace `demo` are, or stay for a next run.",
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="Where the files go meanwhile; a temporary one by default."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("bench")(bench)


def bench(
    members: MembersOption = 20_000,
    only: OnlyOption = None,
    postgres: PostgresOption = None,
    folder: FolderOption = None,
    files: FilesOption = None,
    json: JsonOption = False,
) -> None:
    """Measure the product on a generated programme, against what else one could use."""
    from dashboard.benchmark.goals import compared
    from dashboard.benchmark.runs import Bench
    from dashboard.benchmark.watching import machine

    parts = _parts(only)
    if members < LEAST_MEMBERS:
        raise InputError(f"--members {members}: too few to measure; ask for {LEAST_MEMBERS} or more")
    with TemporaryDirectory(prefix="loyalty-bench-", dir=folder) as place:
        found = Bench(Path(place), members, parts, postgres, files, _tell).run()
    answer = {"machine": machine() | {"members": members}} | found
    if json:
        print_json(answer)
    else:
        typer.echo("\n".join([*_lines(answer), "", "Goals, on two cores:", *compared(found, members)]))


def _tell(stage: str) -> None:
    typer.echo(f"bench: {stage}", err=True)


def _parts(only: str | None) -> tuple[str, ...]:
    from dashboard.benchmark.runs import PARTS
    from loyalty_core.names import near

    asked = tuple(part.strip() for part in (only or "").split(",") if part.strip())
    for part in asked:
        if part not in PARTS:
            raise InputError(f"--only {part}: no part of the bench; {near(part, PARTS)}")
    return asked or PARTS


def _lines(answer: dict[str, Any], place: str = "") -> list[str]:
    """Each figure by its place in the answer; what was not measured is left out."""
    lines = []
    for name, value in answer.items():
        if isinstance(value, dict):
            lines += _lines(value, f"{place}{name}.")
        elif value is not None:
            lines.append(f"{place}{name}: {value:,}" if isinstance(value, int) else f"{place}{name}: {value}")
    return lines
