"""What was counted of each label of a slice: a filter by one label, or a cut by the slice, is read off it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.periods import Periods

Span = tuple[int, int, int]  # the first and the last day of a period, and the first of the one before


@dataclass(frozen=True, slots=True)
class CountedSlices:
    """By slice and period the columns that were counted of each label."""

    _rows: dict[tuple[str, Span], dict[str, Ints]] = field(default_factory=dict)

    def keep(self, name: str, periods: Periods, columns: Mapping[str, Ints]) -> None:
        """Keep columns on the grid of those periods, cut by that slice alone."""
        for place, span in enumerate(_spans(periods)):
            row = {column: counts[place] for column, counts in columns.items()}
            self._rows.setdefault((name, span), {}).update(row)

    def told(self, columns: Collection[str], grid: Grid) -> dict[str, Ints] | None:
        """Columns on a grid that one slice alone cuts or filters; None where they were not counted."""
        if (asked := _one_slice(grid.cut)) is None:
            return None
        name, labels = asked
        rows = [self._rows.get((name, span), {}) for span in _spans(grid.periods)]
        if not all(column in row for row in rows for column in columns):
            return None
        return {column: np.array([row[column][labels] for row in rows]) for column in columns}


def _one_slice(cut: Cut) -> tuple[str, Ints] | None:
    """The slice by which alone is cut or filtered, and the places of the labels that are told apart."""
    if len(cut.by) == 1 and not cut.accepted:
        return cut.by[0], np.arange(cut.size)
    if cut.by or len(cut.accepted) != 1:
        return None
    ((name, among),) = cut.accepted.items()
    labels = np.flatnonzero(among)
    # Of several labels together, who is of both counts once.
    return (name, labels) if len(labels) == 1 else None


def _spans(periods: Periods) -> Iterator[Span]:
    before = periods.preceding().first
    return zip(periods.first.tolist(), periods.last.tolist(), before.tolist(), strict=True)
