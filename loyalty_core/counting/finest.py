"""Period facts at the finest cut: what roll-ups keep, and what every coarser cut follows from.

All slices of a family are cut by at once; only combinations that occur are cells. Columns that add up
are rows of these. Distinct members do not add up over the cells of a period: a member found in one cell
only is counted in its row, one found in several is kept by name, a row for each cell. Any filter and
any grouping is then a sum over rows, and the distinct members among those kept by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain, product
from math import prod

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import (
    BEFORE_ALL,
    CAMPAIGN,
    CONTACT_CHANNEL,
    OPENING_TIER,
    PURCHASE_SLICES,
    SLICES,
    Course,
    Cut,
    cut,
)
from loyalty_core.counting.dealings import check_ins, dealings
from loyalty_core.counting.families import FAMILIES, FactFamily
from loyalty_core.counting.finest_grid import FinestGrid, Shared
from loyalty_core.counting.purchase_facts import places_of_sale
from loyalty_core.counting.sales import sales_of
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import Spells, distinct

Slices = tuple[str, ...]  # in the order of cuts.SLICES

PERIOD_END, COLUMN, MEMBER = "period_end", "column", "member"
GUEST = 2**31 - 1  # stands for guests among members that have numbers
WIDEST_TABLE = 2**24  # combinations looked up in a table; more are searched for
BLOCK_ROWS = 2_000_000  # periods × cells counted at a time


@dataclass(frozen=True, slots=True)
class FinestFacts:
    """The counts of some periods.

    `rows` has a frame for each set of slices that families share: period_end (day), a label for each
    slice (missing where unknown), int64 columns; rows that are all 0 are left out. `kept` are the members
    found in several cells of a period, by set of slices: period_end, labels, column, member (position).
    """

    rows: dict[Slices, pd.DataFrame]
    kept: dict[Slices, pd.DataFrame]


@dataclass(frozen=True)
class FinestCut(Cut):
    """A cut whose cells are the combinations that occur: `known`, their numbers among all, ascending."""

    known: Ints

    @property
    def size(self) -> int:
        return len(self.known)

    def _cells(self, find: Callable[[Course], Ints], shape: tuple[int, ...], own: Mapping[str, Ints]) -> Ints:
        return self._place(Cut._cells(self, find, shape, own))

    def _place(self, number: Ints) -> Ints:
        if self._table is not None:
            place = self._table[number]
        else:
            place = np.minimum(np.searchsorted(self.known, number), len(self.known) - 1)
            place = np.where(self.known[place] == number, place, -1)
        if np.any(place < 0):
            raise LookupError(f"facts in a combination of {', '.join(self.by)} that no row of theirs has")
        return place

    @cached_property
    def _table(self) -> Ints | None:
        """The cell of each combination, -1 where it does not occur; None where there are too many."""
        if (widest := prod(len(self.labels[name]) + 1 for name in self.by)) > WIDEST_TABLE:
            return None
        table = np.full(widest, -1, np.int64)
        table[self.known] = np.arange(len(self.known))
        return table

    @cached_property
    def categories(self) -> dict[str, pd.CategoricalDtype]:
        """The labels of each slice as categories."""
        return {name: pd.CategoricalDtype(pd.Index(self.labels[name], dtype="str")) for name in self.by}

    def codes(self, cell: Ints) -> dict[str, Ints]:
        """The code of each cell in every slice, -1 where unknown."""
        number, found = self.known[cell], {}
        for name in reversed(self.by):
            number, code = np.divmod(number, len(self.labels[name]) + 1)
            found[name] = code - 1
        return {name: found[name] for name in self.by}


def count_finest(
    history: History,
    programme: Programme,
    periods: Periods,
    families: Iterable[FactFamily] = FAMILIES,
) -> FinestFacts:
    """The additive families of facts in those periods, all their slices cut at once."""
    return count_steps(history, programme, [periods], families)[0]


def count_steps(
    history: History,
    programme: Programme,
    steps: Sequence[Periods],
    families: Iterable[FactFamily] = FAMILIES,
) -> list[FinestFacts]:
    """As `count_finest` for each of several steps: what does not depend on the periods is prepared once."""
    sales, found = sales_of(history), [FinestFacts({}, {}) for _ in steps]
    by_slices: dict[Slices, list[FactFamily]] = {}
    for family in families:
        if family.additive:
            by_slices.setdefault(slices_of(family), []).append(family)
    for slices, alike in by_slices.items():
        finest = finest_cut(history, programme, slices)
        shared, most = Shared(max(int(step.last[-1]) for step in steps)), BLOCK_ROWS // max(finest.size, 1)
        tallies = [
            [_Tally(FinestGrid(block, finest, shared)) for block in step.blocks(max(most, 1))]
            for step in steps
        ]
        for family in alike:
            for tally in chain.from_iterable(tallies):
                tally.add(family, family.count(history, programme, sales, tally.grid))
        for facts, blocks in zip(found, tallies, strict=True):
            facts.rows[slices] = _together([tally.rows() for tally in blocks])
            facts.kept[slices] = _together([tally.kept() for tally in blocks])
    return found


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def slices_of(family: FactFamily) -> Slices:
    """The family's slices in the order of the dictionary."""
    return tuple(name for name in SLICES if name in family.slices)


