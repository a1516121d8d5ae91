"""Replications of an experiment: every arm over every part of the members, on any executor.

The tasks are pure: what comes back does not depend on who did them, in which order, or how the members
were parted. Only whole numbers leave a task, so that sums are exact. What is kept of an arm is not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import NamedTuple, TypeVar, TypeVarTuple

import numpy as np
import pandas as pd

from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.counts import Counts, added
from simulation.figures import compared, figures
from simulation.kept_counts import Kept, KeptCounts, named
from simulation.outset import Outset
from simulation.parcels import Parcel, parcels
from simulation.shard import Cut, cuts
from simulation.work import Simulated, simulated_counts

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
    """A task is done, or a replication is kept, and with it `share` of all. `sides` are there when it was the
    last of a replication, or of the sample that comes first: they stand for all, but rest on `of_members`.
    `desks` are the figures of each arm's desks, by `desk_figures.KEYS`; none where there are no desks."""

    share: float
    replication: int
    sides: Sides | None = None
    desks: Sides = ()
    of_members: float = 1.0


class Turn(NamedTuple):
    """What one replication runs, and the number of the luck that it meets."""

    arms: tuple[Arm, ...]
    luck: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is run: arms on the same luck from the same start, in each replication on a luck of its own; or
    else the `turns`, one after the other. `asked` are metrics that are compared beside the usual ones."""

    start: Outset
    arms: tuple[Arm, ...]
    seed: int
    turns: tuple[Turn, ...] = ()
    shard_size: int = SHARD_SIZE
    asked: tuple[str, ...] = ()

    @property
    def together(self) -> bool:
        """Whether members share a limit or a desk, so that nobody can be simulated without the others."""
        return any(arm.shares or arm.plan.desks for arm in self.arms)

    def turn(self, replication: int) -> Turn:
        """The arms of one replication, whose programmes are those of `arms`, and its luck."""
        return self.turns[replication - 1] if self.turns else Turn(self.arms, replication)


def replications(
    design: Design,
    numbers: Sequence[int],
    executor: Executor | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[Step, None, None]:
    """A step for each replication of which all is kept, then for each task of the others, in the order in
    which they are done.

    Closing the iterator ends the work; raises `Stopped` once `cancelled` says so.
    """
    cut_up = cuts(design.start, design.shard_size, FIRST_SIZE)
    early, whole = ([one for one in cut_up if one.early is early] for early in (True, False))
    asked = [_Gathering.of(design, number, whole, whole, design.start.kept) for number in numbers]
    ready, others = ([one for one in asked if one.ready is ready] for ready in (True, False))
    sample = [] if ready or not early else [_Gathering.of(design, numbers[0], early, whole, {})]
    total = len(ready) + sum(len(one.groups) for one in (*sample, *others))
    with closing(_simulated(design, sample, others, executor, cancelled)) as simulated:
        for done, one in enumerate(chain(ready, simulated), start=1):
            step = Step(share=done / total, replication=one.number)
            yield one.told(step) if one.ready else step


@dataclass(slots=True)
class _Gathering:
    """One replication: what is known of each arm, and of the other arms the parts as they come in. These are
    all parts, or a sample that stands for the whole."""

    design: Design
    number: int
    parts: Sequence[Cut]
    whole: Sequence[Cut]
    kept: KeptCounts
    names: Sequence[str]  # of the arms
    known: list[Kept | None]  # of each arm
    found: dict[str, tuple[Counts, ...]] = field(default_factory=dict)  # of `missing` arms, by part

    @classmethod
    def of(
        cls, design: Design, number: int, parts: Sequence[Cut], whole: Sequence[Cut], kept: KeptCounts
    ) -> _Gathering:
        """The replication with what is known of it."""
        arms, luck = design.turn(number)
        names = [named(arm, design.seed, luck) for arm in arms]
        return cls(design, number, parts, whole, kept, names, [kept.get(name) for name in names])

    @property
    def missing(self) -> list[int]:
        """The places of the arms that are still to be told."""
        return [place for place, known in enumerate(self.known) if known is None]

    @property
    def ready(self) -> bool:
        """Whether all is known of every arm."""
        return not self.missing

    @property
    def groups(self) -> list[Sequence[Cut]]:
        """The parts that are simulated in one task."""
        return [self.parts] if self.design.together else [[one] for one in self.parts]

    @property
    def to_run(self) -> tuple[Arm, ...]:
        """The arms that are simulated: a sample has its part of what there is not enough of for all."""
        arms, _ = self.design.turn(self.number)
        return tuple(_of_part(arms[place], self.of_members) for place in self.missing)

    @property
    def of_members(self) -> float:
        """The part of the members that it rests on."""
        return sum(map(len, self.parts)) / sum(map(len, self.whole))

    @property
    def luck(self) -> int:
        """The number of the luck that they meet."""
        return self.design.turn(self.number).luck

    def add(self, group: Sequence[Parcel], simulated: Simulated) -> None:
        """Some parts are in: with the last of them all is known, and kept from now on. Where there are desks
        these are all parts."""
        self.found |= {one.name: counts for one, counts in zip(group, simulated.counts, strict=True)}
        if len(self.found) == len(self.parts):
            for nth, place in enumerate(self.missing):
                told = Kept(self._together(nth), simulated.desks[nth])
                self.known[place] = self.kept[self.names[place]] = told
            self.found.clear()

    def told(self, step: Step) -> Step:
        """The step with the figures of each arm."""
        months, scale = periods(*self.design.start.days, "month"), self.design.start.scale
        metrics = compared(self.design.arms, self.design.asked)
        known = [one for one in self.known if one is not None]
        sides = tuple(
            figures(one.counts, arm.programme, months, scale, metrics)
            for one, arm in zip(known, self.design.arms, strict=True)
        )
        desks = tuple(one.desks for one in known if one.desks is not None)
        return replace(step, sides=sides, desks=desks, of_members=self.of_members)

    def _together(self, nth: int) -> Counts:
        """One of the arms simulated: members with a past and those to come stand for all of their kind."""
        kinds = []
        for known in (True, False):
            some = [one for one in self.parts if one.known is known]
            whole = sum(len(one) for one in self.whole if one.known is known)
            counts = added(self.found[one.name][nth] for one in some)
            kinds.append(_raised(counts, whole, sum(map(len, some))))
        return added(kinds)


def _simulated(
    design: Design,
    sample: Sequence[_Gathering],
    others: Sequence[_Gathering],
    executor: Executor | None,
    cancelled: Callable[[], bool],
) -> Generator[_Gathering, None, None]:
    """Those replications, the sample first: each whenever some of its parts have been simulated."""
    work = [(one, group) for one in (*sample, *others) for group in one.groups]
    with _parcels(design, sample, executor) as early, _parcels(design, others, executor) as usual:
        tasks = (
            (place, [(early if part.early else usual)(part) for part in group], one.to_run, design.start.days,
             design.seed, one.luck)
            for place, (one, group) in enumerate(work)
        )  # fmt: skip
        for (place, group, *_), found in results(_counted, tasks, executor, cancelled):
            one, _ = work[place]
            one.add(group, found)
            yield one


def _counted(
    place: int, group: Sequence[Parcel], arms: Sequence[Arm], days: tuple[int, int], seed: int, luck: int
) -> Simulated:
    """What a task comes to; its `place` among all tells whose it is."""
    return simulated_counts(group, arms, days, seed, luck)


def _parcels(
    design: Design, several: Sequence[_Gathering], executor: Executor | None
) -> AbstractContextManager[Callable[[Cut], Parcel]]:
    """The parcels for those replications, with accounts under each programme that is run in any."""
    programmes = list[Programme]()
    for one in several:
        programmes += [arm.programme for arm in one.to_run if arm.programme not in programmes]
    later = [document for arm in design.arms for _, document in arm.changes]
    return parcels(design.start, programmes, later, executor)


def _of_part(arm: Arm, part: float) -> Arm:
    return arm if part == 1 else replace(arm, plan=replace(arm.plan, share=arm.plan.share * part))


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
