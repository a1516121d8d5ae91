"""`loyalty break-even`: what would have to be true for a scenario to pay for itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.asking import ScenarioArgument, asked_about, working
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
)
from loyalty_core.errors import InputError

PathArgument = Annotated[
    str, typer.Argument(help="What is varied: effects.goal_gradient, changes.margin_share, …")
]
BetweenOption = Annotated[str, typer.Option(metavar="LOW,HIGH", help="The range that is looked through.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("break-even")(break_even)


def break_even(
    scenario: ScenarioArgument,
    path: PathArgument,
    between: BetweenOption,
    against: AgainstOption = "live",
    members: MembersOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find the value of an effect, a behaviour or a rule at which a scenario is worth what is in force."""
    from dashboard.jobs.questions import break_even_of
    from simulation.levers import Lever, known_levers

    low, high = _range(between)
    asked = asked_about(workspace, scenario, against, members)
    (lever,) = known_levers([Lever(path=path, low=low, high=high)], asked.programme, asked.sides[1])
    with working("looking for the break-even", workers, cluster) as worker:
        found = break_even_of(asked, lever, worker)
    if as_json:
        print_json(found)
        return
    answers().print(said(found), soft_wrap=True, markup=False)
    for one in found["tried"]:
        half = "" if one["half_width"] is None else f" ± {one['half_width']:,.2f}"
        answers().print(
            f"{one['value']:.6g}: {one['money']:+z,.2f}{half} {asked.programme.currency}", markup=False
        )


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--between {text}: write the two ends like 0,0.45") from None
    return low, high


def said(found: dict[str, Any]) -> str:
    """Where the scenario pays, in a sentence."""
    path, value = found["path"], found["break_even"]
    between = f"between {found['low']:g} and {found['high']:g}"
    if found["makes_no_difference"]:
        return f"{path}: the scenario neither gains nor loses at {found['low']:g} and at {found['high']:g}."
    if not found["pays"]:
        at_best = "" if value is None else f", and costs nothing at {value:.4g}"
        return f"{path}: the scenario pays nowhere {between}{at_best}."
    if value is None:
        return f"{path}: the scenario pays everywhere {between}."
    side = "above" if found["pays_above"] else "below"
    again = f", which turns again at {found['turns_again_at'][0]:.4g}" if found["turns_again_at"] else ""
    return f"{path}: the scenario pays {side} {value:.4g}{again}."
