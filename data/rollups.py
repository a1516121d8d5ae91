"""Period facts from the roll-ups of a snapshot; what they do not hold is counted from the facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from data.live import live_history
from data.rollup_building import basis_of
from data.rollup_tables import (
    BASIS,
    BUYING_DAYS,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    ROLLED_SLICES,
    grain_name,
    periods_of,
    steps_of,
)
from data.snapshots import Snapshot
from data.sql import quoted
from loyalty_core.columns import Columns
from loyalty_core.counting.cuts import ACCOUNT, SLICES, Cut, cut, cut_among, known_slice, slice_labels
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, FinestFacts, Slices, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.period_facts import FactFamily, counted, facts_frame, families_for, period_facts
from loyalty_core.counting.purchase_facts import BuyingDays, buying_again, buying_days
from loyalty_core.counting.recombined import accounts_meant, follows_from_finest, recombined
from loyalty_core.days import to_date
from loyalty_core.histories import as_of, first_day, history_from_frames
from loyalty_core.history import NEVER, History, Ints
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

BUYING = frozenset({"buyers_in_year"})  # of the family that is counted from buying days
Labels = Mapping[str, tuple[str, ...]]
Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rollups:
    """What a snapshot's roll-ups cover: days of the whole history, the labels of each slice, and how many
    members each part has."""

    snapshot: Snapshot
    first_day: int
    as_of: int
    labels: Labels
    members: Mapping[int, int]

    def numbered(self, member: Ints) -> Ints:
        """Members as numbered within their parts, by numbers from 0 on."""
        before = np.cumsum([0, *self.members.values()])[:-1]
        part = np.searchsorted(list(self.members), member >> 32)
        return before[part] + (member & (2**32 - 1))

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
    known["member_tier"] = tuple(tier.name for tier in programme.tiers)
    days = {name: pd.to_numeric(told[told["what"] == name]["value"]) for name in ("first_day", "as_of")}
    parts = told[told["what"] == "members"].sort_values("name", key=pd.to_numeric)
    members = dict(zip(map(int, parts["name"]), map(int, parts["value"]), strict=True))
    return Rollups(snapshot, int(days["first_day"].min()), int(days["as_of"].max()), known, members)


def _told(snapshot: Snapshot) -> pd.DataFrame:
    return snapshot.query(f"SELECT what, name, value FROM {BASIS.name}")


class SnapshotFacts:
    """The period facts of a snapshot under a programme: from its roll-ups where they tell, to the unit what
    counting its facts gives, which are read when they are first needed."""

    def __init__(self, snapshot: Snapshot, programme: Programme) -> None:
        self.snapshot, self.programme = snapshot, programme

    @cached_property
    def rollups(self) -> Rollups | None:
        """What is rolled up under the programme."""
        return rollups_of(self.snapshot, self.programme)

    @cached_property
    def history(self) -> History:
        """All that happened; reading it takes a while where that is much."""
        return live_history(self.snapshot, self.programme)

    @cached_property
    def days(self) -> tuple[int, int] | None:
        """The first day on which anything happened, and the last with an event; None without one."""
        if self.rollups:
            return self.rollups.first_day, self.rollups.as_of
        first, last = first_day(self.history), as_of(self.history)
        return None if first is None or last is None else (first, last)

    def labels(self, name: str) -> tuple[str, ...]:
        """The labels of a slice."""
        if self.rollups and known_slice(name) in ROLLED_SLICES:
            return self.rollups.labels[name]
        return slice_labels(self.history, self.programme, name)

    def of(
        self,
        periods: Periods,
        by: Sequence[str] = (),
        where: Filters | None = None,
        columns: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """As `period_facts` of the history."""
        told, programme = self.rollups, self.programme
        step = told.step_of(periods) if told and _knows([*by, *(where or {})]) else None
        if told is None or step is None:
            return period_facts(self.history, programme, periods, by, where, columns)
        grid = Grid(periods, cut_among(history_from_frames({}, programme), told.labels, by, where))
        wanted = families_for(grid.cut, columns)
        rolled = [family for family in wanted if follows_from_finest(family, grid.cut)]
        found = recombined(_finest(told, step, grid, rolled), grid, rolled)
        if any(family.columns >= BUYING for family in wanted):
            found |= buying_again(*_buying(told, grid))
        if rest := [family for family in wanted if family.columns.isdisjoint(found)]:
            counting = Grid(periods, cut(self.history, programme, by, where))
            found |= counted(self.history, programme, counting, rest)
        return facts_frame(
            grid, {name: found[name] for one in wanted for name in found if name in one.columns}
        )


def _knows(slices: Sequence[str]) -> bool:
    return all(known_slice(name) in ROLLED_SLICES for name in slices)


def _finest(told: Rollups, step: str, grid: Grid, families: Sequence[FactFamily]) -> FinestFacts:
    """The rows that the families' columns on the grid follow from, added up as far as its cut allows."""
    queries: dict[str, str] = {}
    for slices in dict.fromkeys(map(slices_of, families)):
        columns = sorted(column for one in families if slices_of(one) == slices for column in one.columns)
        kept = [name for name in slices if name in grid.cut.slices or name == ACCOUNT]
        where = _filters(step, slices, grid)
        shown = ", ".join([f"period_end - DATE '1970-01-01' AS {PERIOD_END}", *kept])
        sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in columns)
        names = ", ".join(map(quoted, columns))
        queries[f"rows {slices}"] = f"SELECT {shown}, {sums} FROM {PERIOD_FACTS.name} {where} GROUP BY ALL"
        counted_in = f'{PERIOD_MEMBERS.name} {where} AND "{COLUMN}" IN ({names})'
        queries[f"kept {slices}"] = f'SELECT {shown}, "{COLUMN}", {MEMBER} FROM {counted_in}'
    found = told.snapshot.coded(queries)
    grains = dict.fromkeys(map(slices_of, families))
    return FinestFacts(
        {slices: _noughts(found[f"rows {slices}"]) for slices in grains},
        {slices: found[f"kept {slices}"] for slices in grains},
    )


