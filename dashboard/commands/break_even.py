"""`loyalty break-even`: what would have to be true for a scenario to pay for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
    executor,
    found_scenario,
    published,
)
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from simulation.breakeven import BreakEven

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
    from dashboard.jobs.calibrated import told_past
    from data.workspace import Workspace
    from simulation.breakeven import break_even as solved
    from simulation.levers import Lever, refuse_unknown

    low, high = _range(between)
    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    refuse_unknown([Lever(path=path, low=low, high=high)], programme)
    asked, base = found_scenario(scenario, opened), found_scenario(against, opened)
    history, calibration = told_past(opened, snapshot, programme)
    with executor(workers, cluster) as pool:
        found = solved(
            history,
            programme,
            asked,
            path,
            low,
            high,
            against=base,
            earlier=opened.registry.programmes_before(programme),
            calibration=calibration,
            members=members,
            executor=pool,
        )
    if as_json:
        gains = [{"value": value, "money": money} for value, money in found.gains]
        about = {"snapshot": snapshot.id, "path": path, "low": low, "high": high}
        told = {"break_even": found.value, "pays": found.pays, "pays_above": found.pays_above}
        print_json(about | told | {"tried": gains})
        return
    answers().print(said(found), soft_wrap=True, markup=False)
    for value, money in found.gains:
        answers().print(f"{value:.6g}: {money:+z,.2f} {programme.currency}", markup=False)


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--between {text}: write the two ends like 0,0.45") from None
    return low, high


def said(found: BreakEven) -> str:
    """Where the scenario pays, in a sentence."""
    between = f"between {found.low:g} and {found.high:g}"
    if found.makes_no_difference:
        return f"{found.path}: the scenario neither gains nor loses at {found.low:g} and at {found.high:g}."
    if not found.pays:
        at_best = "" if found.value is None else f", and costs nothing at {found.value:.4g}"
        return f"{found.path}: the scenario pays nowhere {between}{at_best}."
    if found.value is None:
        return f"{found.path}: the scenario pays everywhere {between}."
    side = "above" if found.pays_above else "below"
    return f"{found.path}: the scenario pays {side} {found.value:.4g}."
