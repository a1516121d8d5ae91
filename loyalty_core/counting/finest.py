"""Period facts at the finest cut: what roll-ups keep, and what every coarser cut follows from.

All slices of a family are cut by at once; only combinations that occur are cells. Columns that add up
are rows of these. Distinct members do not add up over the cells of a period: a member found in one cell
only is counted in its row, one found in several is kept by name, a row for each cell. Any filter and
any grouping is then a sum over rows, and the distinct members among those kept by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
import pandas as pd

from loyalty_core.counting.cuts import (
    CAMPAIGN,
    CONTACT_CHANNEL,
    OPENING_TIER,
    PURCHASE_SLICES,
    SLICES,
    Cut,
    cut,
)
from loyalty_core.counting.grid import BLOCK_CELLS, Grid
from loyalty_core.counting.period_facts import FAMILIES, FactFamily
from loyalty_core.counting.purchase_facts import places_of_sale, sale_days
from loyalty_core.counting.sales import Sales, sales_of
from loyalty_core.history import Flags, History, Ints
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

Slices = tuple[str, ...]  # in the order of cuts.SLICES

PERIOD_END, COLUMN, MEMBER = "period_end", "column", "member"
BEFORE_ALL = -(2**31)  # a day on which nothing is known of anybody
WIDEST_TABLE = 2**24  # combinations looked up in a table; more are searched for
BLOCK_ROWS = 4_000_000  # periods × cells counted at a time


@dataclass(frozen=True, slots=True)
class FinestFacts:
    """The counts of some periods.

    `rows` has a frame for each set of slices that families share: period_end (day), a label for each
    slice (missing where unknown), int64 columns; rows that are all 0 are left out. `kept` are the members
    found in several cells of a period, by set of slices: period_end, labels, column, member (position).
    """

    rows: dict[Slices, pd.DataFrame]
    kept: dict[Slices, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class FinestCut(Cut):
    """A cut whose cells are the combinations that occur: `known`, their numbers among all, ascending."""

    known: Ints
    seen: list[tuple[Ints, Ints]] = field(default_factory=list)  # days, and everybody's cells at their close

    def cells_at(self, bounds: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        if own:
            return Cut.cells_at(self, bounds, own)
        for days, cells in self.seen:
            place = np.minimum(np.searchsorted(days, bounds), len(days) - 1)
            if np.array_equal(days[place], bounds) and place[-1] - place[0] == len(place) - 1:
                return cells[:, place[0] : place[-1] + 1]
        cells = Cut.cells_at(self, bounds)
        self.seen[:] = [(bounds, cells), *self.seen[:1]]
        return cells

    @property
    def size(self) -> int:
        return len(self.known)

    def _cells(self, shape: tuple[int, ...], row: Callable[[str], Ints], own: Mapping[str, Ints]) -> Ints:
        return self._place(Cut._cells(self, shape, row, own))

    def _place(self, number: Ints) -> Ints:
        if (widest := prod(len(self.labels[name]) + 1 for name in self.by)) <= WIDEST_TABLE:
            table = np.full(widest, -1, np.int64)
            table[self.known] = np.arange(len(self.known))
            place = table[number]
        else:
            place = np.minimum(np.searchsorted(self.known, number), len(self.known) - 1)
            place = np.where(self.known[place] == number, place, -1)
        if np.any(place < 0):
            raise LookupError(f"facts in a combination of {', '.join(self.by)} that no row of theirs has")
        return place

    def codes(self, cell: Ints) -> dict[str, Ints]:
        """The code of each cell in every slice, -1 where unknown."""
        number, found = self.known[cell], {}
        for name in reversed(self.by):
            number, code = np.divmod(number, len(self.labels[name]) + 1)
            found[name] = code - 1
        return {name: found[name] for name in self.by}


@dataclass(frozen=True, slots=True)
class FinestGrid(Grid):
    """A grid that notes which members it found in several cells of one period."""

    several: list[tuple[Ints, Ints]] = field(default_factory=list)  # counts, and the pairs left out of them

    def __post_init__(self) -> None:
        """Any number of rows: blocks of periods keep them few."""

    def members(self, pairs: Ints) -> Ints:
        place, member = np.divmod(pairs, max(len(self.cut.history.members), 1))
        alone = _alone(place // max(self.cut.size, 1), member)
        counts = self.count(place[alone])
        self.several.append((counts, pairs[~alone]))
        return counts

    def in_blocks(self, facts: Callable[[Grid], dict[str, Ints]]) -> dict[str, Ints]:
        most = max(BLOCK_CELLS // max(len(self.cut.history.members), 1), 1)
        counts: dict[str, list[Ints]] = {}
        pairs: dict[str, list[Ints]] = {}
        begun = 0
        for periods in self.periods.blocks(most):
            block = FinestGrid(periods, self.cut)
            for name, column in facts(block).items():
                counts.setdefault(name, []).append(column)
                pairs.setdefault(name, []).append(block.found_in_several(column) + begun)
            begun += len(periods) * self.cut.size * len(self.cut.history.members)
        columns = {name: np.concatenate(found) for name, found in counts.items()}
        self.several.extend((columns[name], np.concatenate(found)) for name, found in pairs.items())
        return columns

    def found_in_several(self, column: Ints) -> Ints:
        """The pairs of position and member that are not in the counts of that column."""
        for counts, pairs in self.several:
            if counts is column:
                return pairs
        return np.zeros(0, np.int64)


def _alone(period: Ints, member: Ints) -> Flags:
    """Rows whose member has no other row in the period."""
    order = np.lexsort((member, period))
    same = (period[order][1:] == period[order][:-1]) & (member[order][1:] == member[order][:-1])
    again = np.zeros(len(order), bool)
    again[1:] |= same
    again[:-1] |= same
    alone = np.empty(len(order), bool)
    alone[order] = ~again
    return alone


def count_finest(
    history: History,
    programme: Programme,
    periods: Periods,
    families: Iterable[FactFamily] = FAMILIES,
) -> FinestFacts:
    """The additive families of facts in those periods, all their slices cut at once."""
    sales, found = sales_of(history), FinestFacts({}, {})
    by_slices: dict[Slices, list[FactFamily]] = {}
    for family in families:
        if family.additive:
            by_slices.setdefault(slices_of(family), []).append(family)
    for slices, alike in by_slices.items():
        finest = finest_cut(history, programme, slices)
        blocks = [
            _counted(history, programme, sales, FinestGrid(block, finest), alike)
            for block in periods.blocks(max(BLOCK_ROWS // max(finest.size, 1), 1))
        ]
        found.rows[slices] = pd.concat([rows for rows, _ in blocks], ignore_index=True)
        found.kept[slices] = pd.concat([kept for _, kept in blocks], ignore_index=True)
    return found


def slices_of(family: FactFamily) -> Slices:
    """The family's slices in the order of the dictionary."""
    return tuple(name for name in SLICES if name in family.slices)


