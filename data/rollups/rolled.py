"""What is rolled up of a snapshot: which days, members and labels, and the rows that counts follow from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data.rollup_tables import (
    BASIS,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    ROLLUPS,
    WITHOUT,
    basis_of,
    grain_name,
    periods_of,
    steps_of,
)
from data.rollups.rolled_rows import KeptColumns, RolledTable, Span
from data.snapshots import Snapshot
from loyalty_core.arrays import Ints
from loyalty_core.counting.cohorts import (
    AGES,
    EARN_MONTH,
    JOIN_MONTH,
    LOT_AGE,
    LOT_EXPIRY,
    MEMBERSHIP_MONTH,
    MONTHS_FOLLOWED,
    TO_EXPIRY,
)
from loyalty_core.counting.cuts import ACCOUNT, OPENING_TIER, SLICES, Cut
from loyalty_core.counting.families import FactFamily
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, slices_of
from loyalty_core.counting.recombined import CodedFacts, CodedRows, account_meant
from loyalty_core.days import to_day
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.months import month_names
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

TEXTS: dict[str, tuple[str, ...]] = {"kind": ENTRY_KINDS}  # of columns that are no slices
Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rollups:
    """What a snapshot's roll-ups cover: days of the whole history, the labels of each slice, how many
    members each part has, and the steps that were left out."""

    snapshot: Snapshot
    first_day: int
    as_of: int
    labels: Labels
    members: Mapping[int, int]
    without: frozenset[str] = frozenset()
    _tables: dict[str, RolledTable] = field(default_factory=dict, repr=False, compare=False)
    _kept: KeptColumns = field(default_factory=KeptColumns, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """As values that can be laid down: what was read of the tables is read again."""
        return Rollups, (
            *(self.snapshot, self.first_day, self.as_of),
            *(self.labels, self.members, self.without),
        )

    def table(self, name: str) -> RolledTable:
        """A roll-up of the snapshot."""
        if name not in self._tables:
            files = sorted(self.snapshot.files(name), key=lambda file: file.shard)
            mine = tuple(file for file in files if file.shard in self.members)
            self._tables[name] = RolledTable(ROLLUPS[name], mine, TEXTS | self.labels, self._kept)
        return self._tables[name]

    def by_parts(self) -> Iterator[Rollups]:
        """The roll-ups of each part alone."""
        for part, members in self.members.items():
            yield replace(self, members={part: members}, _tables={}, _kept=KeptColumns())

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
        for step in (one for one in steps_of(self.as_of) if one not in self.without):
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
    first, last = int(days["first_day"].min()), int(days["as_of"].max())
    without = frozenset(told[told["what"] == WITHOUT]["value"])
    return Rollups(snapshot, first, last, known, members, without)


def finest_rolled(
    told: Rollups,
    step: str,
    span: Span,
    cut: Cut,
    families: Sequence[FactFamily],
    columns: Collection[str],
) -> CodedFacts:
    """The rows of periods that end in the span from which those columns of the families follow in a cut."""
    finest = CodedFacts(told.labels)
    for slices in dict.fromkeys(map(slices_of, families)):
        alike = [family for family in families if slices_of(family) == slices]
        apart, accepted = {"step": [step], "grain": [grain_name(slices)]}, dict(cut.accepted)
        if accounts := {account_meant(family, cut) for family in alike} - {None}:
            accepted[ACCOUNT] = np.isin(["", *told.labels[ACCOUNT]], list(accounts))
        shown = [name for name in slices if name in cut.by or name == ACCOUNT]
        counts = sorted({column for family in alike for column in family.columns}.intersection(columns))
        rows = told.table(PERIOD_FACTS.name).rows([PERIOD_END, *shown, *counts], apart, accepted, span)
        finest.rows[slices] = _coded(rows, shown, counts)
        finest.kept[slices] = {}
        for column in counts:
            only = {**apart, COLUMN: [column]}
            rows = told.table(PERIOD_MEMBERS.name).rows([PERIOD_END, *shown, MEMBER], only, accepted, span)
            if len(rows[MEMBER]):
                finest.kept[slices][column] = _coded(rows, shown, [MEMBER])
    return finest


def _all_months(told: tuple[str, ...]) -> tuple[str, ...]:
    """The months from the first to the last of those."""
    return month_names(first_day_of(told[0]), first_day_of(told[-1])) if told else ()


def first_day_of(month: str) -> int:
    """The first day of a month that is written as its label is."""
    return to_day(date.fromisoformat(f"{month}-01"))


def _told(snapshot: Snapshot) -> pd.DataFrame:
    return snapshot.query(f"SELECT what, name, value FROM {BASIS.name}")


def _coded(rows: Mapping[str, Ints], codes: Sequence[str], numbers: Sequence[str]) -> CodedRows:
    return CodedRows(
        rows[PERIOD_END], {name: rows[name] for name in codes}, {name: rows[name] for name in numbers}
    )
