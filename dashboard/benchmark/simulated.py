"""A simulated year in worker processes, beside a calendar that keeps one bare event for each purchase."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import simpy

from dashboard.benchmark.watching import Peak, significant
from dashboard.benchmark.world import PROGRAMME
from dashboard.workers import warm_pool
from loyalty_core.history import Ints
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.demo import BEHAVIOUR, Demo
from simulation.engine import simulate
from simulation.population import Population
from simulation.streams import Streams

MONTHS, YEAR_DAYS = 12, 365.25
MOST_MEMBERS, PART = 100_000, 12_500
SHARE_OF_EVENTS = 0.1  # of the members, whose purchases are bare events


def simulated_year(members: int, workers: int) -> dict[str, Any]:
    """How fast members are simulated, at most `MOST_MEMBERS` of them; `two_workers` is how many times faster
    than one worker."""
    demo = Demo(programme=programme_from_dict(PROGRAMME), members=min(members, MOST_MEMBERS), months=MONTHS)
    parts = [demo.population.part(part) for part in _parts(demo.members)]
    peak = Peak()
    with peak.watched(), warm_pool(workers, __name__) as executor:
        together, bought = _run(executor, parts, demo.days)
    with warm_pool(1, __name__) as executor:
        alone, _ = _run(executor, parts, demo.days)
    first_day, last_day = demo.days
    days = last_day + 1 - np.maximum(demo.population.joined_on, first_day).astype(np.int64)
    rate = bought.sum() / together
    return {
        "members": demo.members,
        "member_years_per_s": round(float(days.sum()) / YEAR_DAYS / together),
        "purchases_per_s": round(rate),
        "ratio_to_simpy_events": significant(rate / _events_per_s(bought, last_day + 1 - first_day)),
        "two_workers": significant(alone / together),
        "peak_mib": peak.mib,
    }


def _parts(members: int) -> Sequence[Ints]:
    return np.array_split(np.arange(members), max(2, -(-members // PART)))


def _run(executor: Executor, parts: Sequence[Population], days: tuple[int, int]) -> tuple[float, Ints]:
    """Seconds for all parts, and the purchases of each member."""
    started = time.perf_counter()
    counted = list(executor.map(_purchases, parts, [days] * len(parts)))
    return time.perf_counter() - started, np.concatenate(counted)


def _purchases(part: Population, days: tuple[int, int]) -> Ints:
    facts = simulate(part, Arm.of(programme_from_dict(PROGRAMME), BEHAVIOUR), days, Streams(1))
    return np.bincount(facts.purchases["member"], minlength=len(part))


def _events_per_s(bought: Ints, days: int) -> float:
    """How many events SimPy's calendar keeps in a second: a process for each member, a timeout for each
    purchase, and nothing done."""
    some = bought[: max(int(len(bought) * SHARE_OF_EVENTS), 1)]
    calendar = simpy.Environment()
    started = time.perf_counter()
    for count in some.tolist():
        calendar.process(_buying(calendar, count, days))
    calendar.run()
    return max(int(some.sum()), 1) / (time.perf_counter() - started)


def _buying(calendar: simpy.Environment, count: int, days: int) -> Generator[simpy.Event, None, None]:
    for _ in range(count):
        yield calendar.timeout(days / count)
