"""The grid that counts at the finest cut: what grids of one cut share, and members found in several cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.grid import Grid, Prepared
from loyalty_core.timeline import moment


@dataclass(frozen=True, slots=True)
class Shared:
    """What grids of one cut have in common: the last day they count to, and what is prepared for all."""

    last_day: int
    prepared: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinestGrid(Grid):
    """A grid that notes which members it found in several cells of one period."""

    shared: Shared
    several: list[tuple[Ints, Ints]] = field(default_factory=list)  # counts, and the pairs left out of them

    def __post_init__(self) -> None:
        """Any number of rows: blocks of periods keep them few."""

    @property
    def last_day(self) -> int:
        return self.shared.last_day

    def once(self, what: str, prepare: Callable[[], Prepared]) -> Prepared:
        if what not in self.shared.prepared:
            self.shared.prepared[what] = prepare()
        found: Prepared = self.shared.prepared[what]
        return found

    def members(self, pairs: Ints, alone: Ints | None = None) -> Ints:
        place, member = np.divmod(pairs, max(len(self.cut.history.members), 1))
        in_one = _alone(place // max(self.cut.size, 1), member)
        counts = self.count(place[in_one]) + (0 if alone is None else alone)
        self.several.append((counts, pairs[~in_one]))
        return counts

    def found_in_several(self, column: Ints) -> Ints:
        """The pairs of position and member that are not in the counts of that column."""
        for counts, pairs in self.several:
            if counts is column:
                return pairs
        return np.zeros(0, np.int64)


def _alone(period: Ints, member: Ints) -> Flags:
    """Rows whose member has no other row in the period."""
    key = moment(period, member)
    order = np.argsort(key)
    again = np.diff(key[order]) == 0
    alone = np.ones(len(order), bool)
    alone[order[1:][again]] = False
    alone[order[:-1][again]] = False
    return alone
