"""Desks of the programme: what a run asks of them, how long members wait, and what is left undone.

A desk is a SimPy resource with so many places. Requests come from what members did, in the order of their
instants; nobody buys differently because of a queue. So desks are run once members are, over the requests
of all parts together, and hang on nothing but these. Where only some of the members are simulated, each
request stands for so many, which others ask at other hours of the same day.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import simpy

from loyalty_core.arrays import Floats, Ints
from simulation.journal import Facts, rewards_taken
from simulation.season import CLOSES_H, OPENS_H, Clock
from simulation.streams import Keys, Purpose, Streams

_MINUTE_US = 60_000_000
_DAY_MINUTES = 24 * 60
_ASKS_WITHIN_DAYS = 3
_CHANNELS = 1 << 20  # apart from each other: sales, redemptions and refunds as causes of a request
_OTHERS = 1 << 24  # apart from each other: the requests that one of a sample stands for

Work = Literal["fulfilment", "contact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`places` people, each at one request at a time, from minute `opens` to minute `closes` of every day.

    A fulfilment desk hands out every reward redeemed. A contact centre is asked about a share of sales,
    redemptions and refunds, within three days of them. A request takes `minutes` on average (exponentially
    distributed, a draw of the member's). Members were promised an answer within `promised_minutes`.
    """

    name: str
    work: Work
    places: int
    minutes: float
    opens: int = 9 * 60
    closes: int = 18 * 60
    promised_minutes: float = _DAY_MINUTES
    asked_per_sale: float = 0.0
    asked_per_redemption: float = 0.0
    asked_per_refund: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What comes to a desk, in order: when (microseconds, UTC), and how many minutes it takes."""

    at: Ints
    minutes: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of the requests, in their order: minutes until somebody took it up and until it was done.

    Infinite where that was not in the run.
    """

    asked_at: Ints
    wait: Floats
    done: Floats

    def between(self, begin: int, end: int) -> Served:
        """What was asked from an instant on, and before another one."""
        rows = slice(*np.searchsorted(self.asked_at, [begin, end]).tolist())
        return Served(asked_at=self.asked_at[rows], wait=self.wait[rows], done=self.done[rows])

    def backlog(self, at: Ints) -> Ints:
        """How many were asked and not yet done at each instant."""
        asked = np.searchsorted(self.asked_at, at, side="left")
        finished = np.sort(self.asked_at + self.done * _MINUTE_US)
        return asked - np.searchsorted(finished, at, side="right")

    def within(self, minutes: float) -> float:
        """The share of all requests that was done within so many minutes; NaN where there were none."""
        return float((self.done <= minutes).mean()) if len(self.done) else float("nan")


def every_desk(own: Sequence[Desk], of_all: Sequence[Sequence[Desk]]) -> tuple[Desk, ...]:
    """An arm's own desks, and those that only other arms name: they are held against what it asks, too."""
    known = {desk.name for desk in own}
    others = {desk.name: desk for desks in of_all for desk in desks if desk.name not in known}
    return (*own, *others.values())


def requests(
    desk: Desk, runs: Sequence[Facts], streams: Streams, clock: Clock, share: float = 1.0
) -> Requests:
    """All requests of a run's parts to a desk until its last midnight, in order; of one instant by member's
    key. `share` of the members is simulated."""
    nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.int64)
    several = [nothing, *(one for facts in runs for one in _asked(desk, facts, streams))]
    at, keys, nth = (np.concatenate(columns) for columns in zip(*several, strict=True))
    if share < 1:
        at, keys, nth = _of_everybody(at, keys, nth, share, clock, streams)
    order = np.lexsort((nth, keys, at))
    order = order[at[order] < clock.midnight(clock.last_day + 1)]
    minutes = streams.exponential(Purpose.SERVICE_TIME, keys[order], nth[order]) * desk.minutes
    return Requests(at=at[order], minutes=minutes)


