"""What members are worth to the shop: who spends most, how soon they are back, who comes at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints, in_short
from loyalty_core.counting.cohorts import (
    COHORT_SLICES,
    JOIN_MONTH,
    MEMBERSHIP_MONTH,
    MONTHS_FOLLOWED,
    first_month,
)
from loyalty_core.counting.dealings import check_ins
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.places import Places, places_of
from loyalty_core.counting.purchase_facts import distinct_days, places_of_sale
from loyalty_core.counting.sales import Sales
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.months import first_of, month_of
from loyalty_core.periods import Periods
from loyalty_core.timeline import moment, numbered, ranks, repeated

TOP_SHARE = 5  # one in five buyers


def top_spending(history: History, grid: Grid) -> dict[str, Ints]:
    """What the fifth of buyers spend who spend most in the period, their refunds subtracted."""
    purchases = history.purchases
    cell = grid.cut.cells(purchases.member, purchases.day, places_of_sale(history))
    return top_fifth(purchases.member, purchases.day, cell, ~purchases.refund, purchases.amount, grid)


def top_fifth(member: Ints, day: Ints, cell: Ints, bought: Flags, spent: Ints, grid: Grid) -> dict[str, Ints]:
    """As `top_spending`, of what was spent in some cell on some day; who `bought` is a buyer.

    A fifth is rounded up to whole members, so that of fewer than five buyers it is the first. Buyers
    who spend alike need no order, since the sum is the same whichever of them counts.
    """
    place = np.where(member >= 0, grid.place(day, cell), -1)
    place, spent = _spent_by_buyers(place, member, bought, spent)
    spent = spent[np.argsort(in_short(place), kind="stable")]
    buyers, top = np.bincount(place, minlength=grid.zeros.size), grid.zeros.reshape(-1)
    ends = np.cumsum(buyers)
    for at in np.flatnonzero(buyers):
        others = buyers[at] - -(-buyers[at] // TOP_SHARE)
        top[at] = np.partition(spent[ends[at] - buyers[at] : ends[at]], others)[others:].sum()
    return {"revenue_top_fifth": top.reshape(grid.shape)}


def _spent_by_buyers(place: Ints, member: Ints, bought: Flags, amount: Ints) -> tuple[Ints, Ints]:
    """Place and net amount of each buyer in each place."""
    inside = np.flatnonzero(place >= 0)
    if not len(inside):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    key = member[inside].astype(np.int64) * (int(place.max()) + 1) + place[inside]
    order = np.argsort(key, kind="stable")  # fast where rows are by member and day already
    rows, key = inside[order], key[order]
    begins = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    spent = np.add.reduceat(amount[rows], begins, dtype=np.int64)
    buys = np.logical_or.reduceat(bought[rows], begins)
    return place[rows[begins[buys]]], spent[buys]


@dataclass(frozen=True, slots=True)
class Intervals:
    """How many intervals between purchase days have ended by a close, and how many are open then: of members
    at each place, by length in days."""

    ended: Ints
    open: Ints


def repurchase_cycle(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """The median days from one purchase day to the next, as known at each close."""
    closes = grid.periods.last
    places = places_of(grid.cut).occupied(closes)
    return cycles(intervals(history, sales, places, closes), places, grid)


def cycles(found: Iterable[Intervals], places: Places, grid: Grid) -> dict[str, Ints]:
    """As `repurchase_cycle`, given the intervals at each close.

    Kaplan and Meier (1958): the first number of days after which at least half of the intervals have
    ended, where an interval that is still open counts until the close, or until its member left.
    `cycles_known` is 1 where there is one, 0 where more than half never end.
    """
    days, known = grid.zeros, grid.zeros
    cell = places.cells(np.arange(places.size))
    order = np.argsort(cell, kind="stable")[np.count_nonzero(cell < 0) :]
    cells, begins = np.unique(cell[order], return_index=True)
    for period, at_close in enumerate(found if len(cells) else ()):
        sums = (
            np.add.reduceat(each[order], begins, dtype=np.int64) for each in (at_close.ended, at_close.open)
        )
        told, median = _medians(*sums)
        days[period, cells[told]], known[period, cells[told]] = median, 1
    return {"cycle_days": days, "cycles_known": known}


def intervals(history: History, sales: Sales, places: Places, closes: Ints) -> Iterator[Intervals]:
    """The intervals of places at each of the ascending closes.

    What has ended stays ended: from one close to the next only what ended since is added, and what members
    who have moved to another place did goes with them.
    """
    first, last = int(sales.day.min(initial=closes[-1])), int(closes[-1])
    shape = places.size, last - first + 1
    following, ends = sales.following, np.zeros(shape, np.int64)
    rows_of = np.searchsorted(sales.member, np.arange(len(history.members) + 1))
    last_sale = np.full(len(history.members), -1, np.int64)
    before: Ints = last_sale.copy()
    last_close = first - 1

    def ended_at(rows: Ints, place: Ints) -> Ints:
        return _counted(place[sales.member[rows]], following[rows] - sales.day[rows], shape)

    turns = zip(closes.tolist(), _in_turn(closes, sales.day), _in_turn(closes, following), strict=True)
    for close, begun, ended in turns:
        place = places.at(close)
        moved = np.flatnonzero((place != before) & (last_sale >= 0))
        member, nth = repeated(rows_of[moved + 1] - rows_of[moved])
        theirs = rows_of[moved][member] + nth
        theirs = theirs[following[theirs] <= last_close]
        ends += ended_at(theirs, place) - ended_at(theirs, before) + ended_at(ended, place)
        last_sale[sales.member[begun]] = begun  # the last of each member stays
        begun_on = np.where(last_sale >= 0, sales.day[last_sale] if len(sales.day) else 0, 0)
        seen = np.maximum(np.minimum(history.members.left_on, close), begun_on) - begun_on
        lengths = max(close - first + 1, 1)
        still_open = _counted(np.where(last_sale >= 0, place, -1), seen, shape)
        yield Intervals(*(in_short(each[:, :lengths]) for each in (ends, still_open)))
        before, last_close = place, close


def _counted(place: Ints, length: Ints, shape: tuple[int, int]) -> Ints:
    """Intervals by place (-1 outside) and length."""
    inside = place >= 0
    key = place[inside].astype(np.int64) * shape[1] + length[inside]
    return np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape)


def _in_turn(closes: Ints, days: Ints) -> Sequence[Ints]:
    """The rows of the days up to each close and after the one before, ascending."""
    if not len(closes):
        return []
    turn = ranks(closes, days).astype(np.int16)
    order = np.argsort(turn, kind="stable")
    return np.split(order, np.cumsum(np.bincount(turn, minlength=len(closes) + 1)))[: len(closes)]


def _medians(ends: Ints, still_open: Ints) -> tuple[Ints, Ints]:
    """The places with a median among intervals by place and length, and it."""
    all_of_them = ends + still_open
    at_risk = np.cumsum(all_of_them[:, ::-1], axis=1)[:, ::-1]
    stay = 1 - np.divide(ends, at_risk, out=np.zeros(ends.shape), where=at_risk > 0)
    # Products of fractions that make a half exactly are off by a rounding or two.
    half = np.cumprod(stay, axis=1) <= 0.5 + 1e-12
    found = half.any(axis=1)
    return np.flatnonzero(found), half[found].argmax(axis=1)


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Members by place and month of joining at the end of a month, and how many of them bought in it."""

    place: Ints
    joined: Ints
    members: Ints
    buyers: Ints