def _noughts(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of columns that no row of a group has are 0."""
    numbers = rows.select_dtypes("number").columns
    return rows.assign(**{name: rows[name].fillna(0).astype("int64") for name in numbers})


def _buying(told: Rollups, grid: Grid) -> tuple[BuyingDays, Grid]:
    """The buying days that bear on the grid's periods, and the grid with as many members as there are."""
    last = grid.periods.last
    begin = min(grid.periods.before, int(last[0]) - YEAR_DAYS)
    shown = ", ".join(["member", "day - DATE '1970-01-01' AS day", "debut", "again", *grid.cut.by])
    span = f"day BETWEEN DATE '{to_date(begin)}' AND DATE '{to_date(int(last[-1]))}'"
    where = " AND ".join([span, *_kept(grid.cut)])
    rows = told.snapshot.coded({"days": f"SELECT {shown} FROM {BUYING_DAYS.name} WHERE {where}"})["days"]
    by_label = cut_among(_nobody(sum(told.members.values())), told.labels, grid.cut.by)
    columns = Columns(rows, "days")
    own = {name: columns.choices(name, told.labels[name]) for name in grid.cut.by}
    flags = (rows[name].to_numpy(bool) for name in ("debut", "again"))
    member, day = told.numbered(rows["member"].to_numpy()), rows["day"].to_numpy(np.int64)
    return buying_days(by_label.cells_of(len(rows), own), member, day, *flags), Grid(grid.periods, by_label)


def _nobody(members: int) -> History:
    """A history of so many members of whom nothing is known."""
    empty = history_from_frames({}, Programme(name="nobody"))
    never = np.broadcast_to(NEVER, members)
    ids = np.broadcast_to(np.array(None, object), members)
    return replace(empty, members=replace(empty.members, ids=ids, joined_on=never, left_on=never))


def _filters(step: str, slices: Slices, grid: Grid) -> str:
    """SQL for the rows of the step and the slices that can lie on the grid."""
    first, last = (to_date(int(day)) for day in (grid.periods.last[0], grid.periods.last[-1]))
    tests = [
        f"step = {quoted(step)}",
        f"grain = {quoted(grain_name(slices))}",
        f"period_end BETWEEN DATE '{first}' AND DATE '{last}'",
        *_kept(grid.cut),
    ]
    account = accounts_meant(slices, grid.cut)
    if account is not None:
        tests.append(f"{ACCOUNT} = {quoted(account)}")
    return f"WHERE {' AND '.join(tests)}"


def _kept(cut: Cut) -> list[str]:
    """SQL for the rows that the cut's filters accept."""
    tests = []
    for name, accepted in cut.accepted.items():
        texts = [text for text, kept in zip(("", *cut.labels[name]), accepted, strict=True) if kept]
        known = ", ".join(quoted(text) for text in texts if text)
        among = f"{name} IN ({known})" if known else "false"
        tests.append(f"({among} OR {name} IS NULL)" if "" in texts else among)
    return tests
