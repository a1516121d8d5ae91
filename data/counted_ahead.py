"""What was counted ahead of members by where they are over time: any filter by that is added up from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from data.combinations import Alike
from data.rolled_members import nobody
from data.ways import Ways
from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.periods import Periods

TIER, LASTING = "member_tier", ("member_region", "member_channel", "member_store")
MOST_LABELS = 16
# Told of members as known at a close, however long the period is.
AT_CLOSES = frozenset({"buyers_in_year", "repeat_buyers_in_year", "first_buyers", "first_buyers_again"})
Span = tuple[int, ...]  # the last day of a period, the first one, and the first of the one before


@dataclass(frozen=True)
class CutByWay(Cut):
    """A cell for each set of places of a way: a row is in all those of its member's that hold its place."""

    ways: Ways
    place: Ints  # of each combination that rows are alike in

    @property
    def size(self) -> int:
        return self.ways.sets

    def sets_of(self, rows: Ints, member: Ints, number: Ints) -> tuple[Ints, Ints]:
        """Those of the rows that are counted, each once for every cell that it is in, and that cell."""
        at, cell = self.ways.sets_with(member[rows], self.place[number[rows]])
        return rows[at], cell


@dataclass(frozen=True, slots=True)
class CountedAhead:
    """Columns by period at each set of places of a way; `places` are those of what rows are alike in.

    Whatever filters let pass, of a way it is a set of places; what its members do elsewhere does not count.
    """

    places: Alike
    ways: Ways
    _counts: dict[tuple[str, Span], Ints] = field(default_factory=dict)

    @property
    def cut(self) -> CutByWay:
        """The cut that is counted."""
        return CutByWay(nobody(0), (), {}, {}, self.ways, self.places.number)

    def keep(self, periods: Periods, columns: Mapping[str, Ints]) -> None:
        """Keep columns on the grid of those periods and the cut."""
        for column, counts in columns.items():
            for place, span in enumerate(_spans(column, periods)):
                self._counts[column, span] = in_short(counts[place])

    def has(self, column: str, periods: Periods) -> bool:
        """Whether a column was counted in all of those periods."""
        return all((column, span) in self._counts for span in _spans(column, periods))

    def told(self, columns: Collection[str], grid: Grid) -> dict[str, Ints] | None:
        """Columns on a grid, members on rare ways left out; None where they were not counted."""
        codes = self.places.codes
        if not grid.cut.slices <= codes.keys() or not all(self.has(one, grid.periods) for one in columns):
            return None
        of_cut = {name: codes[name] for name in grid.cut.slices}
        inside, cell = self.ways.sets_inside(grid.cut.cells_of(self.places.kinds, of_cut))

        def added_up(column: str) -> Ints:
            counts = grid.zeros
            for place, span in enumerate(_spans(column, grid.periods)):
                np.add.at(counts[place], cell, self._counts[column, span][inside])
            return counts

        return {column: added_up(column) for column in columns}


def lasting(labels: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The slices that tell places apart: tiers, and as far as they have few labels."""
    return (TIER, *(name for name in LASTING if len(labels[name]) <= MOST_LABELS))


def _spans(column: str, periods: Periods) -> Iterator[Span]:
    """What a column depends on in each of the periods."""
    if column in AT_CLOSES:
        return zip(periods.last.tolist())
    before = periods.preceding().first
    return zip(periods.last.tolist(), periods.first.tolist(), before.tolist(), strict=True)
