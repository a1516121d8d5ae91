"""Purchases of members and guests in each period, and who bought again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints, in_short
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.sales import Sales
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.timeline import Spells, moment


@dataclass(frozen=True, slots=True)
class _Bought:
    """Purchases of members with their cells; amounts in minor units, units taken back negative."""

    member: Ints
    day: Ints
    cell: Ints
    sale: Flags
    amount: Ints
    units: Ints
    first_day: Ints  # on which their member ever bought


def purchase_flows(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """What members bought; each row by what the member was on that day and by where it was bought."""
    rows = grid.once("bought", lambda: _bought(history, sales, grid.cut))
    place = grid.place(rows.day, rows.cell)
    sold = np.where(rows.sale, place, -1)
    known_before = rows.first_day < grid.periods.first[grid.periods.index(rows.day)[0]]
    return {
        "purchases": grid.count(sold),
        "revenue": grid.total(place, rows.amount),
        "revenue_existing": grid.total(np.where(known_before, place, -1), rows.amount),
        "units_sold": grid.total(sold, rows.units),
        "units_kept": grid.total(place, rows.units),
        "buyers": grid.members(grid.pairs(sold, rows.member)),
    }


def _bought(history: History, sales: Sales, cut: Cut) -> _Bought:
    purchases = history.purchases
    rows = np.flatnonzero(purchases.member >= 0)
    member, day, refund = purchases.member[rows], purchases.day[rows], purchases.refund[rows]
    own = {name: codes[rows] for name, codes in places_of_sale(history).items()}
    quantity = purchases.quantity[rows]
    return _Bought(
        member,
        day,
        cut.cells(member, day, own),
        ~refund,
        purchases.amount[rows],
        np.where(refund, -np.abs(quantity), quantity),
        sales.first_day(len(history.members))[member],
    )


def guest_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Sales without a member: nothing is known of who bought."""
    purchases, rows = history.purchases, np.flatnonzero(history.purchases.member < 0)
    own = {name: codes[rows] for name, codes in places_of_sale(history).items()}
    place = grid.place(purchases.day[rows], grid.cut.cells(purchases.member[rows], purchases.day[rows], own))
    return {
        "guest_purchases": grid.count(np.where(purchases.refund[rows], -1, place)),
        "guest_revenue": grid.total(place, purchases.amount[rows]),
    }


def places_of_sale(history: History) -> dict[str, Ints]:
    """Codes of where each purchase happened, by slice."""
    codes = history.purchases.codes
    return {f"purchase_{name}": codes[name] for name in ("channel", "store") if name in codes}


@dataclass(frozen=True, slots=True)
class BuyingDays:
    """Distinct (cell, member, day) of sales within a cut, sorted.

    A first-time buyer's first day is a `debut`; `again` marks those whose buyer was back within 90 days,
    wherever that was.
    """

    cell: Ints
    member: Ints
    day: Ints
    debut: Flags
    again: Flags

    def rows(self, kept: Ints | Flags) -> BuyingDays:
        """Some of them, in that order."""
        return BuyingDays(
            self.cell[kept], self.member[kept], self.day[kept], self.debut[kept], self.again[kept]
        )


def buying_days(cell: Ints, member: Ints, day: Ints, debut: Flags, again: Flags) -> BuyingDays:
    """The distinct ones of rows in any order, those outside the cut (cell -1) left out."""
    return BuyingDays(cell, member, day, debut, again).rows(distinct_days(cell, member, day))


def distinct_days(cell: Ints, member: Ints, day: Ints) -> Ints:
    """The rows that have each (cell, member, day) once, sorted thus, those outside the cut left out."""
    rows = np.flatnonzero(cell >= 0)
    key, cell = moment(member[rows], day[rows]), cell[rows]
    in_turn = not np.any(key[1:] < key[:-1])
    if not in_turn or np.any(cell[1:] != cell[:-1]):
        order = np.argsort(in_short(cell), kind="stable") if in_turn else np.lexsort((key, cell))
        rows, key, cell = rows[order], key[order], cell[order]
    kept: Ints = rows[np.append(True, (key[1:] != key[:-1]) | (cell[1:] != cell[:-1]))[: len(key)]]
    return kept


def sale_days(history: History, sales: Sales, cut: Cut) -> BuyingDays:
    """The buying days of members within the cut."""
    purchases, n = history.purchases, len(history.members)
    sale = ~purchases.refund & (purchases.member >= 0)
    member, day = purchases.member[sale].astype(np.int64), purchases.day[sale].astype(np.int64)
    cell = cut.cells(member, day, {name: codes[sale] for name, codes in places_of_sale(history).items()})
    return buying_days(cell, member, day, *debuts(sales, n, member, day))


def debuts(sales: Sales, n: int, member: Ints, day: Ints) -> tuple[Flags, Flags]:
    """Whether each is the first purchase day of one of n members, and whether that one was back within 90
    days; where nobody buys on that day, neither is asked."""
    new = np.append(True, sales.member[1:] != sales.member[:-1])[: len(sales.member)]
    first, second = np.full((2, n + 1), NEVER, np.int64)  # the last one is a guest
    first[sales.member[new]], second[sales.member[new]] = sales.day[new], sales.following[new]
    debut: Flags = day == first[member]
    return debut, debut & (second[member] - day <= 90)


def buying_in_year(visits: BuyingDays, grid: Grid) -> dict[str, Ints]:
    """Who bought, and who bought on two days, within the 365 days up to the close.

    A visit keeps its buyer among them for 365 days, or until the next visit does; a pair of
    successive visits likewise for 365 days from the first of the two.
    """
    following = _next_day(visits, 1)
    until = visits.day + YEAR_DAYS - 1
    once = Spells(visits.member, visits.day, np.minimum(until, following - 1), visits.cell)
    after_next = _next_day(visits, 2)
    twice = Spells(visits.member, following, np.minimum(until, after_next - 1), visits.cell)
    return {
        "buyers_in_year": grid.standing(once),
        "repeat_buyers_in_year": grid.standing(twice.where(twice.start <= twice.end)),
    }


def _next_day(visits: BuyingDays, steps: int) -> Ints:
    """Day of the same buyer's visit that many visits later in the same cell; NEVER where there is none."""
    day = np.full(len(visits.day), NEVER, np.int64)
    same = (visits.member[steps:] == visits.member[:-steps]) & (visits.cell[steps:] == visits.cell[:-steps])
    day[:-steps][same] = visits.day[steps:][same]
    return day


def buying_after_previous(visits: BuyingDays, grid: Grid) -> dict[str, Ints]:
    """Buyers of the period before each, and those of them who buy again in it."""
    previous = Grid(grid.periods.preceding(), grid.cut)
    before = previous.pairs(previous.place(visits.day, visits.cell), visits.member)
    now = grid.pairs(grid.place(visits.day, visits.cell), visits.member)
    again = np.intersect1d(before, now, assume_unique=True)
    return {"previous_buyers": grid.members(before), "previous_buyers_again": grid.members(again)}


def buying_after_first(visits: BuyingDays, grid: Grid) -> dict[str, Ints]:
    """First-time buyers of 91 to 180 days before the close, and those back within 90 days of that day."""
    day = visits.day[visits.debut]
    cohort = Spells(visits.member[visits.debut], day + 91, day + 180, visits.cell[visits.debut])
    return {
        "first_buyers": grid.standing(cohort),
        "first_buyers_again": grid.standing(cohort.where(visits.again[visits.debut])),
    }
