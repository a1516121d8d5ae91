"""`loyalty passport`: whether to decide on an answer, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import (
    WORKSPACE,
    JsonOption,
    LanguageOption,
    WorkspaceOption,
    answers,
    print_json,
)
from dashboard.commands.asking import ScenarioArgument, asked_about, working
from dashboard.commands.backtest import HorizonOption, OriginsOption, ReplicationsOption
from dashboard.commands.sensitivity_table import print_layers
from dashboard.commands.simulate import (
    AgainstOption,
    ClusterOption,
    MembersOption,
    WorkersOption,
)
from loyalty_core.errors import InputError
from loyalty_core.text import Language, Text

if TYPE_CHECKING:
    from dashboard.jobs.questions import Asked, Asking
    from simulation.stopping import Gain

DrawsOption = Annotated[int, typer.Option(min=2, max=512, help="Draws of each layer of uncertainty.")]
SampleOption = Annotated[
    int | None,
    typer.Option(
        "--sample", min=1, help="Members of the runs that tell what it rests on; else all of those."
    ),
]
VERDICT = Text("Verdict: {verdict}. {reasons}", "结论：{verdict}。{reasons}")
END = Text(
    "{name} from {low:g} to {high:g}: gains {gain_low:+z,.0f} to {gain_high:+z,.0f} {currency}",
    "{name}由 {low:g} 至 {high:g}：收益为 {gain_low:+z,.0f} 至 {gain_high:+z,.0f} {currency}",
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("passport")(passport)


def passport(
    scenario: ScenarioArgument,
    against: AgainstOption = "live",
    members: MembersOption = None,
    sample: SampleOption = None,
    draws: DrawsOption = 6,
    origins: OriginsOption = 3,
    horizon: HorizonOption = 3,
    replications: ReplicationsOption = 40,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say whether to decide on what a scenario gains: what forecasts were worth, what the answer rests on."""
    from dashboard.jobs.questions import trust_of

    asked = asked_about(workspace, scenario, against, members)
    about = {
        "origins": origins,
        "horizon_months": horizon,
        "replications": replications,
        "seed": asked.sides[1].seed,
    }
    with working("passport", workers, cluster) as worker:
        gain = _gain(asked, worker)
        told = trust_of(_sampled(asked, sample), about, draws, gain, worker)
    if as_json:
        print_json(told)
    else:
        _print(told, asked.programme.currency, language)


def _gain(asked: Asked, working: Asking) -> Gain:
    """What the scenario gains, as its replications tell it; InputError where one alone tells no chance."""
    from dashboard.jobs.questions import gain_of
    from dashboard.jobs.simulation_job import answered

    found = gain_of(
        answered(
            asked.workspace,
            asked.snapshot,
            asked.programme,
            asked.sides,
            asked.members,
            executor=working.executor,
        )
    )
    if found is None:
        raise InputError(
            f"scenario {asked.sides[1].name}: replications: one tells nothing of chance; give two at least"
        )
    return found


def _sampled(asked: Asked, sample: int | None) -> Asked:
    """The same of fewer members, run once for each thing that is supposed."""
    once = asked.sides[1].model_copy(update={"replications": 1, "tolerance": None})
    members = asked.members if sample is None else min(sample, asked.members or sample)
    return replace(asked, sides=(asked.sides[0], once), members=members)


def _print(told: dict[str, Any], currency: str, language: Language) -> None:
    console = answers()
    reasons = (" " if language == "en" else "").join(one[language] for one in told["reasons"])
    console.print(
        VERDICT(language).format(verdict=told["verdict_words"][language], reasons=reasons),
        soft_wrap=True,
        markup=False,
    )
    print_layers(told, currency, language)
    for row in told["ends"]:
        line = END(language).format(**{**row, "name": row["name"][language]}, currency=currency)
        console.print(line, soft_wrap=True, markup=False)
