"""`loyalty backtest`: what a simulation would have said of the past that came, beside plain forecasts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, counted, print_json
from dashboard.commands.simulate import ClusterOption, WorkersOption, executor, progress, published

if TYPE_CHECKING:
    from rich.table import Table

    from data.workspace import Workspace

OriginsOption = Annotated[int, typer.Option(min=1, max=24, help="How many times the past is cut off.")]
HorizonOption = Annotated[
    int, typer.Option("--horizon", min=1, max=24, metavar="MONTHS", help="How far ahead each time.")
]
ReplicationsOption = Annotated[
    int, typer.Option(min=10, max=1000, help="Runs at each origin, from which the intervals come.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")]
LEVELS = ("50", "80", "90")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("backtest")(backtest)


def backtest(
    origins: OriginsOption = 3,
    horizon: HorizonOption = 3,
    replications: ReplicationsOption = 40,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Forecast the programme's own past as if it were not known, and hold it against what came."""
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    published(opened, workspace)
    asked = {"origins": origins, "horizon_months": horizon, "replications": replications, "seed": seed}
    found = tested(opened, asked, workers, cluster)
    if as_json:
        print_json(found)
    else:
        _print(found)


def tested(
    workspace: Workspace, asked: dict[str, int], workers: int | None = None, cluster: str | None = None
) -> dict[str, Any]:
    """The passport that the backtest gives, or gave when the same was asked before."""
    from dashboard.jobs.questions import Asking, passport_of

    snapshot, programme = published(workspace, workspace.folder)
    with progress("backtest") as telling, ExitStack() as stack:
        working = Asking(
            executor=lambda: stack.enter_context(executor(workers, cluster)),
            progress=lambda share, partial: telling(share, None),
        )
        return passport_of(workspace, snapshot, programme, asked, working)


def _print(found: dict[str, Any]) -> None:
    console = answers()
    console.print(_table(found), markup=False)
    for one in found["origins"]:
        console.print(f"tested {one['from']} to {one['to']}, {one['weeks']} weeks")
    for level in LEVELS:
        for name, of_what in (
            ("coverage_whole", "totals of the whole span"),
            ("coverage", "weeks and metrics"),
        ):
            console.print(_held(level, found[name][level], of_what))
    console.print(f"Verdict: {found['verdict']}. {' '.join(one['en'] for one in found['reasons'])}")


def _held(level: str, row: dict[str, Any], of_what: str) -> str:
    return (
        f"{level}% intervals held {row['held']} of {row['trials']} {of_what} ({row['share']:.1%}); "
        f"chance alone {row['low']:.1%} to {row['high']:.1%}, "
        f"as they miss together {row['low_together']:.1%} to {row['high_together']:.1%}"
    )


def _table(found: dict[str, Any]) -> Table:
    from rich.table import Table
    from rich.text import Text

    heads = ("", "WAPE", "total error", *(f"in {level}%" for level in LEVELS), "best plain forecast")
    table = Table(*heads, title=f"{counted(found['horizon_months'], 'months')} ahead")
    for row in found["metrics"]:
        shares = (_share(row["wape"]), _share(row["total_error"]))
        held = (_share(row["coverage"][level]) for level in LEVELS)
        table.add_row(Text(row["metric"].replace("_", " ")), *shares, *held, _plain(row))
    return table


def _plain(row: dict[str, Any]) -> str:
    if row["best_plain"] is None:
        return "–"
    errors = row["plain"][row["best_plain"]]
    name = row["best_plain"].replace("_", " ")
    return f"{name}: WAPE {_share(errors['wape'])}, total {_share(errors['total_error'])}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
