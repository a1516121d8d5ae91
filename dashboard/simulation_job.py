"""The work of a what-if in the job process: today's members, two sets of rules, paired replications."""

from __future__ import annotations

import time
from typing import Any

from dashboard.lanes import Cancelled, Job
from data.live import live_history
from loyalty_core.rules.programme import programme_from_dict
from simulation import experiment
from simulation.comparison import Comparison
from simulation.horizon import over_horizon
from simulation.scenario import scenario_from_dict

PARTIAL_SECONDS = 1.0


def simulated(job: Job) -> dict[str, Any]:
    """The comparison that `payload` asks for: programme, scenario, snapshot, members."""
    asked = job.payload
    programme = programme_from_dict(asked["programme"])
    scenario = scenario_from_dict(asked["scenario"])
    job.report(0.0, "reading")
    history = live_history(job.workspace.snapshot(asked["snapshot"]), programme)
    try:
        found = experiment.compare(
            history,
            programme,
            scenario,
            members=asked["members"],
            executor=job.executor,
            progress=_Telling(job, scenario.replications),
            cancelled=job.cancelled,
        )
    except experiment.Cancelled as stopped:
        raise Cancelled(document(stopped.partial) if stopped.partial else None) from None
    return document(found)


def document(found: Comparison) -> dict[str, Any]:
    """The comparison by month, and `horizon`: the same over the whole span."""
    whole = over_horizon(found).to_json()
    horizon = {
        "baseline": whole["baseline"]["values"],
        "scenario": whole["scenario"]["values"],
        "differences": whole["differences"],
    }
    return {**found.to_json(), "horizon": horizon}


class _Telling:
    """Passes progress on, and the result so far about once a second."""

    def __init__(self, job: Job, replications: int) -> None:
        self._job, self._of = job, replications
        self._shown_at, self._done = 0.0, 0

    def __call__(self, share: float, found: Comparison | None) -> None:
        partial = None
        if found is not None:
            self._done = len(found.pairs)
            now = time.monotonic()
            if now - self._shown_at >= PARTIAL_SECONDS:
                self._shown_at, partial = now, document(found)
        self._job.report(share, "replications", partial, done=self._done, of=self._of)
