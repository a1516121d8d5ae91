"""Period facts from the roll-ups of a snapshot; what they do not hold is counted from the facts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from data.in_parts import finest_in_parts, histories, rows_in_parts
from data.live import live_history
from data.rolled_dealings import RolledDealings, nobody, rolled_dealings, told_by_dealings
from data.rolled_lots import RolledLots, rolled_lots
from data.rolled_members import RolledMembers, remember, rolled_members
from data.rolled_rows import KeptColumns, RolledTable
from data.rollup_building import basis_of
from data.rollup_tables import (
    BASIS,
    MEMBER_MONTHS,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    ROLLED_SLICES,
    ROLLUPS,
    grain_name,
    periods_of,
    steps_of,
)
from data.snapshots import Snapshot
from loyalty_core.counting.business_facts import deferred_by
from loyalty_core.counting.cohorts import (
    AGES,
    COHORT_SLICES,
    EARN_MONTH,
    JOIN_MONTH,
    LOT_AGE,
    LOT_EXPIRY,
    LOT_SLICES,
    MEMBERSHIP_MONTH,
    MONTHS_FOLLOWED,
    TO_EXPIRY,
)
from loyalty_core.counting.cuts import (
    ACCOUNT,
    CAMPAIGN,
    OPENING_TIER,
    SLICES,
    Cut,
    cut,
    cut_among,
    known_slice,
    slice_labels,
)
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_months import member_months
from loyalty_core.counting.period_facts import (
    FAMILIES,
    FactFamily,
    counted,
    facts_frame,
    families_for,
    period_facts,
)
from loyalty_core.counting.recombined import (
    CodedFacts,
    CodedRows,
    account_meant,
    follows_from_finest,
    recombined,
)
from loyalty_core.days import to_day
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.histories import as_of, first_day
from loyalty_core.history import History, Ints
from loyalty_core.months import month_names, month_of
from loyalty_core.offer_tables import OFFER_COLUMNS, offers_from_frames
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

OF_LOTS = frozenset({"lot_points_issued"})  # of the family that is counted from lots
DEFERRED = frozenset({"deferred_balance"})  # of the one that is counted from lots and what members spent
KNOWN_SLICES = frozenset(ROLLED_SLICES) | LOT_SLICES | COHORT_SLICES
TEXTS: dict[str, tuple[str, ...]] = {"kind": ENTRY_KINDS}  # of columns that are no slices
Labels = Mapping[str, tuple[str, ...]]
Filters = Mapping[str, Sequence[str]]
Days = tuple[tuple[int, ...], tuple[int, ...]]  # the first and the last of each period


@dataclass(frozen=True, slots=True)
class Rollups:
    """What a snapshot's roll-ups cover: days of the whole history, the labels of each slice, and how many
    members each part has."""

    snapshot: Snapshot
    first_day: int
    as_of: int
    labels: Labels
    members: Mapping[int, int]
    _tables: dict[str, RolledTable] = field(default_factory=dict, repr=False, compare=False)
    _kept: KeptColumns = field(default_factory=KeptColumns, repr=False, compare=False)

    def table(self, name: str) -> RolledTable:
        """A roll-up of the snapshot."""
        if name not in self._tables:
            files = tuple(sorted(self.snapshot.files(name), key=lambda file: file.shard))
            self._tables[name] = RolledTable(ROLLUPS[name], files, TEXTS | self.labels, self._kept)
        return self._tables[name]

    def rows(self, name: str) -> dict[int, int]:
        """How many rows of a roll-up each part has."""
        files = {file.shard: file.rows for file in self.snapshot.files(name)}
        return {part: files.get(part, 0) for part in self.members}

    def numbered(self, numbers: Ints, parts: Mapping[int, int] | None = None) -> Ints:
        """Members as numbered within their parts, by numbers from 0 on; or others, so many in each part."""
        counts = self.members if parts is None else parts
        before = np.cumsum([0, *counts.values()])[:-1]
        part = np.searchsorted(list(counts), numbers >> 32)
        found: Ints = before[part] + (numbers & (2**32 - 1))
        return found

    def step_of(self, asked: Periods) -> str | None:
        """The step that has a count of each of those periods; None where there is none."""
        for step in steps_of(self.as_of):
            counted = periods_of(step, self.first_day, self.as_of)
            known = dict(zip(counted.last.tolist(), counted.first.tolist(), strict=True))
            spans = zip(asked.first.tolist(), asked.last.tolist(), strict=True)
            if all(self._same(known.get(last), first, last) for first, last in spans):
                return step
        return None

    def _same(self, begun: int | None, first: int, last: int) -> bool:
        """Whether a period counted from `begun` is that one: nothing happened before the first day."""
        if begun is None:
            return last < self.first_day
        return begun == first or max(begun, first) <= self.first_day


def rollups_of(snapshot: Snapshot, programme: Programme) -> Rollups | None:
    """The roll-ups that the snapshot has of its facts under that programme, if it has any."""
    if not snapshot.files(BASIS.name):
        return None
    told = _told(snapshot)
    if set(told[told["what"] == "basis"]["value"]) != {basis_of(programme)}:
        return None
    labels = told[told["what"] == "label"].groupby("name")["value"].unique()
    known = {name: tuple(sorted(labels.get(name, []))) for name in SLICES}
    known |= {name: _all_months(known[name]) for name in (EARN_MONTH, JOIN_MONTH)}
    known |= {LOT_AGE: AGES, LOT_EXPIRY: TO_EXPIRY}
    known |= {MEMBERSHIP_MONTH: tuple(str(month) for month in range(MONTHS_FOLLOWED + 1))}
    known["member_tier"] = known[OPENING_TIER] = tuple(tier.name for tier in programme.known_tiers)
    days = {name: pd.to_numeric(told[told["what"] == name]["value"]) for name in ("first_day", "as_of")}
    parts = told[told["what"] == "members"].sort_values("name", key=pd.to_numeric)
    members = dict(zip(map(int, parts["name"]), map(int, parts["value"]), strict=True))
    return Rollups(snapshot, int(days["first_day"].min()), int(days["as_of"].max()), known, members)


def _all_months(told: tuple[str, ...]) -> tuple[str, ...]:
    """The months from the first to the last of those."""
    return month_names(_first_day_of(told[0]), _first_day_of(told[-1])) if told else ()


def _first_day_of(month: str) -> int:
    return to_day(date.fromisoformat(f"{month}-01"))


def _told(snapshot: Snapshot) -> pd.DataFrame:
    return snapshot.query(f"SELECT what, name, value FROM {BASIS.name}")


class SnapshotFacts:
    """The period facts of a snapshot under a programme: from its roll-ups where they tell, to the unit what
    counting its facts gives, which are read when they are first needed."""

    def __init__(self, snapshot: Snapshot, programme: Programme) -> None:
        self.snapshot, self.programme = snapshot, programme
        self._standing: dict[int, pd.DataFrame] = {}
        self._in_parts: dict[Days, CodedFacts] = {}

    @cached_property
    def rollups(self) -> Rollups | None:
        """What is rolled up under the programme."""
        return rollups_of(self.snapshot, self.programme)

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
    def is_large(self) -> bool:
        """Whether members are so many that what is not rolled up is counted a part of them at a time."""
        return self.rollups is not None and len(self.rollups.members) > 1

    def histories(self) -> Iterator[History]:
        """What happened, of one part of the members after the other where they are many."""
        if self.is_large:
            yield from (history for _, history in histories(self.snapshot, self.programme))
        else:
            yield self.history

    def standing(self, day: int) -> pd.DataFrame:
        """The `member_months` of the one day; counted, and kept."""
        if day not in self._standing:
            days = Periods(np.array([day]), np.array([day]), day - 1)

            def counted(history: History) -> pd.DataFrame:
                return member_months(history, self.programme, days)

            if self.is_large:
                found = rows_in_parts(self.snapshot, self.programme, MEMBER_MONTHS, counted)
            else:
                found = counted(self.history)
            remember(self._standing, day, found)
        return self._standing[day]

    def expect(self, asked: Sequence[Periods]) -> None:
        """Count at one go what is going to be asked of those periods, as far as no roll-up has it."""
        if self.is_large and self.rollups is not None:
            self._count([one for one in asked if self.rollups.step_of(one) is None])

    def _count(self, asked: Sequence[Periods]) -> None:
        assert self.rollups is not None
        missing = {days: one for one in asked if (days := _days(one)) not in self._in_parts}
        if missing:
            labels, periods = self.rollups.labels, list(missing.values())
            found = finest_in_parts(self.snapshot, self.programme, labels, periods)
            for days, facts in zip(missing, found, strict=True):
                remember(self._in_parts, days, facts)

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
        step = told.step_of(periods) if told and _knows([*by, *(where or {})]) else None
        if told is None or (step is None and not self.is_large):
            return period_facts(self.history, programme, periods, by, where, columns)
        grid = Grid(periods, cut_among(nobody(0), told.labels, by, where))
        wanted = families_for(grid.cut, columns)
        rolled = [family for family in wanted if follows_from_finest(family, grid.cut)]
        if step is None:
            self._count([periods])
            found = recombined(self._in_parts[_days(periods)], grid, rolled)
        else:
            # Which cells have facts is told by all columns of a family.
            finest = _finest(told, step, grid, rolled, None if by else columns)
            found = recombined(finest, Grid(periods, _without_filters(grid.cut)), rolled)
        for family in filter(told_by_dealings, wanted):
            found |= self.dealings.told(family, programme, grid)
        if any(family.columns >= OF_LOTS for family in wanted):
            months = told.labels[EARN_MONTH]
            found |= self.lots.stocks(grid, int(month_of(_first_day_of(months[0]))) if months else 0)
        if any(family.columns >= DEFERRED for family in wanted):
            found |= deferred_by(*self.dealings.daily, self.lots.days, programme, grid)
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


def _finest(
    told: Rollups, step: str, grid: Grid, families: Sequence[FactFamily], columns: Collection[str] | None
) -> CodedFacts:
    """The rows that the families' columns on the grid follow from; with `columns` those columns alone."""
    finest, cut = CodedFacts(told.labels), grid.cut
    span = int(grid.periods.last[0]), int(grid.periods.last[-1])
    for slices in dict.fromkeys(map(slices_of, families)):
        alike = [family for family in families if slices_of(family) == slices]
        apart, accepted = {"step": [step], "grain": [grain_name(slices)]}, dict(cut.accepted)
        if accounts := {account_meant(family, cut) for family in alike} - {None}:
            accepted[ACCOUNT] = np.isin(["", *told.labels[ACCOUNT]], list(accounts))
        shown = [name for name in slices if name in cut.by or name == ACCOUNT]
        known = {column for family in alike for column in family.columns}
        counts = sorted(known if columns is None else known.intersection(columns))
        rows = told.table(PERIOD_FACTS.name).rows([PERIOD_END, *shown, *counts], apart, accepted, span)
        finest.rows[slices] = _coded(rows, shown, counts)
        finest.kept[slices] = {}
        for column in counts:
            only = {**apart, COLUMN: [column]}
            rows = told.table(PERIOD_MEMBERS.name).rows([PERIOD_END, *shown, MEMBER], only, accepted, span)
            if len(rows[MEMBER]):
                finest.kept[slices][column] = _coded(rows, shown, [MEMBER])
    return finest


def _coded(rows: Mapping[str, Ints], codes: Sequence[str], numbers: Sequence[str]) -> CodedRows:
    return CodedRows(
        rows[PERIOD_END], {name: rows[name] for name in codes}, {name: rows[name] for name in numbers}
    )


def _without_filters(cut: Cut) -> Cut:
    """The cut of rows that have passed its filters; that of accounts tells whose balances are meant."""
    accounts = {name: among for name, among in cut.accepted.items() if name == ACCOUNT}
    return replace(cut, accepted=accounts)