def finest_cut(history: History, programme: Programme, slices: Slices) -> FinestCut:
    """The cut by all those slices, its cells the combinations in which facts can lie."""
    plain = cut(history, programme, slices)
    known = np.unique(np.concatenate(list(_occurring(plain))))
    return FinestCut(history, plain.by, plain.labels, plain.accepted, known)


def _occurring(plain: Cut) -> Iterable[Ints]:
    """Numbers of the combinations: of purchases where they are cut by, else of members at any time."""
    history = plain.history
    if PURCHASE_SLICES & plain.slices:
        purchases = history.purchases
        yield plain.cells(purchases.member, purchases.day, places_of_sale(history))
        return
    if CAMPAIGN in plain.slices:
        yield from _of_offers(plain)
        return
    versions, moves, everyone = history.versions, history.tier_changes, np.arange(len(history.members))
    member = np.concatenate([versions.member, moves.member, everyone, [-1]])
    never = np.full(len(everyone) + 1, BEFORE_ALL)
    day = np.concatenate([versions.valid_from, moves.day, never])
    others = [name for name in plain.by if not name.startswith("member_")]
    codes = [[np.array(code) for code in range(-1, len(plain.labels[name]))] for name in others]
    unknown = {name: np.array(-1) for name in others}
    one = _one_of_each(plain, member, day, unknown)
    for combination in product(*codes):
        own = dict(zip(others, combination, strict=True))
        yield plain.cells(member[one], day[one], own)
        if OPENING_TIER in own:  # before joining and after leaving there is no tier
            yield plain.cells(member[one], day[one], own | {"member_tier": np.array(-1)})