def served(desk: Desk, asked: Requests, clock: Clock) -> Served:
    """The desk at work on the requests, first come first served, until the run's last midnight."""
    first, last = clock.midnight(clock.first_day), clock.midnight(clock.last_day + 1)
    calendar = simpy.Environment()
    people = simpy.Resource(calendar, capacity=desk.places)
    n = len(asked.at)
    wait, done = np.full(n, np.inf), np.full(n, np.inf)
    hours = _Hours(desk, clock)

    def request(number: int, minutes: float) -> Generator[simpy.Event, None, None]:
        with people.request() as turn:
            yield turn
            begins = hours.worked(calendar.now)
            yield calendar.timeout(max(hours.when(begins) - calendar.now, 0.0))  # rounding
            wait[number] = calendar.now - came[number]
            yield calendar.timeout(max(hours.when(begins + minutes) - calendar.now, 0.0))
            done[number] = calendar.now - came[number]

    def arriving() -> Generator[simpy.Event, None, None]:
        for number, minutes in enumerate(asked.minutes.tolist()):
            yield calendar.timeout(max(came[number] - calendar.now, 0.0))
            calendar.process(request(number, minutes))

    came = ((asked.at - first) / _MINUTE_US).tolist()
    calendar.process(arriving())
    calendar.run(until=float((last - first) / _MINUTE_US))
    return Served(asked_at=asked.at, wait=wait, done=done)


class _Hours:
    """Minutes at work since the run began, and minutes that have passed."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        midnights = clock.midnight(np.arange(clock.first_day, clock.last_day + 2))
        self._begins = (midnights - midnights[0]) / _MINUTE_US
        self._opens, self._closes = desk.opens, desk.closes
        self._a_day = float(desk.closes - desk.opens)

    def worked(self, now: float) -> float:
        """Minutes at work up to a moment."""
        day = int(np.searchsorted(self._begins, now, side="right")) - 1
        today = min(max(now - float(self._begins[day]) - self._opens, 0.0), self._a_day)
        return day * self._a_day + today

    def when(self, worked: float) -> float:
        """The moment at which so many minutes were worked, the earliest at which work can go on."""
        day = int(worked // self._a_day)
        beyond = day - (len(self._begins) - 1)
        begins = float(self._begins[min(day, len(self._begins) - 1)]) + max(beyond, 0) * _DAY_MINUTES
        return begins + self._opens + worked - day * self._a_day


def _asked(desk: Desk, facts: Facts, streams: Streams) -> Iterable[tuple[Ints, Keys, Ints]]:
    """Instants, keys and ordinals of what one part's members ask, cause by cause; their friends included."""
    if facts.friends is not None:
        yield from _asked(desk, facts.friends, streams)
    redeemed = rewards_taken(facts.entries)
    refund = facts.purchases["refund"]
    everything = desk.work == "fulfilment"
    causes = (
        (facts.entries, redeemed, 1.0 if everything else desk.asked_per_redemption),
        (facts.purchases, ~refund, 0.0 if everything else desk.asked_per_sale),
        (facts.purchases, refund, 0.0 if everything else desk.asked_per_refund),
    )
    for number, (rows, those, share) in enumerate(causes):
        if not share:
            continue
        keys = facts.population.keys[rows["member"][those]]
        nth = rows["ordinal"][those].astype(np.int64) + number * _CHANNELS
        if not everything:
            nth = nth + 4 * _CHANNELS
        asks = streams.uniform(Purpose.ASKS_FOR_HELP, keys, nth) < share
        keys, nth, at = keys[asks], nth[asks], rows["at"][those][asks]
        if not everything:
            later = streams.uniform(Purpose.ASKS_AFTER, keys, nth) * _ASKS_WITHIN_DAYS
            at = at + (later * _DAY_MINUTES * _MINUTE_US).astype(np.int64)
        yield at, keys, nth


def _of_everybody(
    at: Ints, keys: Keys, nth: Ints, share: float, clock: Clock, streams: Streams
) -> tuple[Ints, Keys, Ints]:
    """As many requests as the whole programme brings: those of a sample, and others of the same days."""
    times = np.floor(1 / share + streams.uniform(Purpose.STANDS_FOR, keys, nth)).astype(np.int64)
    row = np.repeat(np.arange(len(at)), times)
    copy = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    at, keys, nth = at[row], keys[row], nth[row] + copy * _OTHERS
    midnights = clock.midnight(np.arange(clock.first_day, clock.last_day + 2))
    begins = midnights[np.searchsorted(midnights, at, side="right") - 1]
    hour = OPENS_H + streams.uniform(Purpose.STANDS_FOR, keys, nth) * (CLOSES_H - OPENS_H)
    return np.where(copy > 0, begins + (hour * 60 * _MINUTE_US).astype(np.int64), at), keys, nth
