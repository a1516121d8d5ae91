"""What the programme itself costs and defers: figures of all members together."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.grid import Grid
from loyalty_core.finance.deferral import deferred, points_value, recognised
from loyalty_core.finance.development import Development, promised, redemption_triangle
from loyalty_core.history import History
from loyalty_core.months import first_of, month_of
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.rules.programme import Programme


def fixed_cost(programme: Programme, grid: Grid) -> dict[str, Ints]:
    """The programme's fixed cost of the days of each period, a month's spread over its days."""
    upto = _fixed_cost_upto(grid.periods.bounds, programme.minor(programme.fixed_cost_per_month))
    return {"fixed_cost": np.diff(upto)[:, None]}


def _fixed_cost_upto(day: Ints, cost_minor: int) -> Ints:
    """Since January 1970; rounded in total, so that days add up to months, and months to the whole."""
    month = month_of(day)
    begin, end = first_of(month), first_of(month + 1)
    length, gone = end - begin, day + 1 - begin
    total: Ints = month * cost_minor + (2 * cost_minor * gone + length) // (2 * length)
    return total


def deferral(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Revenue that belongs to points (IFRS 15 B39–B43): deferred, recognised, and what is left of it.

    A month's member revenue and the points issued in it are one allocation, set with the redemption
    expected at the month's close; while the month runs, with that of the day. It is recognised as the
    points are redeemed, and in full when no more redemption is expected.
    """
    purchases = history.purchases
    of_members = purchases.member >= 0
    ledger = lot_ledger(history, int(grid.periods.last[-1]))
    return deferred_by(purchases.day[of_members], purchases.amount[of_members], ledger, programme, grid)


def deferred_by(
    day: Ints, spent: Ints, ledger: LotLedger, programme: Programme, grid: Grid
) -> dict[str, Ints]:
    """As `deferral`, of what members spent on which days, and the lots of points."""
    worth = programme.value_per_point
    if worth is None:
        return dict.fromkeys(("revenue_deferred", "revenue_recognised", "deferred_balance"), grid.zeros)
    units = float(worth) * 10.0 ** (programme.currency_decimals - programme.point_decimals)
    told = _Deferral(day, spent, units, ledger)
    totals = np.array([told.upto(int(day)) for day in grid.periods.bounds])
    set_aside, recognised = np.floor(totals + 0.5).astype(np.int64).T[:, :, None]
    return {
        "revenue_deferred": np.diff(set_aside, axis=0),
        "revenue_recognised": np.diff(recognised, axis=0),
        "deferred_balance": (set_aside - recognised)[1:],
    }


class _Deferral:
    """The allocations of what was spent, month by month; minor units of money."""

    def __init__(self, day: Ints, spent: Ints, value_minor: float, ledger: LotLedger):
        self.value_minor, self.ledger = value_minor, ledger
        self.first = int(month_of(ledger.lot_day).min()) if len(ledger.lot_day) else 0
        order = np.argsort(day, kind="stable")
        self.sale_day = day[order].astype(np.int64)
        self.revenue = np.append(0, np.cumsum(spent[order], dtype=np.int64))
        self.settled: list[float] = []  # the allocations of months that are over

    def upto(self, day: int) -> tuple[float, float]:
        """Deferred, and recognised of it, by the close of the day; days are asked for in order."""
        now = self._development(day)
        months = len(now.triangle)
        while len(self.settled) < months and self._last_day(len(self.settled)) <= day:
            closing = self._last_day(len(self.settled))
            self.settled.append(self._allocation(len(self.settled), self._development(closing), closing))
        running = [self._allocation(month, now, day) for month in range(len(self.settled), months)]
        set_aside = np.array([*self.settled[:months], *running])
        told = recognised(set_aside, now.triangle.redeemed_so_far, now.ultimate)
        return float(set_aside.sum()), float(told.sum())

    def _last_day(self, month: int) -> int:
        return int(first_of(self.first + month + 1)) - 1

    def _allocation(self, month: int, found: Development, until: int) -> float:
        """What of the month's revenue up to a day belongs to its points, as is known then."""
        bought = np.searchsorted(self.sale_day, [self._last_day(month - 1) + 1, until + 1])
        revenue = max(int(np.diff(self.revenue[bought])[0]), 0)
        issued = found.triangle.issued[month]
        rate = found.cohort_rates[month] if issued else 0.0
        return float(deferred(revenue, revenue, points_value(issued, self.value_minor, rate)))

    def _development(self, day: int) -> Development:
        return promised(redemption_triangle(self.ledger.upto(day)))
