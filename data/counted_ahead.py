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
Span = tuple[int, int, int]  # the first and the last day of a period, and the first of the one before


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
    _rows: dict[Span, dict[str, Ints]] = field(default_factory=dict)

    @property
    def cut(self) -> CutByWay:
        """The cut that is counted."""
        return CutByWay(nobody(0), (), {}, {}, self.ways, self.places.number)

    def keep(self, periods: Periods, columns: Mapping[str, Ints]) -> None:
        """Keep columns on the grid of those periods and the cut."""
        for place, span in enumerate(_spans(periods)):
            row = {column: in_short(counts[place]) for column, counts in columns.items()}
            self._rows.setdefault(span, {}).update(row)

    def told(self, columns: Collection[str], grid: Grid) -> dict[str, Ints] | None:
        """Columns on a grid, members on rare ways left out; None where they were not counted."""
        rows, codes = [self._rows.get(span, {}) for span in _spans(grid.periods)], self.places.codes
        if not grid.cut.slices <= codes.keys() or not all(row.keys() >= set(columns) for row in rows):
            return None
        of_cut = {name: codes[name] for name in grid.cut.slices}
        inside, cell = self.ways.sets_inside(grid.cut.cells_of(self.places.kinds, of_cut))

        def added_up(column: str) -> Ints:
            counts = grid.zeros
            for place, row in enumerate(rows):
                np.add.at(counts[place], cell, row[column][inside])
            return counts

        return {column: added_up(column) for column in columns}


def lasting(labels: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The slices that tell places apart: tiers, and as far as they have few labels."""
    return (TIER, *(name for name in LASTING if len(labels[name]) <= MOST_LABELS))


def _spans(periods: Periods) -> Iterator[Span]:
    before = periods.preceding().first
    return zip(periods.first.tolist(), periods.last.tolist(), before.tolist(), strict=True)
