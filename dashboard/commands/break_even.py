"""`loyalty break-even`: what would have to be true for a scenario to pay for itself."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
    executor,
    found_scenario,
    progress,
    published,
)
from loyalty_core.errors import InputError

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]
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
    from dashboard.jobs.questions import Asked, Asking, break_even_of
    from data.workspace import Workspace
    from simulation.levers import Lever, known_levers

    low, high = _range(between)
    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    sides = found_scenario(against, opened), found_scenario(scenario, opened)
    (lever,) = known_levers([Lever(path=path, low=low, high=high)], programme, sides[1])
    asked = Asked(opened, snapshot, programme, sides, members)
    with progress("looking for the break-even") as telling, ExitStack() as stack:
        working = Asking(
            executor=lambda: stack.enter_context(executor(workers, cluster)),
            progress=lambda share, partial: telling(share, None),
        )
        found = break_even_of(asked, lever, working)
    if as_json:
        print_json(found)
        return
    answers().print(said(found), soft_wrap=True, markup=False)
    for one in found["tried"]:
        half = "" if one["half_width"] is None else f" ± {one['half_width']:,.2f}"
        answers().print(f"{one['value']:.6g}: {one['money']:+z,.2f}{half} {programme.currency}", markup=False)


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