def retention(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Of those who joined in a month, who bought in each calendar month that ends in the period."""
    places, ends = places_of(grid.cut, COHORT_SLICES), month_ends(grid.periods)
    found = cohorts(history, sales, places, ends)
    return retained(zip(ends, found, strict=True), places, first_month(history, JOIN_MONTH), grid)


def retained(
    found: Iterable[tuple[int, Cohorts]], places: Places, month_zero: int, grid: Grid
) -> dict[str, Ints]:
    """As `retention`, given the cohorts at the ends of months; `month_zero` is the month of the first label.

    The month of joining is month 0; who left still counts among those who joined. Members are cut
    by what they are at the end of the month.
    """
    facts = {"cohort_members": grid.zeros, "cohort_buyers": grid.zeros}
    for end, at_end in found:
        own = {JOIN_MONTH: at_end.joined - month_zero, MEMBERSHIP_MONTH: month_of(end) - at_end.joined}
        cell = places.cells(at_end.place, own)
        inside, period = cell >= 0, int(grid.periods.index(np.array([end]))[0][0])
        for name, counts in (("cohort_members", at_end.members), ("cohort_buyers", at_end.buyers)):
            np.add.at(facts[name][period], cell[inside], counts[inside])
    return facts


def cohorts(history: History, sales: Sales, places: Places, ends: Ints) -> Iterator[Cohorts]:
    """The cohorts of places at the ascending ends of months, each followed for so many months."""
    joined = month_of(history.members.joined_on)
    for end, begun in zip(ends.tolist(), _in_turn(ends, sales.day), strict=True):
        month = int(month_of(end))
        first = month - MONTHS_FOLLOWED
        bought = np.zeros(len(joined), bool)
        bought[sales.member[begun[sales.day[begun] >= int(first_of(month))]]] = True
        place = places.at(end)
        inside = np.flatnonzero((place >= 0) & (joined >= first) & (joined <= month))
        key = place[inside].astype(np.int64) * (MONTHS_FOLLOWED + 1) + joined[inside] - first
        keys, cohort = numbered(key)
        members = np.bincount(cohort, minlength=len(keys))
        buyers = np.bincount(cohort[bought[inside]], minlength=len(keys))
        at, since = np.divmod(keys, MONTHS_FOLLOWED + 1)
        yield Cohorts(at, since + first, members, buyers)


def month_ends(periods: Periods) -> Ints:
    """The last days of the calendar months that end in the periods."""
    months = np.arange(int(month_of(periods.first[0])), int(month_of(periods.last[-1])) + 1)
    ends = first_of(months + 1) - 1
    within: Ints = ends[ends <= periods.last[-1]]
    return within


def visits(history: History, grid: Grid) -> dict[str, Ints]:
    """Days on which a member buys or checks in, and sales to guests; a check-in tells no place of sale."""
    member, day, own = _comings(history)
    return visits_in(member, day, grid.cut.cells(member, day, own), np.ones(len(member), np.int64), grid)


def visits_in(member: Ints, day: Ints, cell: Ints, times: Ints, grid: Grid) -> dict[str, Ints]:
    """As `visits`, of members who came to a cell on a day, and guests who came so many times."""
    place = grid.place(day, cell)
    guest = member < 0
    once = distinct_days(np.where(guest, -1, place), member, day)
    return {"visits": grid.count(place[once]) + grid.total(np.where(guest, place, -1), times)}


def returning_visitors(history: History, grid: Grid) -> dict[str, Ints]:
    """Members with a visit in the period, and those of them who had come in the 365 days before it.

    Before the first visit of all nothing is known: periods that begin no later have no visitors here.
    """
    member, day, own = _comings(history)
    cell, mine = grid.cut.cells(member, day, own), member >= 0
    came, begins = moment(member[mine], day[mine]), int(day[mine].min(initial=NEVER))
    return visitors_in(member, day, cell, came, begins, grid)


def visitors_in(member: Ints, day: Ints, cell: Ints, came: Ints, begins: int, grid: Grid) -> dict[str, Ints]:
    """As `returning_visitors`, of those who came to a cell on a day, where `came` are the moments of all
    visits of members from a year before the first period on, and the first of all was on the day `begins`."""
    place = grid.place(day, cell)
    told = (member >= 0) & (grid.periods.first[grid.periods.index(day)[0]] > begins)
    visitors = grid.pairs(np.where(told, place, -1), member)
    return {
        "visitors": grid.members(visitors),
        "visitors_returning": grid.members(visitors[_came_before(came, visitors, grid)]),
    }


def _comings(history: History) -> tuple[Ints, Ints, dict[str, Ints]]:
    """Member, day and codes of the place of every sale and check-in."""
    purchases, (who, when) = history.purchases, check_ins(history)
    sold, unknown = ~purchases.refund, np.full(len(who), -1)
    own = {name: np.concatenate([codes[sold], unknown]) for name, codes in places_of_sale(history).items()}
    member = np.concatenate([purchases.member[sold].astype(np.int64), who])
    day = np.concatenate([purchases.day[sold].astype(np.int64), when])
    return member, day, own


def _came_before(came: Ints, visitors: Ints, grid: Grid) -> Flags:
    """Whether the visitor of each pair came in the 365 days before the pair's period."""
    place, who = np.divmod(visitors, max(len(grid.cut.history.members), 1))
    first = grid.periods.first[place // grid.cut.size]
    came = came if np.all(came[1:] >= came[:-1]) else np.sort(came)
    row = np.searchsorted(came, moment(who, first - YEAR_DAYS))
    recent: Flags = np.append(came, np.iinfo(np.int64).max)[row] < moment(who, first)
    return recent
