"""The grid that facts are counted on: periods × cells, whole numbers that add up over disjoint members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loyalty_core.counting.cuts import Cut
from loyalty_core.errors import InputError
from loyalty_core.history import Flags, Ints
from loyalty_core.periods import Periods
from loyalty_core.timeline import Spells, distinct

MOST_ROWS = 2_000_000
BLOCK_CELLS = 4_000_000  # members × closes held in memory at a time


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

    def in_blocks(self, facts: Callable[[Grid], dict[str, Ints]]) -> dict[str, Ints]:
        """The facts counted a few periods at a time, since they look at every member at every close."""
        most = max(BLOCK_CELLS // max(len(self.cut.history.members), 1), 1)
        blocks = [facts(Grid(periods, self.cut)) for periods in self.periods.blocks(most)]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

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

    def members(self, pairs: Ints) -> Ints:
        """Number of distinct members at each position."""
        return self.count(pairs // max(len(self.cut.history.members), 1))

    def stock(self, flags: Flags, cells: Ints) -> Ints:
        """Members flagged at each close, by cell then; both arrays are members × closes."""
        place = np.flatnonzero(flags)
        cell, period = cells.ravel()[place], place % len(self.periods)
        return self.count(np.where(cell >= 0, cell + period * self.cut.size, -1))

    def worth(self, amount: Ints, cells: Ints) -> Ints:
        """Sum of an amount of members at each close, by cell then; both arrays are members × closes."""
        period = np.arange(len(self.periods)) * self.cut.size
        return self.total(np.where(cells >= 0, cells + period, -1).ravel(), amount.ravel())

    def standing(self, spells: Spells) -> Ints:
        """Spells that hold the last day of each period; `what` is the cell."""
        spells = spells.where(spells.what >= 0)
        steps = np.zeros((len(self.periods) + 1, self.cut.size), np.int64)
        begins = np.searchsorted(self.periods.last, spells.start, side="left")
        ends = np.searchsorted(self.periods.last, spells.end, side="right")
        np.add.at(steps, (begins, spells.what), 1)
        np.add.at(steps, (ends, spells.what), -1)
        return np.cumsum(steps[:-1], axis=0)

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

    def met(self, spells: Spells) -> Ints:
        """Distinct members with a spell that touches the period; `what` is the cell."""
        spells = spells.where(spells.what >= 0).clipped(self.periods.first[0], self.periods.last[-1])
        begins, _ = self.periods.index(spells.start)
        ends, _ = self.periods.index(spells.end)
        return self.members(self.pairs(*self.each(spells, begins, ends + 1)))

    def each(self, spells: Spells, begins: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Position and member of each spell in every period from `begins` to before `ends`."""
        touched = ends - begins
        spell = np.repeat(np.arange(len(spells)), touched)
        period = begins[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(touched) - touched, touched)
        return period * self.cut.size + spells.what[spell], spells.member[spell]
