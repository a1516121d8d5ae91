"""Whole experiments: paired replications of a what-if from today's members on."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dashboard.benchmark.aside import aside
from dashboard.benchmark.watching import Peak
from dashboard.benchmark.world import PROGRAMME
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation import mapped
from simulation.contest import Contest
from simulation.continuation import continued
from simulation.demo import Demo
from simulation.experiment import ContestProgress, contest, contest_of, run
from simulation.outset import Outset
from simulation.scenario import Scenario

TRIED = Scenario(name="tried", changes={"tiers.gold.threshold": 5000.0}, months=24, replications=20)
TRIED_NEXT = {"tiers.gold.threshold": 1000.0}


def experiment(executor: Executor, members: int, replications: int | None = None) -> dict[str, Any]:
    """Paired replications from today's members on: seconds to calibrate, then until the first paired
    estimate (of a sample) and until the last replication. Beside the `members` of today those are simulated
    who may be `joining` meanwhile. Memory is counted from the history on, which a process aside lays down in
    a file, where a run from a workspace has it, too.

    The same seconds stand in `beside_kept` for another scenario, for which the baseline of the first is kept,
    and in `nobody_joins` for the experiment among today's members alone, with nothing kept; both where the
    `replications` are the usual ones.
    """
    asked = TRIED.model_copy(update={"replications": replications or TRIED.replications})
    programme, peak = programme_from_dict(PROGRAMME), Peak()
    with TemporaryDirectory(prefix="loyalty-past-") as folder, aside() as elsewhere:
        file = Path(folder) / "past"
        elsewhere.submit(_lay_down_past, file, members, asked.months).result()
        history = mapped.read(file)
    sides = Scenario(), asked
    with peak.watched():
        begun = time.perf_counter()
        found, ready, seconds = _timed(
            lambda hear: contest(history, programme, sides, executor=executor, progress=hear)
        )
    return {
        "members": members,
        "joining": len(found.start.joining),
        "months": asked.months,
        "replications": len(found.runs),
        "calibrated_s": round(ready - begun, 2),
        **seconds,
        **({} if replications else _tried_again(executor, found.start, programme)),
        "peak_mib": peak.mib,
        "mib_per_million": round(peak.mib * 1e6 / members),
    }


def _tried_again(executor: Executor, start: Outset, programme: Programme) -> dict[str, dict[str, float]]:
    """The seconds of another scenario beside the kept baseline, and of the experiment if nobody joins."""
    next_one = TRIED.model_copy(update={"changes": TRIED_NEXT})
    alone = replace(start, joining=start.joining.part(np.zeros(0, np.int64)), kept={})
    return {
        "beside_kept": _once_ready(executor, start, programme, next_one),
        "nobody_joins": _once_ready(executor, alone, programme, TRIED),
    }


def _once_ready(executor: Executor, start: Outset, programme: Programme, asked: Scenario) -> dict[str, float]:
    design, nothing = contest_of(start, programme, (Scenario(), asked))
    *_, seconds = _timed(lambda hear: run(design, nothing, asked, executor=executor, progress=hear))
    return seconds


def _timed(work: Callable[[ContestProgress], Contest]) -> tuple[Contest, float, dict[str, float]]:
    """What work that tells its progress found, when its members were ready, and the seconds from then on
    until its first estimate and its end."""
    heard = list[tuple[float, bool]]()
    found = work(lambda share, partial: heard.append((time.perf_counter(), partial is not None)))
    ended, ready = time.perf_counter(), heard[0][0]
    first = next(at for at, is_estimate in heard if is_estimate)
    return found, ready, {"first_s": round(first - ready, 2), "whole_s": round(ended - ready, 2)}


def _lay_down_past(file: Path, members: int, months: int) -> None:
    """What so many members of the demo did in so many months."""
    demo = Demo(programme=programme_from_dict(PROGRAMME), members=members, months=months)
    mapped.write(file, continued(demo.population, demo.facts, demo.programme))
