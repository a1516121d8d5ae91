"""The grid that facts are counted on: periods × cells, whole numbers that add up over disjoint members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.errors import InputError
from loyalty_core.periods import Periods
from loyalty_core.timeline import Spells, distinct, moment, parts, ranks, value_at

MOST_ROWS = 2_000_000
BLOCK_CELLS = 4_000_000  # members × days looked at at a time
Prepared = TypeVar("Prepared")


@dataclass(frozen=True, slots=True)
class Grid:
    """Counts of rows, amounts and members per period and cell; rows outside either are left out."""

    periods: Periods
    cut: Cut

    def __post_init__(self) -> None:
        rows = len(self.periods) * self.cut.size
        if rows > MOST_ROWS:
            raise InputError(f"{rows:,} rows of figures asked for; use fewer slices or longer periods")

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.periods), self.cut.size

    @property
    def zeros(self) -> Ints:
        return np.zeros(self.shape, np.int64)

    @property
    def last_day(self) -> int:
        """The last day that anything is counted on."""
        return int(self.periods.last[-1])

    def once(self, what: str, prepare: Callable[[], Prepared]) -> Prepared:
        """What facts rest on whatever the periods: prepared once where the same cut is counted by several."""
        return prepare()

    def place(self, day: Ints, cell: Ints) -> Ints:
        """Position of each row on the flattened grid, -1 outside."""
        period, inside = self.periods.index(day)
        return np.where(inside & (cell >= 0), period * self.cut.size + cell, -1)

    def count(self, place: Ints) -> Ints:
        """Rows at each position."""
        return np.bincount(place[place >= 0], minlength=self.zeros.size).reshape(self.shape)

    def total(self, place: Ints, amount: Ints) -> Ints:
        """Sum of `amount` at each position, in integers throughout."""
        sums = np.zeros(self.shape, np.int64).reshape(-1)
        inside = place >= 0
        np.add.at(sums, place[inside], amount[inside])
        return sums.reshape(self.shape)

    def pairs(self, place: Ints, member: Ints) -> Ints:
        """The distinct (position, member) among the rows, as one sorted int64 each."""
        inside = place >= 0
        n = len(self.cut.history.members)
        return distinct(place[inside] * n + member[inside])

    def members(self, pairs: Ints, alone: Ints | None = None) -> Ints:
        """Number of distinct members at each position; `alone` are counts of others, each in one cell."""
        counts = self.count(pairs // max(len(self.cut.history.members), 1))
        return counts if alone is None else counts + alone

    def standing(self, spells: Spells, amount: Ints | None = None, closes: Ints | None = None) -> Ints:
        """Spells that hold the last day of each period, or their amounts; `what` is the cell.

        With `closes`, one ascending day for each row, spells that hold that day. What a stock costs is
        thus a step up and a step down for each change, whatever the number of closes.
        """
        closes = self.periods.last if closes is None else closes
        begins, ends = ranks(closes, spells.start), ranks(closes, spells.end, after=True)
        held = np.flatnonzero((begins < ends) & (spells.what >= 0))
        size, cell = self.cut.size, spells.what[held]
        up, down = begins[held] * size + cell, ends[held] * size + cell
        rows = (len(closes) + 1) * size
        if amount is None:
            steps = np.bincount(up, minlength=rows) - np.bincount(down, minlength=rows)
        else:
            steps = np.zeros(rows, np.int64)
            np.add.at(steps, up, amount[held])
            np.subtract.at(steps, down, amount[held])
        return np.cumsum(steps.reshape(len(closes) + 1, size)[:-1], axis=0)

    def opening(self, spells: Spells, amount: Ints | None = None) -> Ints:
        """As `standing`, at the close of the day before each period."""
        return self.standing(spells, amount, self.periods.first - 1)

    def opened(self, spells: Spells, until: Ints) -> Ints:
        """Spells that hold the opening of the period in which each one's day `until` lies."""
        period, inside = self.periods.index(until)
        opening = self.periods.first[period] - 1
        held = inside & (spells.start <= opening) & (opening <= spells.end) & (spells.what >= 0)
        return self.count(np.where(held, period * self.cut.size + spells.what, -1))

    def days(self, spells: Spells) -> Ints:
        """Days of the spells that fall in each period; `what` is the cell."""
        spells = spells.where(spells.what >= 0)
        upto = self._days_upto(spells.start, spells.what) - self._days_upto(spells.end + 1, spells.what)
        return np.diff(upto, axis=0)

    def _days_upto(self, start: Ints, cell: Ints) -> Ints:
        """Days from each start to each bound (both included), summed by cell; shape bounds × cells."""
        bounds = self.periods.bounds
        begun = np.zeros((len(bounds) + 1, self.cut.size), np.int64)
        day_sum = np.zeros_like(begun)
        bucket = np.searchsorted(bounds, start)
        np.add.at(begun, (bucket, cell), 1)
        np.add.at(day_sum, (bucket, cell), start)
        upto = (bounds[:, None] + 1) * np.cumsum(begun[:-1], axis=0) - np.cumsum(day_sum[:-1], axis=0)
        return upto

    def met(self, *sets: Spells) -> Ints:
        """Distinct members with a spell that touches the period; `what` is the cell.

        Spells of a set are united, and those of a member overlap in none.
        """
        found = [self._touching(spells) for spells in sets]
        pairs, alone = (list(one) for one in zip(*found, strict=True))
        return self.members(distinct(np.concatenate(pairs)), sum(alone, self.zeros))

    def _touching(self, spells: Spells) -> tuple[Ints, Ints]:
        """Pairs of position and member of those with a spell that begins within the period, and how many
        others there are: whoever begins none after its first day is met in the cell of that day alone."""
        spells = spells.where(spells.what >= 0)
        first, size = self.periods.first, self.cut.size
        period, inside = self.periods.index(spells.start)
        begun = np.flatnonzero(inside & (spells.start > first[period]))
        moved, moved_in = parts(distinct(moment(spells.member[begun], period[begun])))
        before = spells.holding(moved, first[moved_in])
        on_first = np.where(before >= 0, moved_in * size + value_at(before, spells.what, -1), -1)
        place = np.concatenate([period[begun] * size + spells.what[begun], on_first])
        pairs = self.pairs(place, np.concatenate([spells.member[begun], moved]))
        return pairs, self.standing(spells, closes=first) - self.count(on_first)


def days_within(spells: Spells, days: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Each spell on each of the ascending days that it holds, some days at a time: spells, days."""
    at_a_time = max(BLOCK_CELLS // max(len(spells), 1), 1)
    for begin in range(0, len(days), at_a_time):
        some = days[begin : begin + at_a_time]
        spell, place = spells.on(some)
        yield spell, some[place].astype(np.int64)
