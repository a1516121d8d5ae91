"""A simulated year and whole experiments, beside SimPy itself (`bare.py`).

Members lie ready in files, as an experiment has them. Every pool does its work once before anything is
timed, as the first round of a process pays for its memory. Then one worker, SimPy and all workers take turns,
round by round. Medians of the rounds are told, and beside what a second worker brings what it brings to work
without any of our code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dashboard.benchmark.aside import aside
from dashboard.benchmark.bare import bare_ratio, events_per_s
from dashboard.benchmark.watching import Peak, significant
from dashboard.benchmark.world import PROGRAMME
from dashboard.jobs.workers import warm_pool
from loyalty_core.arrays import Ints
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation import mapped
from simulation.arm import Arm
from simulation.contest import Contest
from simulation.continuation import continued
from simulation.demo import BEHAVIOUR, BUY_ON_JOINING, Demo
from simulation.engine import simulate
from simulation.experiment import ContestProgress, contest, contest_of, run
from simulation.outset import Outset
from simulation.population import Population, newcomers
from simulation.replications import SHARD_SIZE
from simulation.scenario import Scenario
from simulation.streams import Purpose, Streams, member_keys

MONTHS, YEAR_DAYS = 12, 365.25
MOST_MEMBERS = 100_000
ROUNDS = 5
CURVE = (10_000, 30_000, 100_000, 300_000, 1_000_000, 5_000_000)
TRIED = Scenario(name="tried", changes={"tiers.gold.threshold": 5000.0}, months=24, replications=20)
TRIED_NEXT = {"tiers.gold.threshold": 1000.0}
LARGE, LARGE_REPLICATIONS = 1_000_000, 1


def simulated_year(members: int, workers: int) -> dict[str, Any]:
    """How fast members are simulated, at most `MOST_MEMBERS` of them, and what a whole experiment with them
    takes. `us_per_member_year` tells for sizes up to `members` what one member costs a processor; where there
    are more than `MOST_MEMBERS`, `large` is an experiment with up to a million, for its memory."""
    size, peak = min(members, MOST_MEMBERS), Peak()
    with warm_pool(workers, __name__) as several:
        with warm_pool(1, __name__) as one, _laid_down(several, size) as parts:
            bought = _year(one, parts)
            _year(several, parts)
            with peak.watched():
                rounds = [_Round.of(one, several, workers, parts, bought) for _ in range(ROUNDS)]
        curve = _curve(several, members)
        tried = experiment(several, size)
        large = None if members <= size else experiment(several, min(members, LARGE), LARGE_REPLICATIONS)
    together, events = (median(getattr(one, name) for one in rounds) for name in ("together", "events_per_s"))
    return {
        "members": size,
        "member_years_per_s": round(size * _days() / YEAR_DAYS / together),
        "purchases_per_s": round(bought.sum() / together),
        "simpy_events_per_s": round(events),
        "ratio_to_simpy_events": significant(bought.sum() / together / events),
        "two_workers": significant(median(one.alone / one.together for one in rounds)),
        "two_bare_processes": significant(median(one.bare for one in rounds)),
        "peak_mib": peak.mib,
        "us_per_member_year": curve,
        "experiment": tried,
        "large": large,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Seconds for a year with one worker and with all, and what was measured in between."""

    alone: float
    together: float
    events_per_s: float  # of SimPy
    bare: float  # times as fast with all workers as with one, without any of our code

    @classmethod
    def of(cls, one: Executor, several: Executor, workers: int, parts: list[Path], bought: Ints) -> _Round:
        """One turn of everybody; `bought` are the purchases of each member in the year."""
        alone = _seconds_for_a_year(one, parts)
        events = one.submit(events_per_s, bought, _days()).result()
        together = _seconds_for_a_year(several, parts)
        bare = bare_ratio(one, several, workers)
        return cls(alone=alone, together=together, events_per_s=events, bare=bare)


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


def _curve(executor: Executor, members: int) -> dict[str, float]:
    """Microseconds of processor time for a member's year, by the number of members; medians of some rounds
    where one takes but seconds."""
    found = {}
    for size in CURVE:
        if size <= members:
            rounds = ROUNDS if size <= MOST_MEMBERS else 1
            with _laid_down(executor, size) as parts:
                seconds = median(sum(executor.map(_processor_seconds, parts)) for _ in range(rounds))
            found[str(size)] = significant(seconds / (size * _days() / YEAR_DAYS) * 1e6)
    return found


@contextmanager
def _laid_down(executor: Executor, members: int) -> Iterator[list[Path]]:
    """So many members in files, in parts as an experiment has them, as long as they are wanted."""
    count = max(2, -(-members // SHARD_SIZE))
    edges = np.linspace(0, members, count + 1).astype(int).tolist()
    with TemporaryDirectory(prefix="loyalty-members-") as folder:
        files = [Path(folder) / str(number) for number in range(count)]
        list(executor.map(_lay_down_members, files, edges[:-1], edges[1:]))
        yield files


def _seconds_for_a_year(executor: Executor, parts: list[Path]) -> float:
    started = time.perf_counter()
    _year(executor, parts)
    return time.perf_counter() - started


def _year(executor: Executor, parts: list[Path]) -> Ints:
    """Simulate a year of the members in those files; the purchases of each."""
    return np.concatenate(list(executor.map(_purchases, parts)))


def _purchases(part: Path) -> Ints:
    """The purchases of each of the members in a file."""
    people: Population = mapped.read(part)
    demo = Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS)
    facts = simulate(people, Arm.of(demo.programme, BEHAVIOUR), demo.days, Streams(1))
    member = facts.journal.purchases.table("member", "refund")
    return np.bincount(member["member"][~member["refund"]], minlength=len(people))


def _processor_seconds(part: Path) -> float:
    """What a year of the members in a file takes of a processor."""
    started = time.process_time()
    _purchases(part)
    return time.process_time() - started


def _lay_down_members(file: Path, first: int, end: int) -> None:
    """Members who are there from the first day on."""
    day, _ = Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS).days
    ids = [f"M{number:08d}" for number in range(first, end)]
    at_once = Streams(1).uniform(Purpose.JOINS_BUYING, member_keys(ids)) < BUY_ON_JOINING
    mapped.write(file, newcomers(ids, np.full(len(ids), day, np.int32), at_once))


def _days() -> int:
    first_day, last_day = Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS).days
    return last_day + 1 - first_day
