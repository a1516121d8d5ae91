"""What was asked of everybody, kept so that it can be told of those whom any filter lets pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from data.rollups.rolled import Rollups, finest_rolled
from data.rollups.rolled_members import nobody, remember
from loyalty_core.counting.condensed import condensed, united
from loyalty_core.counting.cuts import ACCOUNT, cut_among
from loyalty_core.counting.families import FactFamily, families_for
from loyalty_core.counting.finest import slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.recombined import CodedFacts, CodedRows, follows_from_finest

FILTERS = ("member_region", "member_channel", "member_store", "member_tier")
Days = tuple[tuple[int, ...], tuple[int, ...]]  # the first and the last of each period
Source = str | Days  # the step of periods that are rolled up, or those that were counted
Question = tuple[Source, tuple[str, ...]]  # and the slices
QUESTIONS_NOTED = 1024


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
    """What roll-ups, or counts of other days, tell of the questions asked, by the slices of filters."""

    rolled: Rollups
    counted: Mapping[Days, CodedFacts]
    _asked: dict[Question, Asked] = field(default_factory=dict)
    _kept: dict[Question, tuple[Asked, CodedFacts]] = field(default_factory=dict)

    def note(self, source: Source, grid: Grid, columns: Collection[str]) -> None:
        """Remember that this was asked."""
        question = source, grid.cut.by
        asked = self._asked.get(question, Asked()) | _asked(grid, columns)
        remember(self._asked, question, asked, QUESTIONS_NOTED)

    @property
    def asked(self) -> Mapping[Question, Asked]:
        """What was asked so far."""
        return dict(self._asked)

    def note_all(self, questions: Mapping[Question, Asked]) -> None:
        """Remember that these were asked, elsewhere."""
        self._asked.update(questions)

    def told(self, source: Source, grid: Grid, columns: Collection[str]) -> CodedFacts | None:
        """The rows from which the columns on the grid follow; None where they are not kept."""
        kept, facts = self._kept.get((source, grid.cut.by), (Asked(), None))
        by_filters = grid.cut.accepted.keys() <= set(FILTERS)
        return facts if by_filters and _asked(grid, columns) <= kept else None

    def keep(self) -> None:
        """Keep what was asked until now and is not kept yet."""
        for question, asked in list(self._asked.items()):
            source, by = question
            is_counted = isinstance(source, str) or source in self.counted
            if is_counted and not asked <= self._kept.get(question, (Asked(), None))[0]:
                self._kept[question] = asked, self._condensed(source, by, asked)

    def _condensed(self, source: Source, by: tuple[str, ...], asked: Asked) -> CodedFacts:
        cut = cut_among(nobody(0), self.rolled.labels, (*by, *FILTERS))
        families = [one for one in families_for(cut, asked.columns) if follows_from_finest(one, cut)]

        def less(facts: CodedFacts) -> CodedFacts:
            return condensed(facts, by, {*FILTERS, ACCOUNT})

        if not isinstance(source, str):
            return less(_only(self.counted[source], families, asked.columns))
        span, parts = (min(asked.ends), max(asked.ends)), self.rolled.by_parts()
        found = [less(finest_rolled(part, source, span, cut, families, asked.columns)) for part in parts]
        return less(united(found))


def _only(facts: CodedFacts, families: Iterable[FactFamily], columns: Collection[str]) -> CodedFacts:
    """What families are counted in, and those columns alone."""
    found = CodedFacts(facts.labels)
    for slices in dict.fromkeys(map(slices_of, families)):
        rows, kept = facts.rows[slices], facts.kept[slices]
        numbers = {name: numbers for name, numbers in rows.numbers.items() if name in columns}
        found.rows[slices] = CodedRows(rows.end, rows.codes, numbers)
        found.kept[slices] = {column: kept[column] for column in kept.keys() & set(columns)}
    return found


def _asked(grid: Grid, columns: Collection[str]) -> Asked:
    return Asked(frozenset(grid.periods.last.tolist()), frozenset(columns))
