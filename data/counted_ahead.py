"""What was counted ahead of members by what they are: any cut and filter by that is added up from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from data.rolled_members import nobody
from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.periods import Periods

LASTING = ("member_region", "member_channel", "member_store")  # as far as they tell few labels apart
MOST_LABELS = 16
TIER = "member_tier"
Span = tuple[int, int, int]  # the first and the last day of a period, and the first of the one before


@dataclass(frozen=True, slots=True)
class CountedAhead:
    """Columns by period and tier (its code, -1 where unknown; None for all together), at each cell of a cut
    by slices that hardly ever change. They are of members who stay in one such cell."""

    labels: Mapping[str, tuple[str, ...]]
    _rows: dict[tuple[int | None, Span], dict[str, Ints]] = field(default_factory=dict)

    @property
    def lasting(self) -> tuple[str, ...]:
        """The slices that hardly ever change."""
        return tuple(name for name in LASTING if len(self.labels[name]) <= MOST_LABELS)

    @property
    def tiers(self) -> list[int | None]:
        """What is counted apart."""
        return [None, *range(-1, len(self.labels[TIER]))]

    def cut(self, tier: int | None) -> Cut:
        """The cut that is counted of a tier."""
        among = np.arange(-1, len(self.labels[TIER])) == tier
        labels = {name: self.labels[name] for name in (*self.lasting, TIER)}
        return Cut(nobody(0), self.lasting, labels, {} if tier is None else {TIER: among})

    def keep(self, tier: int | None, periods: Periods, columns: Mapping[str, Ints]) -> None:
        """Keep columns on the grid of those periods and the cut of that tier."""
        for place, span in enumerate(_spans(periods)):
            row = {column: counts[place] for column, counts in columns.items()}
            self._rows.setdefault((tier, span), {}).update(row)

    def told(self, columns: Collection[str], grid: Grid) -> dict[str, Ints] | None:
        """Columns on a grid; None where they were not counted."""
        tiers, spans = self._tiers_of(grid.cut), list(_spans(grid.periods))
        rows = [[self._rows.get((tier, span), {}) for span in spans] for tier in tiers]
        if not tiers or not all(row.keys() >= set(columns) for some in rows for row in some):
            return None
        cells = [self._cells(grid.cut, tier) for tier in tiers]

        def added_up(column: str) -> Ints:
            counts = grid.zeros
            for cell, some in zip(cells, rows, strict=True):
                inside = np.flatnonzero(cell >= 0)
                for place, row in enumerate(some):
                    np.add.at(counts[place], cell[inside], row[column][inside])
            return counts

        return {column: added_up(column) for column in columns}

    def _tiers_of(self, cut: Cut) -> list[int | None]:
        """The tiers whose counts make up those of a cut; none where it asks for more than what is counted."""
        if not cut.slices <= {*self.lasting, TIER}:
            return []
        if TIER not in cut.slices:
            return [None]
        accepted = cut.accepted.get(TIER, np.ones(len(self.labels[TIER]) + 1, bool))
        among: list[int | None] = list(np.flatnonzero(accepted) - 1)
        # Of several tiers together, who was in both counts once.
        return among if TIER in cut.by or len(among) == 1 else []

    def _cells(self, cut: Cut, tier: int | None) -> Ints:
        """The cell in a cut of each of the cells that were counted of a tier."""
        sizes = [len(self.labels[name]) + 1 for name in self.lasting]
        size = int(np.prod(sizes, dtype=np.int64))
        codes = dict(zip(self.lasting, np.unravel_index(np.arange(size), sizes or [1]), strict=False))
        own = {name: code - 1 for name, code in codes.items() if name in cut.slices}
        return cut.cells_of(size, own if tier is None else own | {TIER: np.full(size, tier)})


def _spans(periods: Periods) -> Iterator[Span]:
    before = periods.preceding().first
    return zip(periods.first.tolist(), periods.last.tolist(), before.tolist(), strict=True)
