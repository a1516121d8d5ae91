"""What members are worth to the shop: who spends most, how soon they are back, who comes at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cohorts import JOIN_MONTH, MEMBERSHIP_MONTH, MONTHS_FOLLOWED, first_month
from loyalty_core.counting.dealings import check_ins
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.purchase_facts import distinct_days, places_of_sale
from loyalty_core.counting.sales import Sales
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.months import first_of, month_of
from loyalty_core.periods import Periods
from loyalty_core.timeline import moment, ranks, repeated

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
    place, spent = _spent_by_buyers(place, member, bought, spent, grid)
    order = np.lexsort((-spent, place))
    place, spent = place[order], spent[order]
    rank = np.arange(len(place)) - np.searchsorted(place, place)
    buyers = np.bincount(place, minlength=1)
    among = rank < -(-buyers[place] // TOP_SHARE)
    return {"revenue_top_fifth": grid.total(np.where(among, place, -1), spent)}


def _spent_by_buyers(place: Ints, member: Ints, bought: Flags, amount: Ints, grid: Grid) -> tuple[Ints, Ints]:
    """Place on the grid and net amount of each buyer in each place."""
    n, inside = max(len(grid.cut.history.members), 1), np.flatnonzero(place >= 0)
    who = place[inside] * n + member[inside]
    buyer = grid.pairs(np.where(bought, place, -1), member)
    if not len(buyer):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(buyer, who), len(buyer) - 1)
    theirs = buyer[at] == who
    spent = np.zeros(len(buyer), np.int64)
    np.add.at(spent, at[theirs], amount[inside][theirs])
    return buyer // n, spent


def repurchase_cycle(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """The median days from one purchase day to the next, as known at each close.

    Kaplan and Meier (1958): the first number of days after which at least half of the intervals have
    ended, where an interval that is still open counts until the close, or until its member left.
    `cycles_known` is 1 where there is one, 0 where more than half never end.
    """
    days, known, closes = grid.zeros, grid.zeros, grid.periods.last
    present = _cells_with_members(grid)
    places = (np.where(one >= 0, np.searchsorted(present, one), -1) for one in _cells_at_closes(grid))
    longest = int(closes[-1]) - int(sales.day.min(initial=closes[-1])) + 1
    shape = len(present), longest
    for period, intervals in enumerate(_intervals(history, sales, places, closes, shape)):
        found, median = _medians(*intervals)
        days[period, present[found]], known[period, present[found]] = median, 1
    return {"cycle_days": days, "cycles_known": known}


def _cells_at_closes(grid: Grid) -> Iterator[Ints]:
    """The cell of each member at each close, -1 outside."""
    return (grid.cut.cells_at(np.array([close]))[:, 0] for close in grid.periods.last)


def _cells_with_members(grid: Grid) -> Ints:
    """The cells in which anybody is at any close; the only one where nothing is cut by."""
    if not grid.cut.by:
        return np.zeros(1, np.int64)
    found = np.zeros(grid.cut.size, bool)
    for cells in _cells_at_closes(grid):
        found[cells[cells >= 0]] = True
    return np.flatnonzero(found)


def _intervals(
    history: History, sales: Sales, places: Iterable[Ints], closes: Ints, shape: tuple[int, int]
) -> Iterator[tuple[Ints, Ints]]:
    """How many intervals of each place and length have ended by each close, and how many are open then;
    `places` are those of members at each close, -1 outside.

    What has ended stays ended: from one close to the next only what ended since is added, and what members
    who have moved to another place did goes with them.
    """
    following, ends = sales.following, np.zeros(shape, np.int64)
    rows_of = np.searchsorted(sales.member, np.arange(len(history.members) + 1))
    last_sale = np.full(len(history.members), -1, np.int64)
    before: Ints = last_sale.copy()
    last_close = int(closes[0]) - 1

    def ended_at(rows: Ints, place: Ints) -> Ints:
        return _counted(place[sales.member[rows]], following[rows] - sales.day[rows], shape)

    turns = zip(closes, places, _in_turn(closes, sales.day), _in_turn(closes, following), strict=True)
    for close, place, begun, ended in turns:
        moved = np.flatnonzero((place != before) & (last_sale >= 0))
        member, nth = repeated(rows_of[moved + 1] - rows_of[moved])
        theirs = rows_of[moved][member] + nth
        theirs = theirs[following[theirs] <= last_close]
        ends += ended_at(theirs, place) - ended_at(theirs, before) + ended_at(ended, place)
        last_sale[sales.member[begun]] = begun  # the last of each member stays
        begun_on = np.where(last_sale >= 0, sales.day[last_sale] if len(sales.day) else 0, 0)
        seen = np.maximum(np.minimum(history.members.left_on, close), begun_on) - begun_on
        yield ends, _counted(np.where(last_sale >= 0, place, -1), seen, shape)
        before, last_close = place, close


def _counted(place: Ints, length: Ints, shape: tuple[int, int]) -> Ints:
    """Intervals by place (-1 outside) and length."""
    inside = place >= 0
    key = place[inside] * shape[1] + length[inside]
    return np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape)


def _in_turn(closes: Ints, days: Ints) -> Sequence[Ints]:
    """The rows of the days up to each close and after the one before, ascending."""
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


def retention(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Of those who joined in a month, who bought in each calendar month that ends in the period.

    The month of joining is month 0; who left still counts among those who joined. Members are cut
    by what they are at the end of the month.
    """
    ends = _month_ends(grid.periods)
    facts = {"cohort_members": grid.zeros, "cohort_buyers": grid.zeros}
    size = max(4_000_000 // max(len(history.members), 1), 1)
    for start in range(0, len(ends), size):
        _add_months(facts, history, sales, grid, ends[start : start + size])
    return facts


def _month_ends(periods: Periods) -> Ints:
    months = np.arange(int(month_of(periods.first[0])), int(month_of(periods.last[-1])) + 1)
    ends = first_of(months + 1) - 1
    within: Ints = ends[ends <= periods.last[-1]]
    return within


def _add_months(facts: dict[str, Ints], history: History, sales: Sales, grid: Grid, ends: Ints) -> None:
    joined, months = month_of(history.members.joined_on), month_of(ends)
    age = months - joined[:, None]
    own = {
        JOIN_MONTH: (joined - first_month(history, JOIN_MONTH))[:, None],
        MEMBERSHIP_MONTH: np.clip(age, 0, MONTHS_FOLLOWED),
    }
    cells = grid.cut.cells_at(ends, own)
    followed = (age >= 0) & (age <= MONTHS_FOLLOWED) & (cells >= 0)
    bought = np.zeros(age.shape, bool)
    month = month_of(sales.day) - months[0] if len(months) else np.zeros(len(sales.day), np.int64)
    here = (month >= 0) & (month < len(months))
    bought[sales.member[here], month[here]] = True
    period, _ = grid.periods.index(ends)
    place = cells + period * grid.cut.size
    facts["cohort_members"] += grid.count(place[followed])
    facts["cohort_buyers"] += grid.count(place[followed & bought])


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
