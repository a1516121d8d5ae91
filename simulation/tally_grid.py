"""Where the facts of a run are counted: months × tiers, by the tier that members have on each day.

Time before the months and after them is told apart, and left out of what is told at the end.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.periods import Periods
from simulation.rows import Arrays
from simulation.tier_course import TierCourse

_EXACT = 2**53  # whole numbers up to here are exact in float64


class Spans:
    """The spans of time that are told apart: all before the months, each month, all after them."""

    def __init__(self, months: Periods) -> None:
        first, last = int(months.first[0]), int(months.last[-1])
        of_day = np.searchsorted(months.last, np.arange(first, last + 1)) + 1
        self._eve, self._of_day = first - 1, np.concatenate(([0], of_day, [len(months) + 1]))
        self.closes = np.array([first - 1, *months.last, NEVER])  # the last day of each

    def __len__(self) -> int:
        return len(self.closes)

    def of(self, day: Ints) -> Ints:
        """The place of the span of each day."""
        return self._of_day.take(day - self._eve, mode="clip")


class MonthsAndTiers:
    """Spans of time × (tier unknown, then tiers from the lowest), by which what n members do is counted.

    A `cell` is the place of a row among spans × members, flattened; a `place` that among spans × tiers.
    """

    def __init__(self, n: int, course: TierCourse, tiers: int, months: Periods) -> None:
        self.n, self._course, self.spans = n, course, Spans(months)
        self.shape = (len(self.spans), tiers + 1)
        tier, steady = course.over(self.spans.closes)
        self.at_close = tier + np.int16(1)  # the column of each member; spans × members
        begins = np.arange(self.shape[0], dtype=np.int32)[:, None] * np.int32(self.shape[1])
        # The place of all that a cell holds; -1 where a tier changes in between.
        self._steady = np.where(steady, begins + self.at_close, np.int32(-1))

    def cells(self, member: Ints, day: Ints) -> Ints:
        """The cell of each row."""
        cell: Ints = self.spans.of(day) * self.n + member
        return cell

    def places(self, cell: Ints, member: Ints, day: Ints) -> Ints:
        """The place of each row, of which the cell is known."""
        place = self._steady.take(cell)
        moving = (place < 0).nonzero()[0]
        if len(moving):
            who, on = member[moving], day[moving]
            place[moving] = self.spans.of(on) * self.shape[1] + self._course.on(who, on) + 1
        return place

    def places_of(self, rows: Arrays) -> Ints:
        """The place of each row."""
        cell = self.cells(rows["member"], rows["day"])
        return self.places(cell, rows["member"], rows["day"])

    def total(self, place: Ints, amount: Ints | None = None) -> Ints:
        """The rows, or the sum of their amounts, by month and tier."""
        return self.within(self._counted(place, amount))

    def upto(self, place: Ints) -> Ints:
        """How many of those rows there are up to each close."""
        return self.within(np.cumsum(self._counted(place), axis=0))

    def within(self, by_span: Ints) -> Ints:
        """The months alone."""
        return by_span[1:-1]

    def _counted(self, place: Ints, amount: Ints | None = None) -> Ints:
        return summed(place, amount, self.shape[0] * self.shape[1]).reshape(self.shape)


def summed(place: Ints, amount: Ints | None, length: int) -> Ints:
    """Rows, or the sum of their amounts, at each place, exactly."""
    if amount is None:
        return np.bincount(place, minlength=length)
    if len(amount) * int(np.abs(amount).max(initial=0)) < _EXACT:
        return np.bincount(place, amount, length).astype(np.int64)
    total = np.zeros(length, np.int64)
    np.add.at(total, place, amount)
    return total
