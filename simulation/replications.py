"""Replications of an experiment: every arm over every part of the members, on any executor.

The tasks are pure: what comes back does not depend on who did them, in which order, or how the members
were parted. Only whole numbers leave a task, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple, TypeVar, TypeVarTuple

import numpy as np
import pandas as pd

from loyalty_core.periods import periods
from simulation.arm import Arm
from simulation.counts import Counts, added
from simulation.desk_figures import desk_figures
from simulation.desks import every_desk
from simulation.engine import clock_of, simulate_together
from simulation.figures import compared, counts_of, figures
from simulation.journal import Facts
from simulation.outset import Outset
from simulation.parcels import Parcel, parcels
from simulation.shard import Cut, cuts
from simulation.streams import Streams

# What a round of events costs beside its members then hardly counts, and a worker's memory holds one part.
SHARD_SIZE = 75_000
FIRST_SIZE = 2_000  # members that are simulated before all, and once more among all, for a first estimate
POLL_SECONDS = 0.2
WINDOW = 64  # tasks handed to the executor at a time: more than a cluster has workers

Sides = tuple["pd.Series[float]", ...]  # the figures of each arm in one replication, by `figures.KEYS`
Task = TypeVarTuple("Task")
Found = TypeVar("Found")


class Stopped(Exception):  # noqa: N818 – a wish, no error
    """Somebody asked the work to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A task is done, and with it `share` of all. `sides` are there when it was the last of a replication,
    or the last of the sample that comes first: they stand for all, but rest on `of_members` of them.
    `desks` are the figures of each arm's desks, by `desk_figures.KEYS`; none where there are no desks."""

    share: float
    replication: int
    sides: Sides | None = None
    desks: Sides = ()
    of_members: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is run: arms on the same luck from the same start; `arms_in` names those of a replication."""

    start: Outset
    arms: tuple[Arm, ...]
    seed: int
    arms_in: Callable[[int], tuple[Arm, ...]] | None = None
    shard_size: int = SHARD_SIZE

    @property
    def together(self) -> bool:
        """Whether members share a limit or a desk, so that nobody can be simulated without the others."""
        return any(arm.shares or arm.plan.desks for arm in self.arms)

    def of(self, replication: int) -> tuple[Arm, ...]:
        """The arms of one replication; their programmes are those of `arms`."""
        return self.arms if self.arms_in is None else self.arms_in(replication)


def replications(
    design: Design,
    numbers: Sequence[int],
    executor: Executor | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[Step, None, None]:
    """A step for each task of those replications, in the order in which they are done.

    Closing the iterator ends the work; raises `Stopped` once `cancelled` says so.
    """
    start, programmes = design.start, [arm.programme for arm in design.arms]
    later = [document for arm in design.arms for _, document in arm.changes]
    cut_up = cuts(start, design.shard_size, None if design.together else FIRST_SIZE)
    sample, whole = ([one for one in cut_up if one.early is early] for early in (True, False))
    order = [(numbers[0], [one]) for one in sample]
    order += [(number, group) for number in numbers for group in _groups(design, whole)]
    gathered: dict[int, _Gathering] = {}
    with parcels(start, programmes, later, executor) as parcel:
        tasks = (
            ([parcel(one) for one in group], design.of(number), start.days, design.seed, number)
            for number, group in order
        )
        for done, (task, found) in enumerate(results(simulated_counts, tasks, executor, cancelled), start=1):
            group, *_, number = task
            gathering = gathered.setdefault(number, _Gathering(design, whole))
            gathering.found |= {one.name: counts for one, counts in zip(group, found.counts, strict=True)}
            ready = next((some for some in (whole, sample) if some and gathering.has(some)), [])
            if ready:
                sample = []  # it tells nothing more, should it come later
            if ready is whole:
                del gathered[number]
            step = Step(share=done / len(order), replication=number)
            yield gathering.told(step, ready, found.desks) if ready else step


def _groups(design: Design, whole: list[Cut]) -> list[list[Cut]]:
    """The parts that are simulated in one task."""
    return [whole] if design.together else [[one] for one in whole]


class Simulated(NamedTuple):
    """For each part of the members what happened to it, by month, under each arm; the desks of each arm."""

    counts: list[tuple[Counts, ...]]
    desks: Sides


def simulated_counts(
    group: Sequence[Parcel], arms: Sequence[Arm], days: tuple[int, int], seed: int, replication: int
) -> Simulated:
    """What happens to some parts of the members in one replication."""
    shards, months = [parcel.opened() for parcel in group], periods(*days, "month")
    by_arm, desks, streams = [], list["pd.Series[float]"](), Streams(seed, replication)
    for number, arm in enumerate(arms):
        held = [shard.accounts[number] for shard in shards]
        standing = [None if accounts is None else accounts.copy() for accounts in held]
        people = [shard.population for shard in shards]
        there = list(zip(people, standing, strict=True))
        facts = simulate_together(there, arm, days, streams)
        counts = [counts_of(*pair, arm.programme, months) for pair in zip(shards, facts, strict=True)]
        by_arm.append(counts)
        desks += _desks_of(number, arms, facts, days, streams)
    return Simulated(list(zip(*by_arm, strict=True)), tuple(desks))


def _desks_of(
    number: int, arms: Sequence[Arm], facts: Sequence[Facts], days: tuple[int, int], streams: Streams
) -> Iterator[pd.Series[float]]:
    """The figures of the desks of one of the arms, where any arm has desks."""
    plan = arms[number].plan
    clock = clock_of(arms[number], days, streams)
    desks = every_desk(plan.desks, [arm.plan.desks for arm in arms])
    if desks:
        yield pd.concat([desk_figures(desk, facts, clock, streams, plan.share) for desk in desks])


@dataclass(slots=True)
class _Gathering:
    """The parts of one replication as they come in."""

    design: Design
    whole: Sequence[Cut]
    found: dict[str, tuple[Counts, ...]] = field(default_factory=dict)

    def has(self, some: Sequence[Cut]) -> bool:
        """Whether all of these are in."""
        return all(one.name in self.found for one in some)

    def told(self, step: Step, ready: Sequence[Cut], desks: Sides) -> Step:
        """The step with the figures of the parts that are ready: all of them, or the sample."""
        of_members = sum(map(len, ready)) / sum(map(len, self.whole))
        return replace(step, sides=self.sides(ready), desks=desks, of_members=of_members)

    def sides(self, of: Sequence[Cut]) -> Sides:
        """The figures of each arm, from some of the parts."""
        months, scale = periods(*self.design.start.days, "month"), self.design.start.scale
        metrics = compared(self.design.arms)
        return tuple(
            figures(self._together(of, number), arm.programme, months, scale, metrics)
            for number, arm in enumerate(self.design.arms)
        )

    def _together(self, of: Sequence[Cut], arm: int) -> Counts:
        """Members with a past and those to come each stand for all of their kind."""
        kinds = []
        for known in (True, False):
            some = [one for one in of if one.known is known]
            whole = sum(len(one) for one in self.whole if one.known is known)
            counts = added(self.found[one.name][arm] for one in some)
            kinds.append(_raised(counts, whole, sum(map(len, some))))
        return added(kinds)


def _raised(counts: Counts, to: int, of: int) -> Counts:
    if to == of or not of:
        return counts
    return {name: np.rint(values * (to / of)).astype(np.int64) for name, values in counts.items()}


def results(
    function: Callable[[*Task], Found],
    tasks: Iterable[tuple[*Task]],
    executor: Executor | None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[tuple[*Task], Found]]:
    """Each task with what the function makes of it, as they are ready; without an executor it is done here.

    Raises `Stopped` once `cancelled` says so.
    """
    if executor is None:
        for task in tasks:
            if cancelled():
                raise Stopped
            yield task, function(*task)
        return
    to_come, running = iter(tasks), dict[Future[Found], tuple[*Task]]()
    try:
        while True:
            for task in islice(to_come, WINDOW - len(running)):
                running[executor.submit(function, *task)] = task
                if any(one.done() for one in running):
                    break  # making the next task ready may take long
            if not running:
                return
            ready, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            if cancelled():
                raise Stopped
            for future in ready:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
