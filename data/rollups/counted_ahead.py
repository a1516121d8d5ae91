"""What was counted ahead of members by where they are over time: any filter by that is added up from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from data.rollups.combinations import Alike
from data.rollups.rolled_members import nobody
from data.rollups.ways import Ways
from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.periods import Periods

TIER, LASTING = "member_tier", ("member_region", "member_channel", "member_store")
MOST_LABELS = 16
# Told of members as known at a close, however long the period is.
AT_CLOSES = frozenset({"buyers_in_year", "repeat_buyers_in_year", "first_buyers", "first_buyers_again"})
# Told of a period beside the one before.
BESIDE_BEFORE = frozenset({"previous_buyers", "previous_buyers_again"})
# A member is at one place on a day: what is told of days adds up over places.
OF_DAYS = frozenset({"visits", "first_buyers", "first_buyers_again"})
Span = tuple[int, ...]  # the last day of a period, the first one, and the first of the one before


@dataclass(frozen=True)
class CutByPlace(Cut):
    """A cell for each place; `place` is that of each combination that rows are alike in."""

    place: Ints

    @property
    def size(self) -> int:
        return int(self.place.max(initial=0)) + 1

    def counted(self, rows: Ints, member: Ints, number: Ints) -> tuple[Ints, Ints]:
        """Those of the rows that are counted, each once for every cell that it is in, and that cell."""
        return rows, self.place[number[rows]]


@dataclass(frozen=True)
class CutByWay(CutByPlace):
    """A cell for each set of places of a way: a row is in all those of its member's that hold its place."""

    ways: Ways

    @property
    def size(self) -> int:
        return self.ways.sets

    def counted(self, rows: Ints, member: Ints, number: Ints) -> tuple[Ints, Ints]:
        at, cell = self.ways.sets_with(member[rows], self.place[number[rows]])
        return rows[at], cell


@dataclass(frozen=True, slots=True)
class CountedAhead:
    """Columns by period at each place, or set of places of a way; `places` are of what rows are alike in.

    Whatever filters let pass, of a way it is a set of places; what its members do elsewhere does not count.
    """

    places: Alike
    ways: Ways
    _counts: dict[tuple[str, Span], Ints] = field(default_factory=dict)

    def cut(self, column: str) -> CutByPlace:
        """The cut that a column is counted in."""
        if column in OF_DAYS:
            return CutByPlace(nobody(0), (), {}, {}, self.places.number)
        return CutByWay(nobody(0), (), {}, {}, self.places.number, self.ways)

    def keep(self, periods: Periods, columns: Mapping[str, Ints]) -> None:
        """Keep columns on the grid of those periods and the cut."""
        for column, counts in columns.items():
            for place, span in enumerate(_spans(column, periods)):
                self._counts[column, span] = in_short(counts[place])

    def has(self, column: str, periods: Periods) -> bool:
        """Whether a column was counted in all of those periods."""
        return all((column, span) in self._counts for span in _spans(column, periods))

    def told(self, columns: Collection[str], grid: Grid) -> dict[str, Ints] | None:
        """Columns on a grid; None where they were not counted."""
        codes = self.places.codes
        if not grid.cut.slices <= codes.keys() or not all(self.has(one, grid.periods) for one in columns):
            return None
        cell = grid.cut.cells_of(self.places.kinds, {name: codes[name] for name in grid.cut.slices})
        inside = np.flatnonzero(cell >= 0)
        by_place, by_way = (inside, cell[inside]), self.ways.sets_inside(cell)

        def added_up(column: str) -> Ints:
            at, into = by_place if column in OF_DAYS else by_way
            counts = grid.zeros
            for place, span in enumerate(_spans(column, grid.periods)):
                np.add.at(counts[place], into, self._counts[column, span][at])
            return counts

        return {column: added_up(column) for column in columns}


def lasting(labels: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The slices that tell places apart: tiers, and as far as they have few labels."""
    return (TIER, *(name for name in LASTING if len(labels[name]) <= MOST_LABELS))


def _spans(column: str, periods: Periods) -> Iterator[Span]:
    """What a column depends on in each of the periods."""
    told = [periods.last]
    if column not in AT_CLOSES:
        told.append(periods.first)
    if column in BESIDE_BEFORE:
        told.append(periods.preceding().first)
    return zip(*(days.tolist() for days in told), strict=True)
