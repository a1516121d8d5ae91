"""What was asked of everybody, kept so that it can be told of those whom any filter lets pass."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from data.rolled import Rollups, finest_rolled
from data.rolled_members import nobody
from loyalty_core.counting.condensed import condensed, united
from loyalty_core.counting.cuts import ACCOUNT, cut_among
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import families_for
from loyalty_core.counting.recombined import CodedFacts, follows_from_finest

FILTERS = ("member_region", "member_channel", "member_store", "member_tier")
Question = tuple[str, tuple[str, ...]]  # the step of the periods, and the slices


@dataclass(frozen=True, slots=True)
class Asked:
    """Of a question the last days of its periods and the columns that were asked for."""

    ends: frozenset[int] = frozenset()
    columns: frozenset[str] = frozenset()

    def __or__(self, other: Asked) -> Asked:
        return Asked(self.ends | other.ends, self.columns | other.columns)

    def __le__(self, other: Asked) -> bool:
        return self.ends <= other.ends and self.columns <= other.columns


@dataclass(frozen=True, slots=True)
class CondensedFacts:
    """What roll-ups tell of the questions that were asked, by the slices of filters."""

    rolled: Rollups
    _asked: dict[Question, Asked] = field(default_factory=dict)
    _kept: dict[Question, tuple[Asked, CodedFacts]] = field(default_factory=dict)

    def note(self, step: str, grid: Grid, columns: Collection[str]) -> None:
        """Remember that this was asked."""
        question = step, grid.cut.by
        self._asked[question] = self._asked.get(question, Asked()) | _asked(grid, columns)

    def told(self, step: str, grid: Grid, columns: Collection[str]) -> CodedFacts | None:
        """The rows from which the columns on the grid follow; None where they are not kept."""
        kept, facts = self._kept.get((step, grid.cut.by), (Asked(), None))
        by_filters = grid.cut.accepted.keys() <= set(FILTERS)
        return facts if by_filters and _asked(grid, columns) <= kept else None

    def keep(self) -> None:
        """Keep what was asked until now."""
        for (step, by), asked in list(self._asked.items()):
            self._kept[step, by] = asked, self._condensed(step, by, asked)

    def _condensed(self, step: str, by: tuple[str, ...], asked: Asked) -> CodedFacts:
        cut = cut_among(nobody(0), self.rolled.labels, (*by, *FILTERS))
        families = [one for one in families_for(cut, asked.columns) if follows_from_finest(one, cut)]
        span = min(asked.ends), max(asked.ends)

        def less(facts: CodedFacts) -> CodedFacts:
            return condensed(facts, by, {*FILTERS, ACCOUNT})

        parts = self.rolled.by_parts()
        found = [less(finest_rolled(part, step, span, cut, families, asked.columns)) for part in parts]
        return less(united(found))


def _asked(grid: Grid, columns: Collection[str]) -> Asked:
    return Asked(frozenset(grid.periods.last.tolist()), frozenset(columns))
