"""A simulated year and a whole experiment, beside SimPy itself: a process for each member, a bare timeout for
each purchase, and no rules at all. No simulation with a process per member can be faster than that."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import Executor
from typing import Any

import numpy as np
import simpy

from dashboard.benchmark.watching import Peak, significant
from dashboard.benchmark.world import PROGRAMME
from dashboard.jobs.workers import warm_pool
from loyalty_core.history import Ints
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.continuation import continued
from simulation.demo import BEHAVIOUR, BUY_ON_JOINING, Demo
from simulation.engine import simulate
from simulation.experiment import contest_of, run
from simulation.outset import outset
from simulation.population import Population, newcomers
from simulation.scenario import Scenario
from simulation.streams import Purpose, Streams, member_keys

MONTHS, YEAR_DAYS = 12, 365.25
MOST_MEMBERS, PART = 100_000, 50_000
CURVE = (10_000, 100_000, 1_000_000, 5_000_000)
TRIED = Scenario(name="tried", changes={"tiers.gold.threshold": 5000.0}, months=24, replications=20)


def simulated_year(members: int, workers: int) -> dict[str, Any]:
    """How fast members are simulated, at most `MOST_MEMBERS` of them; `two_workers` is how many times faster
    than one worker. `us_per_member_year` tells for sizes up to `members` what one member costs."""
    size, peak = min(members, MOST_MEMBERS), Peak()
    with warm_pool(1, __name__) as executor:
        alone, bought = _timed_year(executor, size)
        events = executor.submit(events_per_s, bought, _days()).result()
    with warm_pool(workers, __name__) as executor:
        with peak.watched():
            together, _ = _timed_year(executor, size)
        curve = _curve(executor, members, workers)
        tried = experiment(executor, size)
    return {
        "members": size,
        "member_years_per_s": round(size * _days() / YEAR_DAYS / together),
        "purchases_per_s": round(bought.sum() / together),
        "simpy_events_per_s": round(events),
        "ratio_to_simpy_events": significant(bought.sum() / together / events),
        "two_workers": significant(alone / together),
        "peak_mib": peak.mib,
        "us_per_member_year": curve,
        "experiment": tried,
    }


def experiment(executor: Executor, members: int) -> dict[str, Any]:
    """Paired replications from today's members on: seconds to calibrate, then until the first paired
    estimate (of a sample) and until the last replication."""
    programme, peak, told = programme_from_dict(PROGRAMME), Peak(), list[float]()
    demo = Demo(programme=programme, members=members, months=TRIED.months)
    history = continued(demo.population, demo.facts, programme)
    begun = time.perf_counter()
    start = outset(history, programme, TRIED.months, TRIED.seed, Behaviour())
    calibrated = time.perf_counter() - begun
    design, found = contest_of(start, programme, (Scenario(), TRIED))
    begun = time.perf_counter()

    def hear(share: float, partial: object) -> None:
        if partial is not None:
            told.append(time.perf_counter() - begun)

    with peak.watched():
        run(design, found, TRIED, executor=executor, progress=hear)
    whole = time.perf_counter() - begun
    return {
        "members": members,
        "months": TRIED.months,
        "replications": len(found.runs),
        "calibrated_s": round(calibrated, 2),
        "first_s": round(told[0], 2),
        "whole_s": round(whole, 2),
        "peak_mib": peak.mib,
        "mib_per_million": round(peak.mib * 1e6 / members),
    }


def _curve(executor: Executor, members: int, workers: int) -> dict[str, float]:
    """Microseconds of one worker for a member's year, by the number of members."""
    found = {}
    for size in CURVE:
        if size <= members:
            seconds, _ = _timed_year(executor, size)
            found[str(size)] = significant(seconds * workers / (size * _days() / YEAR_DAYS) * 1e6)
    return found


def _timed_year(executor: Executor, members: int) -> tuple[float, Ints]:
    """Seconds for a year of so many members, and the purchases of each."""
    parts = max(2, -(-members // PART))
    edges = np.linspace(0, members, parts + 1).astype(int).tolist()
    started = time.perf_counter()
    counted = list(executor.map(_purchases, edges[:-1], edges[1:]))
    return time.perf_counter() - started, np.concatenate(counted)


def _purchases(first: int, end: int) -> Ints:
    """The purchases of each of some members, who are made up where they are simulated."""
    demo = Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS)
    arm, people = Arm.of(demo.programme, BEHAVIOUR), _people(first, end, demo.days[0])
    facts = simulate(people, arm, demo.days, Streams(1))
    member = facts.journal.purchases.table("member", "refund")
    return np.bincount(member["member"][~member["refund"]], minlength=len(people))


def _people(first: int, end: int, day: int) -> Population:
    """Members who are there from the first day on."""
    ids = [f"M{number:08d}" for number in range(first, end)]
    at_once = Streams(1).uniform(Purpose.JOINS_BUYING, member_keys(ids)) < BUY_ON_JOINING
    return newcomers(ids, np.full(len(ids), day, np.int32), at_once)


def _days() -> int:
    first_day, last_day = Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS).days
    return last_day + 1 - first_day


def events_per_s(bought: Ints, days: int) -> float:
    """How many events SimPy's calendar keeps in a second: a process for each member, a timeout for each
    purchase, and nothing done."""
    calendar = simpy.Environment()
    started = time.perf_counter()
    for count in bought.tolist():
        calendar.process(_buying(calendar, count, days))
    calendar.run()
    return max(int(bought.sum()), 1) / (time.perf_counter() - started)


def _buying(calendar: simpy.Environment, count: int, days: int) -> Generator[simpy.Event, None, None]:
    for _ in range(count):
        yield calendar.timeout(days / count)
