"""`loyalty sensitivity`: what an answer rests on: chance or suppositions, and which of these most."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, print_json
from dashboard.commands.asking import ScenarioArgument, asked_about, working
from dashboard.commands.sensitivity_table import print_influences, print_layers
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
)
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from loyalty_core.rules.programme import Programme
    from simulation.levers import Lever
    from simulation.scenario import Scenario


class Method(StrEnum):
    """How the question is asked."""

    LAYERS = "layers"  # chance against all effects together
    MORRIS = "morris"  # which levers matter at all
    SOBOL = "sobol"  # how much of the variance each has


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
    from dashboard.jobs.questions import grounds_of, influences_of

    asked = asked_about(workspace, scenario, against, members)
    of_layers = method is Method.LAYERS
    given = _given(method, draws, lever, asked.programme, asked.sides[1])
    with working("turning levers", workers, cluster) as worker:
        answer = (
            grounds_of(asked, draws, None, worker, with_ends=False)
            if of_layers
            else influences_of(asked, method.value, draws, given, worker)
        )
    if as_json:
        print_json(answer)
    elif of_layers:
        print_layers(answer, asked.programme.currency, language)
    else:
        print_influences(answer, asked.programme.currency, language)


def _given(
    method: Method, draws: int, asked: list[str] | None, programme: Programme, scenario: Scenario
) -> Sequence[Lever]:
    """The levers asked for; InputError for what there is not, or what does not go together."""
    from simulation.levers import Lever, known_levers

    if method is Method.LAYERS and asked:
        raise InputError("--lever goes with --method morris or sobol: layers draw every effect")
    if method is Method.SOBOL and draws & (draws - 1):
        raise InputError(f"--draws {draws}: Sobol's points come in powers of 2, like 16 or 64")
    return known_levers([Lever.of(one) for one in asked or ()], programme, scenario)
