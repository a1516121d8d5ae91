"""Period facts from the roll-ups of a snapshot; what they do not hold is counted from the facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from threading import RLock
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from data.elsewhere import elsewhere
from data.live import live_history
from data.rollup_tables import (
    MEMBER_MONTHS,
    ROLLED_SLICES,
)
from data.rollups.condensed_facts import CondensedFacts, Days, Source
from data.rollups.in_parts import (
    finest_and_found,
    finest_in_parts,
    finest_of_parts,
    of_each_part,
    rows_in_parts,
)
from data.rollups.kept_portraits import KeptPortraits
from data.rollups.rolled import Labels, Rollups, finest_rolled, first_day_of, rollups_of
from data.rollups.rolled_dealings import RolledDealings, rolled_dealings, told_by_dealings
from data.rollups.rolled_lots import RolledLots, rolled_lots
from data.rollups.rolled_members import RolledMembers, nobody, remember, rolled_members
from data.snapshots import Snapshot
from data.turns import TURN
from loyalty_core.arrays import Ints
from loyalty_core.counting.business_facts import deferred_by
from loyalty_core.counting.cohorts import (
    COHORT_SLICES,
    EARN_MONTH,
    LOT_SLICES,
)
from loyalty_core.counting.cuts import (
    ACCOUNT,
    CAMPAIGN,
    Cut,
    cut,
    cut_among,
    known_slice,
    slice_labels,
)
from loyalty_core.counting.families import FAMILIES, FactFamily, families_for
from loyalty_core.counting.finest import slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_months import member_months
from loyalty_core.counting.period_facts import counted, facts_frame, period_facts
from loyalty_core.counting.recombined import (
    CodedFacts,
    follows_from_finest,
    recombined,
)
from loyalty_core.history import History
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.months import month_of
from loyalty_core.offer_tables import OFFER_COLUMNS, offers_from_frames
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

OF_LOTS = frozenset({"lot_points_issued"})  # of the family that is counted from lots
DEFERRED = frozenset({"deferred_balance"})  # of the one that is counted from lots and what members spent
KNOWN_SLICES = frozenset(ROLLED_SLICES) | LOT_SLICES | COHORT_SLICES
Filters = Mapping[str, Sequence[str]]
SPANS_REMEMBERED = 32  # more than have a name, so that days of somebody's own leave these alone for a while
Found = TypeVar("Found")


class SnapshotFacts:
    """The period facts of a snapshot under a programme: from its roll-ups where they tell, to the unit what
    counting its facts gives, which are read when they are first needed."""

    def __init__(self, snapshot: Snapshot, programme: Programme) -> None:
        self.snapshot, self.programme = snapshot, programme
        self.by_crowd: dict[Hashable, pd.DataFrame] = {}  # what `data.standing` keeps
        self.portrayed: dict[int, pd.DataFrame] = {}  # and `data.portrayed`
        self.in_segments: dict[Hashable, Any] = {}  # and `data.segmented`
        self.answers: dict[Hashable, Any] = {}  # and `data.kept_answers`
        self._standing: dict[int, pd.DataFrame] = {}
        self._in_parts: dict[Days, CodedFacts] = {}
        self.counting = RLock()  # who asks for what is just being counted waits for that

    def __getstate__(self) -> dict[str, Any]:
        """All that was found out so far; it can be laid down for others to go on with."""
        return {name: value for name, value in vars(self).items() if name != "counting"}

    def __setstate__(self, found: dict[str, Any]) -> None:
        self.counting = RLock()
        vars(self).update(found)

    def take_up(self, other: SnapshotFacts) -> None:
        """Go on with all that others found out of the same snapshot, in place of what was found here; what
        they do not know yet is kept beside it."""
        for name, found in other.__getstate__().items():
            if isinstance(found, dict):
                for question, answer in list(vars(self).get(name, {}).items()):
                    found.setdefault(question, answer)
            vars(self)[name] = found

    @cached_property
    def rollups(self) -> Rollups | None:
        """What is rolled up under the programme."""
        return rollups_of(self.snapshot, self.programme)

    @cached_property
    def condensed(self) -> CondensedFacts:
        """What was asked of everybody and is kept for filters."""
        assert self.rollups is not None
        return CondensedFacts(self.rollups, self._in_parts)

    @cached_property
    def lots(self) -> RolledLots:
        """The lots that are rolled up; what they need of memory is kept from then on."""
        assert self.rollups is not None
        return rolled_lots(self.rollups, self.members)

    @cached_property
    def members(self) -> RolledMembers:
        """The members as they are rolled up; kept, too."""
        assert self.rollups is not None
        return rolled_members(self.rollups)

    @cached_property
    def dealings(self) -> RolledDealings:
        """The dealings that are rolled up; kept, too."""
        assert self.rollups is not None
        return rolled_dealings(self.rollups, self.members)

    @cached_property
    def history(self) -> History:
        """All that happened; reading it takes a while, and much memory, where that is much."""
        return live_history(self.snapshot, self.programme)

    @cached_property
    def portraits(self) -> KeptPortraits:
        """The members as known at closes, where they are few enough to keep."""
        return KeptPortraits(self.history, self.programme)

    @cached_property
    def is_large(self) -> bool:
        """Whether members are so many that what is not rolled up is counted a part of them at a time."""
        return self.rollups is not None and len(self.rollups.members) > 1

    def of_each_part(self, look: Callable[[History], Found]) -> list[Found]:
        """What is found in what happened: of many members in that of one part of them after the other, by
        another process, for which `look` can be pickled."""
        if self.is_large:
            return elsewhere(of_each_part, self.snapshot, self.programme, look)
        return [look(self.history)]

    def standing(self, day: int) -> pd.DataFrame:
        """The `member_months` of the one day; counted, and kept."""
        if day not in self._standing:
            with self.counting:
                if day not in self._standing:
                    days = Periods(np.array([day]), np.array([day]), day - 1)
                    counted = partial(member_months, programme=self.programme, periods=days)
                    remember(self._standing, day, self._standing_counted(counted))
        return self._standing[day]

    def _standing_counted(self, counted: Callable[[History], pd.DataFrame]) -> pd.DataFrame:
        if self.is_large:
            return elsewhere(rows_in_parts, self.snapshot, self.programme, MEMBER_MONTHS, counted)
        return counted(self.history)

    def expect(self, asked: Sequence[Periods]) -> None:
        """Count at one go what is going to be asked of those periods, as far as no roll-up has it; from then
        on any filter of them is added up from it."""
        if self.rollups is not None:
            self._count(self._not_rolled_up(asked))

    def has_counted(self, asked: Sequence[Periods]) -> bool:
        """Whether nothing is left to count, of many members, of what no roll-up has of those periods."""
        return not self.is_large or not self._missing(self._not_rolled_up(asked))

    def look_through(self, asked: Sequence[Periods], look: Callable[[History], Found]) -> list[Found]:
        """As `expect` and `of_each_part`, of many members: at one go, for which `counting` is held."""
        assert self.rollups is not None
        missing = self._missing(self._not_rolled_up(asked))
        given = (self.snapshot, self.programme, self.rollups.labels, list(missing.values()), look)
        counted, found = elsewhere(finest_and_found, *given)
        self._remember(missing, counted)
        return found

    def _not_rolled_up(self, asked: Sequence[Periods]) -> list[Periods]:
        assert self.rollups is not None
        return [one for one in asked if self.rollups.step_of(one) is None]

    def _count(self, asked: Sequence[Periods]) -> None:
        assert self.rollups is not None
        if not self._missing(asked):
            return  # nobody waits for what others ask
        with self.counting:
            if missing := self._missing(asked):
                self._remember(missing, self._finest(self.rollups.labels, list(missing.values())))

    def count(self, asked: Sequence[Periods], parts: Collection[History]) -> None:
        """As `expect`, from what happened to one part of the members after the other."""
        assert self.rollups is not None
        missing = self._missing(self._not_rolled_up(asked))
        found = finest_in_parts(parts, self.programme, self.rollups.labels, list(missing.values()))
        self._remember(missing, found)

    def _missing(self, asked: Sequence[Periods]) -> dict[Days, Periods]:
        return {days: one for one in asked if (days := _days(one)) not in self._in_parts}

    def _remember(self, spans: Iterable[Days], found: Iterable[CodedFacts]) -> None:
        for days, facts in zip(spans, found, strict=True):
            remember(self._in_parts, days, facts, SPANS_REMEMBERED)

    def _finest(self, labels: Labels, asked: Sequence[Periods]) -> list[CodedFacts]:
        if self.is_large:
            return elsewhere(finest_of_parts, self.snapshot, self.programme, labels, asked)
        return finest_in_parts([self.history], self.programme, labels, asked)

    @cached_property
    def campaigns(self) -> History:
        """The campaigns as they are rolled up, and nothing that any member did."""
        assert self.rollups is not None
        columns = ", ".join(OFFER_COLUMNS["campaigns"])
        rows = self.snapshot.query(f"SELECT {columns} FROM campaigns").set_index("campaign_id")
        frames = {"campaigns": rows.reindex(self.rollups.labels[CAMPAIGN]).reset_index()}
        return replace(
            nobody(0), offers=offers_from_frames(frames, pd.Index([], dtype="str"), self.programme, {})
        )

    @cached_property
    def days(self) -> tuple[int, int] | None:
        """The first day on which anything happened, and the last with an event; None without one."""
        if self.rollups:
            return self.rollups.first_day, self.rollups.as_of
        first, last = first_day(self.history), as_of(self.history)
        return None if first is None or last is None else (first, last)

    def labels(self, name: str) -> tuple[str, ...]:
        """The labels of a slice."""
        if self.rollups and known_slice(name) in KNOWN_SLICES:
            return self.rollups.labels[name]
        return slice_labels(self.history, self.programme, name)

    def of(
        self,
        periods: Periods,
        by: Sequence[str] = (),
        where: Filters | None = None,
        columns: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """As `period_facts` of the history; without `by` of a family that is rolled up just those columns."""
        told, programme = self.rollups, self.programme
        known = _knows([*by, *(where or {})])
        step = told.step_of(periods) if told and known else None
        is_counted = self.is_large or (known and _days(periods) in self._in_parts)
        if told is None or (step is None and not is_counted):
            return period_facts(self.history, programme, periods, by, where, columns)
        grid = Grid(periods, cut_among(nobody(0), told.labels, by, where))
        wanted = families_for(grid.cut, columns)
        rolled = [family for family in wanted if follows_from_finest(family, grid.cut)]
        found = self._added_up(step or _days(periods), grid, rolled, columns)
        for family in filter(told_by_dealings, wanted):
            found |= self.dealings.told(family, programme, grid)
        if any(family.columns >= OF_LOTS for family in wanted):
            months = told.labels[EARN_MONTH]
            found |= self.lots.stocks(grid, int(month_of(first_day_of(months[0]))) if months else 0)
        if any(family.columns >= DEFERRED for family in wanted):
            found |= deferred_by(*self.dealings.daily, self.lots.changes.batches, programme, grid)
        rest = [family for family in wanted if family.columns.isdisjoint(found)]
        if alone := [family for family in rest if not family.of_members]:
            counting = Grid(periods, cut_among(self.campaigns, told.labels, by, where))
            found |= counted(self.campaigns, programme, counting, alone)
        if others := [family for family in rest if family.of_members]:
            counting = Grid(periods, cut(self.history, programme, by, where))
            found |= counted(self.history, programme, counting, others)
        return facts_frame(
            grid, {name: found[name] for one in wanted for name in found if name in one.columns}
        )

    def _added_up(
        self, source: Source, grid: Grid, families: Sequence[FactFamily], columns: Collection[str] | None
    ) -> dict[str, Ints]:
        """The columns of the families on a grid whose periods are rolled up, or counted at the finest cut."""
        told = {column for family in families for column in family.columns}
        if columns is not None and not grid.cut.by:  # which cells have facts is told by all of a family
            told.intersection_update(columns)
        if not grid.cut.accepted:
            self.condensed.note(source, grid, told)
        if (known := self.condensed.told(source, grid, told)) is None:
            return self._looked_up(source, grid, families, told)
        # What guests do is in no crowd of members.
        others = [family for family in families if slices_of(family) not in known.rows]
        found = recombined(known, grid, [family for family in families if family not in others])
        return found | (self._looked_up(source, grid, others, told) if others else {})

    def _looked_up(
        self, source: Source, grid: Grid, families: Sequence[FactFamily], columns: Collection[str]
    ) -> dict[str, Ints]:
        """As `_added_up`, of those columns, from all rows that there are."""
        if not isinstance(source, str):
            self._count([grid.periods])
            return recombined(self._in_parts[source], grid, families)
        span = int(grid.periods.last[0]), int(grid.periods.last[-1])
        with TURN:
            finest = finest_rolled(self.condensed.rolled, source, span, grid.cut, families, columns)
            return recombined(finest, Grid(grid.periods, _without_filters(grid.cut)), families)


def _days(periods: Periods) -> Days:
    return tuple(periods.first.tolist()), tuple(periods.last.tolist())


def are_rolled_up(columns: Collection[str]) -> bool:
    """Whether roll-ups tell all of those columns, under every cut that names no more than one account."""
    families = (family for family in FAMILIES if not family.columns.isdisjoint(columns))
    return all(family.additive or not family.of_members or _is_told(family) for family in families)


def _is_told(family: FactFamily) -> bool:
    """Whether the family's columns follow from dealings or lots."""
    return told_by_dealings(family) or any(family.columns >= one for one in (OF_LOTS, DEFERRED))


def _knows(slices: Sequence[str]) -> bool:
    return all(known_slice(name) in KNOWN_SLICES for name in slices)


def _without_filters(cut: Cut) -> Cut:
    """The cut of rows that have passed its filters; that of accounts tells whose balances are meant."""
    accounts = {name: among for name, among in cut.accepted.items() if name == ACCOUNT}
    return replace(cut, accepted=accounts)
