"""What members did on which day and where, as a roll-up held in memory: what is told of repeated buying, of
big spenders, of visits, and of all that follows from when members bought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from data.rollup_tables import DEALING_SLICES, DEALINGS
from data.rollups.combinations import Alike, alike_in
from data.rollups.counted_ahead import OF_DAYS, CountedAhead, CutByPlace, lasting
from data.rollups.rolled_crowds import ByCrowd, standing_cut
from data.rollups.rolled_members import RolledMembers, nobody, remember
from data.rollups.ways import ways_of
from data.turns import TURN
from loyalty_core.arrays import Flags, Ints, in_short
from loyalty_core.counting.cohorts import JOIN_MONTH, first_month
from loyalty_core.counting.cuts import MEMBER_SLICES, Cut
from loyalty_core.counting.dealings import Dealings
from loyalty_core.counting.families import FactFamily
from loyalty_core.counting.finest import GUEST
from loyalty_core.counting.gaps import gaps
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.places import Places
from loyalty_core.counting.prediction_facts import predicted
from loyalty_core.counting.purchase_facts import (
    BuyingDays,
    buying_after_first,
    buying_after_previous,
    buying_days,
    buying_in_year,
)
from loyalty_core.counting.sales import Sales, sales_of
from loyalty_core.counting.value_facts import (
    Cohorts,
    Intervals,
    cohorts,
    cycles,
    intervals,
    month_ends,
    repurchase_cycle,
    retained,
    retention,
    top_fifth,
    visitors_in,
    visits_in,
)
from loyalty_core.customers.pasts import rhythm
from loyalty_core.customers.prospects import Prospects, prospects
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import moment, ranks

if TYPE_CHECKING:
    from data.rollups.rolled import Rollups

ROWS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class RolledDealings:
    """The dealings of a snapshot, `cell` of no meaning, what they are `alike` in, and what members are.

    Kept with them is what the models promised at the closes that were asked for last.
    """

    members: RolledMembers
    labels: Mapping[str, tuple[str, ...]]
    rows: Dealings
    alike: tuple[Alike, ...]
    first_visit: int  # the day of the first of all visits of members
    _prospects: dict[int, Prospects] = field(default_factory=dict)

    def told(self, family: FactFamily, programme: Programme, grid: Grid) -> dict[str, Ints]:
        """The columns of such a family on the grid; its cut's history has none but unknown members."""
        count = next(TOLD[column] for column in family.columns if column in TOLD)
        if family.columns.isdisjoint(BY_ROWS):
            return count(self, programme, grid)
        if (of_most := self.ahead.told(family.columns, grid)) is None:
            return self._by_blocks(count, programme, grid)
        if family.columns <= OF_DAYS:
            return of_most
        of_others = self._others._by_blocks(count, programme, grid)
        return {column: of_most[column] + of_others[column] for column in of_most}

    def _by_blocks(self, count: Count, programme: Programme, grid: Grid) -> dict[str, Ints]:
        """What a count by rows gives, of some members after the others: what it makes of all rows at once
        would be several times as much as they are. In between others may have their turn."""
        found: dict[str, Ints] = {}
        for block in self.blocks():
            with TURN:
                some = count(block, programme, grid)
            for column, counts in some.items():
                found[column] = found[column] + counts if column in found else counts
        return found

    def blocks(self) -> Iterator[RolledDealings]:
        """The dealings of some members after the others."""
        rows = self.rows.member
        begins = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])[: len(rows)])
        due = np.arange(ROWS_AT_ONCE, len(rows), ROWS_AT_ONCE)
        ends = begins[np.searchsorted(begins, due, side="right") - 1]
        bounds = [0, *np.unique(ends).tolist(), len(rows)]
        for some in map(slice, bounds[:-1], bounds[1:]):
            yield self._of_rows(some)

    def _of_rows(self, rows: Ints | slice) -> RolledDealings:
        """Some of the dealings."""
        theirs = Dealings(*(getattr(self.rows, column.name)[rows] for column in fields(Dealings)))
        alike = tuple(Alike(one.number[rows], one.codes) for one in self.alike)
        return replace(self, rows=theirs, alike=alike)

    def count_ahead(self, programme: Programme, periods: Periods) -> None:
        """Count what is counted row by row in those periods, so that no filter of it looks at rows."""
        for column, count in BY_ROWS.items():
            if not self.ahead.has(column, periods):
                grid = Grid(periods, self.ahead.cut(column))
                self.ahead.keep(periods, self._by_blocks(count, programme, grid))

    @cached_property
    def ahead(self) -> CountedAhead:
        """What was counted ahead, of members by the places that they are at."""
        rows, alike = self.rows, self.alike[0]
        places = alike_in({name: alike.codes[name] for name in lasting(self.labels)})
        moved = (rows.member[1:] != rows.member[:-1]) | (alike.number[1:] != alike.number[:-1])
        at = np.flatnonzero(np.append(True, moved)[: len(rows.member)])
        ways = ways_of(rows.member[at], places.number[alike.number[at]], len(self.members))
        return CountedAhead(places, ways)

    @cached_property
    def _others(self) -> RolledDealings:
        """The dealings of members who are not counted ahead: few."""
        return self._of_rows(np.flatnonzero(self.ahead.ways.of_member[self.rows.member] < 0))

    def buying_in_year(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid, begin = self._counting(grid), int(grid.periods.last[0]) - YEAR_DAYS
        return buying_in_year(self._buying(grid, begin, self._of_buyers), grid)

    def buying_after_previous(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid = self._counting(grid)
        apart = (grid.periods.preceding(), grid.periods)
        return buying_after_previous(self._buying(grid, grid.periods.before, self._of_buyers, apart), grid)

    def buying_after_first(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid, begin = self._counting(grid), int(grid.periods.last[0]) - YEAR_DAYS
        return buying_after_first(self._buying(grid, begin, self._of_buyers & self.rows.debut), grid)

    def _buying(self, grid: Grid, begin: int, kept: Flags, apart: Sequence[Periods] = ()) -> BuyingDays:
        """The buying days from a day on, of those rows; one of many with `apart`, as of `_within`."""
        at, cell = self._within(grid, begin, kept, apart)
        rows = self.rows
        return buying_days(cell, rows.member[at], rows.day[at], rows.debut[at], rows.again[at])

    def top_spending(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid, rows = self._counting(grid), self.rows
        at, cell = self._within(grid, int(grid.periods.first[0]))
        return top_fifth(rows.member[at], rows.day[at], cell, rows.bought[at], rows.spent[at], grid)

    def visits(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid, rows = self._counting(grid), self.rows
        at, cell = self._within(grid, int(grid.periods.first[0]), rows.visits > 0)
        return visits_in(rows.member[at], rows.day[at], cell, rows.visits[at], grid)

    def visitors(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        grid, rows, first = self._counting(grid), self.rows, int(grid.periods.first[0])
        at, cell = self._within(grid, first, self._of_visitors, (grid.periods,))
        near = (rows.day >= first - YEAR_DAYS) & (rows.day < grid.periods.first[-1])
        before = np.flatnonzero(self._of_visitors & near)
        came = moment(rows.member[before], rows.day[before])
        return visitors_in(rows.member[at], rows.day[at], cell, came, self.first_visit, grid)

    def cycle(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        if not self.members.are_in_few_crowds:
            return repurchase_cycle(self.outline, self._sales, self._outlined(grid))
        found = self._intervals.at(grid.periods.last)
        return cycles(found, self._intervals.cut(grid.cut), grid)

    def retention(self, _: Programme, grid: Grid) -> dict[str, Ints]:
        if not self.members.are_in_few_crowds:
            return retention(self.outline, self._sales, self._outlined(grid))
        ends = month_ends(grid.periods)
        found = zip(ends, self._cohorts.at(ends), strict=True)
        return retained(found, self._cohorts.cut(grid.cut), first_month(self.outline, JOIN_MONTH), grid)

    def gaps(self, day: int, cut: Cut) -> Ints:
        """The gaps between purchase days that ended in the year up to a day, by class and by crowd that the
        cut lets pass at its close."""
        (found,) = self._gaps.at(np.array([day]))
        places = self._gaps.cut(cut)
        return found[places.cells(np.arange(places.size)) >= 0]

    def predictions(self, programme: Programme, grid: Grid) -> dict[str, Ints]:
        members, outlined, scale = self.members, self._outlined(grid), 10**programme.currency_decimals

        def at(close: int) -> tuple[Prospects, Ints]:
            there = (members.joined_on <= close) & ~(members.left_on <= close)
            cells = outlined.cut.cells_at(np.array([close]))[:, 0]
            return self.promised(close, scale), np.where(there, cells, -1)

        return predicted(at, scale, grid)

    def promised(self, close: int, scale: int) -> Prospects:
        """What the models, fitted to everybody, promise at a close; money in 1 ÷ scale."""
        found = self._prospects.get(close)
        if found is None:
            found = prospects(rhythm(self.outline, close + 1, scale))
            remember(self._prospects, close, found)
        return found

    @property
    def closes_told(self) -> dict[str, list[int]]:
        """The closes at which it is known what is told by crowd, by what it is."""
        return {name: getattr(self, name).closes for name in ("_intervals", "_gaps", "_cohorts")}

    def tell_closes(self, closes: Mapping[str, Sequence[int]]) -> None:
        """Find out what is told by crowd at those closes."""
        for name, days in closes.items():
            getattr(self, name).at(np.array(days, np.int64))

    @cached_property
    def daily(self) -> tuple[Ints, Ints]:
        """Each day with purchases of members, and what they spent on it."""
        mine = np.flatnonzero(self.rows.member >= 0)
        day, at = np.unique(self.rows.day[mine], return_inverse=True)
        spent = np.zeros(len(day), np.int64)
        np.add.at(spent, at, self.rows.spent[mine])
        return day, spent

    @cached_property
    def outline(self) -> History:
        """Of each member when joined and left, and the days with sales, each as one sale."""
        rows, bought = self.rows, np.flatnonzero(self._of_buyers)
        member, day, sold = rows.member[bought], rows.day[bought], rows.sold[bought]
        begins = np.flatnonzero(
            np.append(True, (member[1:] != member[:-1]) | (day[1:] != day[:-1]))[: len(member)]
        )
        empty, everyone = nobody(len(self.members)), self.members
        purchases = replace(
            empty.purchases,
            member=member[begins],
            day=day[begins],
            amount=np.add.reduceat(sold, begins, dtype=np.int64) if len(begins) else sold,
            refund=np.zeros(len(begins), bool),
        )
        told = replace(empty.members, joined_on=everyone.joined_on, left_on=everyone.left_on)
        return replace(empty, members=told, purchases=purchases)

    @cached_property
    def _sales(self) -> Sales:
        return sales_of(self.outline)

    @cached_property
    def _intervals(self) -> ByCrowd[Intervals]:
        return ByCrowd(self.members, partial(intervals, self.outline, self._sales))

    @cached_property
    def _gaps(self) -> ByCrowd[Ints]:
        return ByCrowd(self.members, partial(_gaps_at, self._sales))

    @cached_property
    def _cohorts(self) -> ByCrowd[Cohorts]:
        return ByCrowd(self.members, partial(cohorts, self.outline, self._sales))

    @cached_property
    def _of_buyers(self) -> Flags:
        """Which rows are purchases of members."""
        return self.rows.bought & (self.rows.member >= 0)

    @cached_property
    def _of_visitors(self) -> Flags:
        """Which rows are visits of members."""
        return (self.rows.visits > 0) & (self.rows.member >= 0)

    def _counting(self, grid: Grid) -> Grid:
        """The grid with as many members as there are."""
        return Grid(grid.periods, replace(grid.cut, history=nobody(len(self.members))))

    def _outlined(self, grid: Grid) -> Grid:
        return Grid(grid.periods, standing_cut(replace(grid.cut, history=self.outline), self.members))

    def _within(
        self, grid: Grid, begin: int, kept: Flags | None = None, apart: Sequence[Periods] = ()
    ) -> tuple[Ints, Ints]:
        """The rows from a day on to the last of the grid that pass its filters, and the cell of each; with
        `kept` those alone. With `apart` one of those that are alike and a member's in one such period."""
        inside = (self.rows.day >= begin) & (self.rows.day <= grid.periods.last[-1])
        at = np.flatnonzero(inside if kept is None else inside & kept)
        at = self._one_of_alike(at, apart) if apart else at
        if isinstance(grid.cut, CutByPlace):
            return grid.cut.counted(at, self.rows.member, self.alike[0].number)
        for alike in self.alike:
            at = alike.passing(at, grid.cut)
        own = {name: code for alike in self.alike for name, code in alike.codes_of(at, grid.cut.by)}
        return at, replace(grid.cut, accepted={}).cells_of(len(at), own)

    def _one_of_alike(self, at: Ints, apart: Sequence[Periods]) -> Ints:
        bounds = np.unique(np.concatenate([days for one in apart for days in (one.first - 1, one.last)]))
        told = (self.rows.member, *(one.number for one in self.alike))
        of_rows = (*(each[at] for each in told), ranks(bounds, self.rows.day[at]))
        new = np.logical_or.reduce([each[1:] != each[:-1] for each in of_rows])
        found: Ints = at[np.append(True, new)[: len(at)]]
        return found


def _gaps_at(sales: Sales, places: Places, closes: Ints) -> Iterator[Ints]:
    for day in closes.tolist():
        yield gaps(sales, places.at(day), places.size, day - YEAR_DAYS + 1, day)


Count = Callable[[RolledDealings, Programme, Grid], dict[str, Ints]]
BY_ROWS: dict[str, Count] = {
    "buyers_in_year": RolledDealings.buying_in_year,
    "previous_buyers": RolledDealings.buying_after_previous,
    "first_buyers": RolledDealings.buying_after_first,
    "visits": RolledDealings.visits,
    "visitors": RolledDealings.visitors,
}  # by a column of the family, as the next; these add up over disjoint members
TOLD: dict[str, Count] = BY_ROWS | {
    "revenue_top_fifth": RolledDealings.top_spending,
    "cycle_days": RolledDealings.cycle,
    "cohort_members": RolledDealings.retention,
    "predicted_purchases": RolledDealings.predictions,
}


def told_by_dealings(family: FactFamily) -> bool:
    """Whether the family's columns follow from dealings."""
    return not family.columns.isdisjoint(TOLD)


def rolled_dealings(told: Rollups, members: RolledMembers) -> RolledDealings:
    """The dealings of the snapshot, read."""
    column = told.table(DEALINGS.name).column
    numbers = column("member")
    guest = (numbers & (2**32 - 1)) == GUEST
    member = np.where(guest, -1, told.numbered(numbers)).astype(np.int32)
    del numbers
    values = {name: in_short(column(name)) for name in ("visits", "sold")}
    values |= {name: column(name) for name in ("bought", "debut", "again")}
    values["spent"] = column("spent").astype(np.int64, copy=False)  # which is added up most
    day = column("day")
    of_sale = [name for name in DEALING_SLICES if name not in MEMBER_SLICES]
    of_member = [name for name in DEALING_SLICES if name in MEMBER_SLICES]
    alike = tuple(alike_in({name: column(name) for name in names}) for names in (of_member, of_sale))
    came = (values["visits"] > 0) & (member >= 0)
    return RolledDealings(
        members,
        told.labels,
        Dealings(member=member, day=day, cell=member, **values),
        alike,
        first_visit=int(day[came].min(initial=NEVER)),
    )
