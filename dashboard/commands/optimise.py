"""`loyalty optimise`: the values of a scenario's levers that gain most within constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, print_json
from dashboard.commands.asking import ScenarioArgument, asked_about, working
from dashboard.commands.optimise_table import print_candidates, print_trade_offs
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
)
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from simulation.trade_offs import Aim

LeversOption = Annotated[
    list[str],
    typer.Option(
        "--lever",
        metavar="PATH=LOW,HIGH",
        help="A rule to be set, as often as wanted: changes.tiers.gold.threshold=4000,9000.",
    ),
]
ConstraintsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="METRIC<=BOUND",
        help="What must hold over the horizon: reward_cost<=5000, revenue>=98% (of the baseline), "
        "members_harmed<=5% (of the members).",
    ),
]
AimsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--aim",
        metavar="AIM",
        help="Two to weigh up in place of the gain alone: money, members_active:up, members_harmed:down.",
    ),
]
TrialsOption = Annotated[int, typer.Option(min=2, max=1000, help="Proposals that are tried.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("optimise")(optimise)


def optimise(
    scenario: ScenarioArgument,
    lever: LeversOption,
    keep: ConstraintsOption = None,
    aim: AimsOption = None,
    against: AgainstOption = "live",
    trials: TrialsOption = 30,
    members: MembersOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Look for the best thresholds, earn rates and prices; the finalists are run again on fresh luck."""
    from dashboard.jobs.questions import best_of, trade_offs_of
    from simulation.constraints import Constraint, refuse_contradictions
    from simulation.levers import Lever, known_levers
    from simulation.optimising import MEANING

    levers = [Lever.of(one) for one in lever]
    constraints = [Constraint.of(one) for one in keep or ()]
    refuse_contradictions(constraints)
    aims = _aims(aim or ())
    asked = asked_about(workspace, scenario, against, members)
    known = known_levers(levers, asked.programme, asked.sides[1])
    with working("looking for the best", workers, cluster) as worker:
        told = (
            best_of(asked, known, constraints, trials, worker)
            if aims is None
            else trade_offs_of(asked, known, aims, constraints, trials, worker)
        )
    if as_json:
        print_json(told)
    elif aims is not None:
        print_trade_offs(told, language)
    else:
        print_candidates(told, asked.programme.currency, MEANING(language), language)


def _aims(given: Sequence[str]) -> tuple[Aim, Aim] | None:
    """The two aims to be weighed up; None without any."""
    from simulation.trade_offs import Aim

    if not given:
        return None
    if len(given) != 2:
        raise InputError(f"--aim: {len(given)} given; give two to weigh up, or none for the gain alone")
    first, second = (Aim.of(one) for one in given)
    return first, second