def _of_offers(plain: Cut) -> Iterable[Ints]:
    """Numbers of the combinations in which members are contacted, hold coupons, or see a campaign begin."""
    history, offers = plain.history, plain.history.offers
    contacts, coupons, everyone = offers.contacts, offers.coupons, np.arange(len(history.members))
    by = {CAMPAIGN: contacts.campaign, CONTACT_CHANNEL: contacts.channel}
    yield plain.cells(contacts.member, contacts.day, by)
    if CONTACT_CHANNEL in plain.slices:
        return
    for day in (coupons.offered_on, coupons.claimed_on):
        yield plain.cells(coupons.member, day, {CAMPAIGN: coupons.campaign})
    for campaign, day in enumerate(offers.campaigns.starts_on):
        yield plain.cells(everyone, np.full(len(everyone), day), {CAMPAIGN: np.array(campaign)})


def _one_of_each(plain: Cut, member: Ints, day: Ints, own: Mapping[str, Ints]) -> Ints:
    """Places of rows that have all the cells there are among them."""
    return np.unique(plain.cells(member, day, own), return_index=True)[1]


def _counted(
    history: History, programme: Programme, sales: Sales, grid: FinestGrid, families: Iterable[FactFamily]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and kept members of families that are cut by the same slices."""
    columns: dict[str, Ints] = {}
    several: dict[str, Ints] = {}
    for family in families:
        grid.several.clear()
        counted = family.count(history, programme, sales, grid)
        pairs = {name: grid.found_in_several(column) for name, column in counted.items()}
        if sum(map(len, pairs.values())) < sum(len(found) for _, found in grid.several):
            names = ", ".join(sorted(family.columns))
            raise TypeError(f"{names}: one is computed from a count of members; return the count itself")
        columns |= counted
        several |= pairs
    return _rows(grid, columns), _kept(grid, several)


def finest_buying_days(history: History, programme: Programme, slices: Slices) -> pd.DataFrame:
    """The buying days of members by member and day: member (position), day, debut, again, labels."""
    finest = finest_cut(history, programme, slices)
    days = sale_days(history, sales_of(history), finest)
    order = np.lexsort((days.day, days.member))
    found: dict[str, object] = {MEMBER: days.member[order], "day": days.day[order]}
    found |= {"debut": days.debut[order], "again": days.again[order]}
    return pd.DataFrame(found | _labels(finest, days.cell[order]))


def _rows(grid: FinestGrid, columns: Mapping[str, Ints]) -> pd.DataFrame:
    filled = np.zeros(grid.shape, bool)
    for column in columns.values():
        filled |= column != 0
    place = np.flatnonzero(filled)
    return pd.DataFrame(
        _where(grid, place) | {name: column.ravel()[place] for name, column in columns.items()}
    )


def _kept(grid: FinestGrid, several: Mapping[str, Ints]) -> pd.DataFrame:
    place, member = np.divmod(np.concatenate(list(several.values())), max(len(grid.cut.history.members), 1))
    names = pd.Categorical.from_codes(
        np.repeat(np.arange(len(several)), [len(pairs) for pairs in several.values()]),
        pd.Index(list(several), dtype="str"),
    )
    return pd.DataFrame(_where(grid, place) | {COLUMN: names, MEMBER: member})


def _where(grid: FinestGrid, place: Ints) -> dict[str, object]:
    """Period end (day) and label of each slice of positions on the grid."""
    assert isinstance(grid.cut, FinestCut)
    period, cell = np.divmod(place, max(grid.cut.size, 1))
    return {PERIOD_END: grid.periods.last[period]} | _labels(grid.cut, cell)


def _labels(finest: FinestCut, cell: Ints) -> dict[str, object]:
    """The label of each cell in every slice."""
    return {
        name: pd.Categorical.from_codes(code, pd.Index(finest.labels[name], dtype="str"))
        for name, code in finest.codes(cell).items()
    }
