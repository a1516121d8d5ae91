"""`loyalty winners`: who would have gained and who would have lost under the rules of a scenario."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.asking import ScenarioArgument, asked_about
from dashboard.commands.days import day_reached

FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="Earnings from this day on; else a year.")
]
ListOption = Annotated[
    int, typer.Option("--list", min=0, metavar="N", help="Members listed, the most affected first.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("winners")(winners)


def winners(
    scenario: ScenarioArgument,
    since: FromOption = None,
    listed: ListOption = 20,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Replay what members did under the programme in force and under a scenario: who wins, who loses."""
    from dashboard.jobs.questions import Asking
    from dashboard.jobs.winners_found import winners_of
    from simulation.scenario import LIVE

    asked = asked_about(workspace, scenario, LIVE, None)
    first = None if since is None else day_reached("--from", since, asked.snapshot.as_of)
    told = winners_of(asked, first, listed, Asking(executor=lambda: None))
    if as_json:
        print_json(told)
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    heads = ("", "members", "won", "lost", "mixed", "same", "worth of points earned")
    table = Table(*heads, title=Text(f"{told['scenario']}, {told['from']} to {told['to']}"))
    for row in ({"by": "", "group": "all"} | told["all"], *told["groups"]):
        name = row["group"] if isinstance(row["group"], str) else row["group"]["en"]
        counts = (f"{row[key]:,}" for key in ("members", "won", "lost", "mixed", "same"))
        table.add_row(Text(f"{row['by']} {name}".strip()), *counts, f"{row['worth_change']:+z,.2f}")
    answers().print(table, markup=False)
    for one in told["members"]:
        before, after = one["before"], one["after"]
        moved = f"{before['tier']} → {after['tier']}" if before["tier"] != after["tier"] else before["tier"]
        points = f"{before['points']:,g} → {after['points']:,g} points"
        answers().print(f"{one['member']} {one['outcome']}: {moved}, {points}", markup=False)
