"""Desks once more, written for reading: one request after the other, day by day."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

import numpy as np

from simulation.desks import Desk
from simulation.journal import KIND, NO_REWARD, Facts
from simulation.season import Clock
from simulation.streams import Purpose, Streams

MINUTE_US, DAY = 60_000_000, 24 * 60
Request = tuple[int, float]  # its instant, and the minutes that it takes
REDEMPTION, SALE, REFUND = range(3)


def plainly_asked(desk: Desk, facts: Facts, streams: Streams, clock: Clock, share: float) -> list[Request]:
    """What is asked of a desk until the last midnight, in order; `share` of the members is simulated."""

    def luck(purpose: Purpose, key: int, nth: int) -> float:
        return float(streams.uniform(purpose, np.array([key], np.uint64), np.array([nth]))[0])

    found, contact = list[tuple[int, int, int]](), desk.work == "contact"
    chances = {
        REDEMPTION: desk.asked_per_redemption if contact else 1.0,
        SALE: desk.asked_per_sale if contact else 0.0,
        REFUND: desk.asked_per_refund if contact else 0.0,
    }
    for cause, key, ordinal, at in _causes(facts):
        nth = ordinal + (cause << 20) + (4 << 20 if contact else 0)
        if luck(Purpose.ASKS_FOR_HELP, key, nth) >= chances[cause]:
            continue
        if contact:
            at += int(luck(Purpose.ASKS_AFTER, key, nth) * 3 * DAY * MINUTE_US)
        times = 1 if share == 1 else int(1 / share + luck(Purpose.STANDS_FOR, key, nth))
        for copy in range(times):
            number, when = nth + (copy << 24), at
            if copy:
                hour = 9 + luck(Purpose.STANDS_FOR, key, number) * 13
                when = _midnight_before(at, clock) + int(hour * 60 * MINUTE_US)
            found.append((when, key, number))
    end = int(clock.midnight(clock.last_day + 1))
    return [
        (at, float(-np.log1p(-luck(Purpose.SERVICE_TIME, key, nth))) * desk.minutes)
        for at, key, nth in sorted(found)
        if at < end
    ]


def plainly_served(
    desk: Desk, asked: list[tuple[float, float]], midnights: list[float]
) -> list[tuple[float, float]]:
    """When each request (its minute, and how many it takes) is taken up and done, in minutes; infinite where
    that is not before the last of the midnights."""

    def opening(now: float) -> tuple[float, float]:
        """When the desk is open next, or now, and when it then closes."""
        for midnight in midnights[:-1]:
            if now < midnight + desk.closes:
                return max(now, midnight + desk.opens), midnight + desk.closes
        return math.inf, math.inf

    free, found = [0.0] * desk.places, []
    for when, left in asked:
        begun, closes = now, _ = opening(max(heapq.heappop(free), when))
        while (
            now < math.inf and left >= closes - now
        ):  # what ends with the hours is done when they begin again
            left -= closes - now
            now, closes = opening(closes)
        heapq.heappush(free, now + left)
        found.append((begun, now + left))
    return found


def _causes(facts: Facts) -> Iterator[tuple[int, int, int, int]]:
    """What was done that may be asked about: cause, key of the member, ordinal of the sale, instant."""
    keys = [int(key) for key in facts.population.keys]
    taken = set[tuple[int, int]]()
    for row in _rows(facts.entries):
        sale = int(row["member"]), int(row["ordinal"])
        # A reward may be paid for in two lines: with points at hand, and with points that wait.
        if row["kind"] == KIND["redeem"] and row["reward"] != NO_REWARD and sale not in taken:
            taken.add(sale)
            yield REDEMPTION, keys[sale[0]], sale[1], int(row["at"])
    for row in _rows(facts.purchases):
        yield REFUND if row["refund"] else SALE, keys[row["member"]], int(row["ordinal"]), int(row["at"])
    if facts.friends is not None:
        yield from _causes(facts.friends)


def _rows(table: dict[str, np.ndarray]) -> Iterator[dict[str, int]]:
    for values in zip(*(column.tolist() for column in table.values()), strict=True):
        yield dict(zip(table, values, strict=True))


def _midnight_before(at: int, clock: Clock) -> int:
    midnights = clock.midnight(np.arange(clock.first_day, clock.last_day + 2)).tolist()
    return max(one for one in midnights if one <= at)
