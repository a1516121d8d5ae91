"""A simulated year under few and under all rules, beside SimPy itself (`bare.py`).

Members lie ready in files, as an experiment has them. Every pool does its work once before anything is
timed, as the first round of a process pays for its memory. Then one worker, SimPy and all workers take turns,
round by round. Medians of the rounds are told, and beside what a second worker brings what it brings to work
without any of our code.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from dashboard.benchmark.bare import bare_ratio, events_per_s
from dashboard.benchmark.watching import significant
from dashboard.benchmark.world import PROGRAMME
from dashboard.demo_workspace import wanted
from loyalty_core.arrays import Ints
from loyalty_core.rules.programme import programme_from_dict
from simulation import mapped
from simulation.arm import Arm
from simulation.demo import BEHAVIOUR, BUY_ON_JOINING, Demo
from simulation.engine import simulate
from simulation.population import Population, newcomers
from simulation.replications import SHARD_SIZE
from simulation.streams import Purpose, Streams, member_keys

MONTHS, YEAR_DAYS = 12, 365.25
ROUNDS = 5
ROUNDS_UP_TO = 100_000  # members; a year of more takes longer than chance could move
CURVE = (10_000, 30_000, 100_000, 300_000, 1_000_000, 5_000_000)

Rules = Literal["few", "all"]
"""Those of the programme that the bench makes up (tiers by spend, points, one reward), or the demo's (paid
tier, multipliers by category, day and birthday, streaks, caps, coupons, five rewards, points as cash)."""


def year(one: Executor, several: Executor, workers: int, members: int, rules: Rules) -> dict[str, Any]:
    """How fast a year of so many members is simulated, by all workers and by one, beside bare events of
    SimPy, which is one process."""
    with laid_down(several, members) as parts:
        bought = _bought(one, parts, rules)
        _bought(several, parts, rules)
        rounds = [_Round.of(one, several, workers, parts, rules, bought) for _ in range(ROUNDS)]
    alone, together, events = (
        median(getattr(turn, name) for turn in rounds) for name in ("alone", "together", "events_per_s")
    )
    return {
        "member_years_per_s": round(members * _days() / YEAR_DAYS / together),
        "purchases_per_s": round(bought.sum() / together),
        "simpy_events_per_s": round(events),
        "ratio_to_simpy_events": significant(bought.sum() / together / events),
        "one_worker_to_simpy_events": significant(bought.sum() / alone / events),
        "two_workers": significant(median(turn.alone / turn.together for turn in rounds)),
        "two_bare_processes": significant(median(turn.bare for turn in rounds)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Seconds for a year with one worker and with all, and what was measured in between."""

    alone: float
    together: float
    events_per_s: float  # of SimPy
    bare: float  # times as fast with all workers as with one, without any of our code

    @classmethod
    def of(
        cls, one: Executor, several: Executor, workers: int, parts: list[Path], rules: Rules, bought: Ints
    ) -> _Round:
        """One turn of everybody; `bought` are the purchases of each member in the year."""
        alone = _seconds(one, parts, rules)
        events = one.submit(events_per_s, bought, _days()).result()
        together = _seconds(several, parts, rules)
        bare = bare_ratio(one, several, workers)
        return cls(alone=alone, together=together, events_per_s=events, bare=bare)


def curve(executor: Executor, members: int) -> dict[str, float]:
    """Microseconds of processor time for a member's year under few rules, by the number of members up to
    `members`; medians of some rounds where one takes but seconds."""
    found = {}
    for size in CURVE:
        if size <= members:
            rounds = ROUNDS if size <= ROUNDS_UP_TO else 1
            with laid_down(executor, size) as parts:
                seconds = median(sum(executor.map(_processor_seconds, parts)) for _ in range(rounds))
            found[str(size)] = significant(seconds / (size * _days() / YEAR_DAYS) * 1e6)
    return found


def growth(us_per_member_year: dict[str, float]) -> float | None:
    """At most how many times as much a member costs in a larger programme as in any smaller one; None with
    fewer than two sizes."""
    costs = list(us_per_member_year.values())
    ratios = [cost / min(costs[:at]) for at, cost in enumerate(costs) if at]
    return significant(max(ratios)) if ratios else None


@contextmanager
def laid_down(executor: Executor, members: int) -> Iterator[list[Path]]:
    """So many members in files, in parts as an experiment has them, as long as they are wanted."""
    count = max(2, -(-members // SHARD_SIZE))
    edges = np.linspace(0, members, count + 1).astype(int).tolist()
    with TemporaryDirectory(prefix="loyalty-members-") as folder:
        files = [Path(folder) / str(number) for number in range(count)]
        list(executor.map(_lay_down_members, files, edges[:-1], edges[1:]))
        yield files


def _seconds(executor: Executor, parts: list[Path], rules: Rules) -> float:
    started = time.perf_counter()
    _bought(executor, parts, rules)
    return time.perf_counter() - started


def _bought(executor: Executor, parts: list[Path], rules: Rules) -> Ints:
    """Simulate a year of the members in those files; the purchases of each."""
    return np.concatenate(list(executor.map(_purchases, parts, repeat(rules))))


def _purchases(part: Path, rules: Rules = "few") -> Ints:
    """The purchases of each of the members in a file."""
    people: Population = mapped.read(part)
    demo = _demo(rules)
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
    day, _ = _demo("few").days
    ids = [f"M{number:08d}" for number in range(first, end)]
    at_once = Streams(1).uniform(Purpose.JOINS_BUYING, member_keys(ids)) < BUY_ON_JOINING
    mapped.write(file, newcomers(ids, np.full(len(ids), day, np.int32), at_once))


def _demo(rules: Rules) -> Demo:
    """A year under those rules, of the same days."""
    if rules == "all":
        return wanted(members=Demo.members, months=MONTHS)
    return Demo(programme=programme_from_dict(PROGRAMME), months=MONTHS)


def _days() -> int:
    first_day, last_day = _demo("few").days
    return last_day + 1 - first_day
