"""Draws of what is not known for a contest as a whole, by the job process and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.jobs.lanes import Cancelled, Job
from dashboard.jobs.questions import Answer, Asked, Asking, resting_on, standing_passport
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation import experiment
from simulation.contest_chances import ranked_too
from simulation.joint_draws import JointDraws, joint_draws
from simulation.scenario import Scenario, scenario_from_dict

KIND = "chances"
MEMBERS, DRAWS = 2_000, 6  # of a first look
_QUESTION = "joint draws"


def asked_of(
    workspace: Workspace,
    snapshot: Snapshot,
    programme: Programme,
    scenarios: Sequence[Scenario],
    members: int | None,
) -> Asked:
    """A contest that is asked about, however many replications it took."""
    sides = tuple(one.model_copy(update={"replications": 1, "tolerance": None}) for one in scenarios)
    return Asked(workspace, snapshot, programme, sides, members)


def of_run(workspace: Workspace, payload: Mapping[str, Any], document: Mapping[str, Any]) -> Asked | None:
    """The contest of a run, by fewer members; None where its replications tell nothing to draw beside, or its
    data are not kept any more."""
    worths = document.get("worths", [])  # a contest that was run before they were told has none
    if len(worths) < 2 or all(len({*row}) == 1 for row in worths):
        return None
    try:
        snapshot = workspace.snapshot(payload["snapshot"])
    except InputError:
        return None
    scenarios = Scenario(), *map(scenario_from_dict, payload["scenarios"])
    members = min(MEMBERS, document["comparisons"][0]["members"])
    return asked_of(workspace, snapshot, programme_from_dict(payload["programme"]), scenarios, members)


def draws_of(asked: Asked, draws: int, asking: Asking, *, keeping: bool = True) -> Answer:
    """What every scenario comes to under so many draws of each layer. Unless `keeping`, what arms come to is
    not kept for others."""

    def find() -> Answer:
        start = asked.start(asking.cancelled, drawn=True)
        start = start if keeping else replace(start, kept={})
        found = joint_draws(
            *experiment.contest_of(start, asked.programme, asked.sides),
            draws,
            executor=asking.executor(),
            progress=lambda share, partial: asking.progress(share, None),
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json()

    return asked.known(_QUESTION, find, draws=draws)


def draws_known(asked: Asked, draws: int) -> Answer | None:
    """The same, where it was found before."""
    return asked.kept(_QUESTION, draws=draws)


def with_draws(asked: Asked, document: Mapping[str, Any], drawn: Answer) -> Answer:
    """What a contest told, with chances and regret that hold what was drawn, and what the latest backtest of
    the data missed, where one stands (`widening`); `drawn_of` is how many members tell it."""
    past = standing_passport(asked.workspace, asked.snapshot, asked.programme)
    widening = past["widening"] if past else None
    told = ranked_too(document, JointDraws.told(drawn), widening)
    return told | {"drawn_of": drawn["members"], "widening": widening} if "draws" in told else told


def drawn(job: Job) -> Answer:
    """The work of a run that asks for them: the payload of the contest's, but `members` of the `draws`, and
    how many of each layer."""
    payload = job.payload
    asked = asked_of(
        job.workspace,
        job.workspace.snapshot(payload["snapshot"]),
        programme_from_dict(payload["programme"]),
        (Scenario(), *map(scenario_from_dict, payload["scenarios"])),
        payload["members"],
    )
    job.report(0.0, "reading")
    asking = Asking(
        executor=lambda: job.executor,
        progress=lambda share, partial: job.report(share, "working"),
        cancelled=job.cancelled,
    )
    try:
        return draws_of(asked, payload["draws"], asking)
    except experiment.Cancelled:
        raise Cancelled() from None
