"""`loyalty sensitivity`: how much of an answer rests on supposed responses, and how much on chance."""

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

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]
DrawsOption = Annotated[int, typer.Option(min=2, max=500, help="Draws of all effects; two runs under each.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("sensitivity")(sensitivity)


def sensitivity(
    scenario: ScenarioArgument,
    against: AgainstOption = "live",
    draws: DrawsOption = 12,
    members: MembersOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Draw every effect from the range of what is known of it, and split the variance of the gain."""
    from data.live import live_history
    from data.workspace import Workspace
    from simulation.behaviour import Behaviour
    from simulation.experiment import contest_of
    from simulation.layers import layers
    from simulation.outset import outset

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    base, asked = found_scenario(against, opened), found_scenario(scenario, opened)
    history = live_history(snapshot, programme)
    start = outset(history, programme, asked.months, asked.seed, Behaviour(), members)
    design, nothing = contest_of(start, programme, (base, asked))
    with progress("drawing effects") as telling, ExitStack() as stack:
        pool = stack.enter_context(executor(workers, cluster))
        found = layers(design, nothing, draws, executor=pool, progress=telling)
    told = {"snapshot": snapshot.id, "scenario": asked.name, "against": base.name} | found.to_json()
    if as_json:
        print_json(told)
    else:
        _print(told, programme.currency)


def _print(told: dict[str, Any], currency: str) -> None:
    for key, what in (("process_share", "chance"), ("assumptions_share", "how members respond")):
        share = told[key]
        answers().print(f"{what}: {'–' if share is None else f'{share:.0%}'} of the variance")
    answers().print(
        f"nine of ten runs gain {told['low']:+,.0f} to {told['high']:+,.0f} {currency}", markup=False
    )
    sign = "has the same sign" if told["same_sign"] else "changes its sign"
    answers().print(f"the mean gain {sign} over {told['draws']} draws of the effects")
