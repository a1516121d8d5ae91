"""`loyalty sensitivity`: what an answer rests on: chance or suppositions, and which of these most."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, print_json
from dashboard.commands.sensitivity_table import print_influences, print_layers
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

if TYPE_CHECKING:
    from data.snapshots import Snapshot
    from data.workspace import Workspace
    from loyalty_core.rules.programme import Programme
    from simulation.effects import Effects
    from simulation.levers import Lever


class Method(StrEnum):
    """How the question is asked."""

    LAYERS = "layers"  # chance against all effects together
    MORRIS = "morris"  # which levers matter at all
    SOBOL = "sobol"  # how much of the variance each has


ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]
MethodOption = Annotated[
    Method,
    typer.Option(
        help="layers: chance, suppositions, parameters, model. morris, sobol: which supposition or rule most."
    ),
]
DrawsOption = Annotated[
    int,
    typer.Option(
        min=2,
        max=512,
        help="Draws of each layer, trajectories (morris), or base points, a power of 2 (sobol).",
    ),
]
LeversOption = Annotated[
    list[str] | None,
    typer.Option(
        "--lever",
        metavar="PATH=LOW,HIGH",
        help="What is turned, as often as wanted; else all effects and behaviour whose range is known.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("sensitivity")(sensitivity)


def sensitivity(
    scenario: ScenarioArgument,
    against: AgainstOption = "live",
    method: MethodOption = Method.LAYERS,
    draws: DrawsOption = 12,
    lever: LeversOption = None,
    members: MembersOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Split the variance of the gain into chance and suppositions, or rank these by what they move."""
    from dashboard.jobs.calibrated import set_out
    from data.workspace import Workspace
    from simulation.experiment import contest_of
    from simulation.layers import layers
    from simulation.sensitivity import sensitivity as influences

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    sides = found_scenario(against, opened), found_scenario(scenario, opened)
    of_layers = method is Method.LAYERS
    given = _given(method, draws, lever, programme)
    start = set_out(opened, snapshot, programme, sides, members, drawn=of_layers)
    found: Any
    with progress("turning levers") as telling, ExitStack() as stack:
        pool = stack.enter_context(executor(workers, cluster))
        if of_layers:
            design, nothing = contest_of(start, programme, sides)
            found = layers(design, nothing, draws, executor=pool, progress=telling)
        else:
            levers = given or _known(opened, snapshot, programme, sides[1].effects_of(start.effects))
            found = influences(
                start, programme, sides, levers, method.value, draws, executor=pool, progress=telling
            )
    answer = {"snapshot": snapshot.id, "scenario": sides[1].name, "against": sides[0].name} | found.to_json()
    if as_json:
        print_json(answer)
    elif of_layers:
        print_layers(answer, programme.currency, language)
    else:
        print_influences(answer, programme.currency, language)


def _given(method: Method, draws: int, asked: list[str] | None, programme: Programme) -> list[Lever]:
    """The levers asked for; InputError for what there is not, or what does not go together."""
    from simulation.levers import Lever, refuse_unknown

    if method is Method.LAYERS and asked:
        raise InputError("--lever goes with --method morris or sobol: layers draw every effect")
    if method is Method.SOBOL and draws & (draws - 1):
        raise InputError(f"--draws {draws}: Sobol's points come in powers of 2, like 16 or 64")
    levers = [Lever.of(one) for one in asked or ()]
    refuse_unknown(levers, programme)
    return levers


def _known(workspace: Workspace, snapshot: Snapshot, programme: Programme, effects: Effects) -> list[Lever]:
    """A lever for each effect and for all behaviour of which the snapshot's calibration gives a range."""
    from dashboard.jobs.calibrated import told_past
    from simulation.levers import levers_of

    _, calibration = told_past(workspace, snapshot, programme)
    return list(levers_of(effects, calibration.quantities if calibration else ()))
