"""The work of a what-if, in the job process and on the command line: paired replications, kept by inputs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from dashboard.jobs.calibrated import set_out
from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.lanes import Cancelled, Job
from dashboard.jobs.simulation_hash import simulation_hash, written
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation import experiment
from simulation.comparison import Comparison
from simulation.contest import Contest
from simulation.experiment import ContestProgress
from simulation.horizon import over_horizon
from simulation.scenario import Scenario, scenario_from_dict

PARTIAL_SECONDS = 1.0
Result = dict[str, Any]


def simulated(job: Job) -> Result:
    """The comparison that `payload` asks for: programme, scenario, snapshot, members."""
    return _worked_on(job, [scenario_from_dict(job.payload["scenario"])])


def ranked(job: Job) -> Result:
    """How the scenarios of `payload` rank beside each other and the programme in force."""
    return _worked_on(job, [scenario_from_dict(one) for one in job.payload["scenarios"]])


def _worked_on(job: Job, scenarios: Sequence[Scenario]) -> Result:
    asked = job.payload
    programme = programme_from_dict(asked["programme"])
    job.report(0.0, "reading")
    try:
        return answered(
            job.workspace,
            job.workspace.snapshot(asked["snapshot"]),
            programme,
            (Scenario(), *scenarios),
            asked["members"],
            executor=lambda: job.executor,
            progress=_Telling(job, scenarios[-1].replications),
            cancelled=job.cancelled,
        )
    except experiment.Cancelled as stopped:
        raise Cancelled(_told(stopped.contest) if stopped.contest else None) from None


def answered(
    workspace: Workspace,
    snapshot: Snapshot,
    programme: Programme,
    scenarios: Sequence[Scenario],
    members: int | None,
    *,
    executor: Callable[[], Executor | None],
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """What the experiment finds, or found when these very inputs were run before.

    Of two scenarios their comparison; of more how they rank as well.
    """
    kept = KeptResults(workspace.folder)
    named = simulation_hash(
        "simulate",
        snapshot,
        programme,
        earlier=written(workspace.registry.programmes_before(programme)),
        scenarios=[one.model_dump(mode="json") for one in scenarios],
        members=members,
    )
    found = kept.find(named)
    if found is not None:
        return found
    start = set_out(workspace, snapshot, programme, scenarios, members, cancelled=cancelled)
    design, nothing = experiment.contest_of(start, programme, scenarios)
    contest = experiment.run(
        design, nothing, scenarios[-1], executor=executor(), progress=progress, cancelled=cancelled
    )
    return kept.keep(named, _told(contest))


def document(found: Comparison) -> Result:
    """The comparison by month, and `horizon`: the same over the whole span."""
    whole = over_horizon(found).to_json()
    horizon = {
        "baseline": whole["baseline"]["values"],
        "scenario": whole["scenario"]["values"],
        "differences": whole["differences"],
    }
    return {**found.to_json(), "horizon": horizon}


def _told(contest: Contest) -> Result:
    beside = [document(contest.beside(number)) for number in range(1, len(contest.scenarios))]
    if len(beside) == 1:
        return beside[0]
    return contest.ranked() | {"comparisons": beside}


class _Telling:
    """Passes progress on, and the result so far about once a second."""

    def __init__(self, job: Job, replications: int) -> None:
        self._job, self._of = job, replications
        self._shown_at, self._done = 0.0, 0

    def __call__(self, share: float, found: Contest | None) -> None:
        partial = None
        if found is not None:
            self._done = len(found.runs) if found.of_members == 1 else 0
            now = time.monotonic()
            if now - self._shown_at >= PARTIAL_SECONDS:
                self._shown_at, partial = now, _told(found)
        self._job.report(share, "replications", partial, done=self._done, of=self._of)