def finest_cut(history: History, programme: Programme, slices: Slices) -> FinestCut:
    """The cut by all those slices, its cells the combinations in which facts can lie."""
    plain = cut(history, programme, slices)
    return FinestCut(history, plain.by, plain.labels, plain.accepted, _among_all(plain))


def _among_all(plain: Cut) -> Ints:
    """The numbers of the combinations that occur, ascending; noted in a table of all where that is small."""
    if plain.size > WIDEST_TABLE:
        return np.unique(np.concatenate(list(_occurring(plain))))
    occurs = np.zeros(plain.size, bool)
    for numbers in _occurring(plain):
        occurs[numbers] = True
    return np.flatnonzero(occurs)


def _occurring(plain: Cut) -> Iterable[Ints]:
    """Numbers of the combinations: of purchases where they are cut by, else of members at any time."""
    history = plain.history
    if PURCHASE_SLICES & plain.slices:
        purchases = history.purchases
        yield plain.cells(purchases.member, purchases.day, places_of_sale(history))
        yield plain.cells(*check_ins(history), dict.fromkeys(PURCHASE_SLICES & plain.slices, np.array(-1)))
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
    own, offered_on = {CAMPAIGN: coupons.campaign}, coupons.offered_on.astype(np.int64)
    for day in (offered_on, coupons.claimed_on, coupons.redeemed_on, coupons.expires_on):
        yield plain.cells(coupons.member, day, own)
    lasting = Spells(coupons.member, offered_on, np.maximum(offered_on, coupons.expires_on), offered_on)
    yield plain.pieces(lasting, own)[0].what
    for campaign, day in enumerate(offers.campaigns.starts_on):
        yield plain.cells(everyone, np.full(len(everyone), day), {CAMPAIGN: np.array(campaign)})


def _one_of_each(plain: Cut, member: Ints, day: Ints, own: Mapping[str, Ints]) -> Ints:
    """Places of rows that have all the cells there are among them."""
    return np.unique(plain.cells(member, day, own), return_index=True)[1]


@dataclass(frozen=True, slots=True)
class _Tally:
    """What has been counted of some periods: columns at the positions where they are not 0, members kept."""

    grid: FinestGrid
    counts: list[tuple[Ints, dict[str, Ints]]] = field(default_factory=list)
    pairs: dict[str, Ints] = field(default_factory=dict)

    def add(self, family: FactFamily, columns: Mapping[str, Ints]) -> None:
        """Note the columns of a family, counted on the grid just now."""
        several = {name: self.grid.found_in_several(column) for name, column in columns.items()}
        if sum(map(len, several.values())) < sum(len(found) for _, found in self.grid.several):
            names = ", ".join(sorted(family.columns))
            raise TypeError(f"{names}: one is computed from a count of members; return the count itself")
        self.grid.several.clear()
        self.pairs.update(several)
        filled = np.flatnonzero(reduce(np.logical_or, [column != 0 for column in columns.values()]))
        self.counts.append((filled, {name: column.ravel()[filled] for name, column in columns.items()}))

    def rows(self) -> pd.DataFrame:
        """A row for each period and cell in which anything was counted."""
        place = distinct(np.concatenate([filled for filled, _ in self.counts]))
        columns: dict[str, Ints] = {}
        for filled, values in self.counts:
            at = np.searchsorted(place, filled)
            for name, value in values.items():
                columns[name] = np.zeros(len(place), np.int64)
                columns[name][at] = value
        return pd.DataFrame(_where(self.grid, place) | columns, copy=False)

    def kept(self) -> pd.DataFrame:
        """A row for each member that a column counts in several cells of a period."""
        n = max(len(self.grid.cut.history.members), 1)
        place, member = np.divmod(np.concatenate(list(self.pairs.values())), n)
        names = pd.Categorical.from_codes(
            np.repeat(np.arange(len(self.pairs)), [len(pairs) for pairs in self.pairs.values()]),
            pd.Index(list(self.pairs), dtype="str"),
        )
        return pd.DataFrame(_where(self.grid, place) | {COLUMN: names, MEMBER: member}, copy=False)


def finest_dealings(history: History, programme: Programme, slices: Slices) -> pd.DataFrame:
    """What members did on a day at a place: member (position, `GUEST` for guests), day, the columns of
    `Dealings`, labels; by member and day."""
    finest = finest_cut(history, programme, slices)
    told = dealings(history, sales_of(history), finest)
    found: dict[str, object] = {MEMBER: np.where(told.member < 0, GUEST, told.member), "day": told.day}
    found |= {name: getattr(told, name) for name in ("visits", "bought", "debut", "again", "sold", "spent")}
    return pd.DataFrame(found | _labels(finest, told.cell), copy=False)


def _where(grid: FinestGrid, place: Ints) -> dict[str, object]:
    """Period end (day) and label of each slice of positions on the grid."""
    assert isinstance(grid.cut, FinestCut)
    period, cell = np.divmod(place, max(grid.cut.size, 1))
    return {PERIOD_END: grid.periods.last[period]} | _labels(grid.cut, cell)


def _labels(finest: FinestCut, cell: Ints) -> dict[str, object]:
    """The label of each cell in every slice."""
    return {
        name: pd.Categorical.from_codes(code, dtype=finest.categories[name], validate=False)
        for name, code in finest.codes(cell).items()
    }
