"""Lots of points at each close: issued, redeemed, left, and what of them will still be redeemed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loyalty_core.counting.cohorts import EARN_MONTH, LOT_AGE, LOT_EXPIRY, first_month
from loyalty_core.counting.grid import Grid
from loyalty_core.finance.development import Development, Floats, Triangle, promised, redemption_triangle
from loyalty_core.finance.point_worth import age_groups, expiry_groups, mature_lots
from loyalty_core.finance.redemption_error import redemption_error
from loyalty_core.history import History, Ints
from loyalty_core.months import month_of
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger

_ENDS = ("points_expected_low", "points_expected_high")


def lot_stocks(history: History, grid: Grid) -> dict[str, Ints]:
    """The lots of the account points that are there at each close, by what their member is then.

    `points_expected` of them are still to be redeemed: of the open points of each earn month the
    share that the redemption of the whole programme, as known then, promises. So slices add up to
    the whole but for rounding, and a slice that redeems much does not count as served. The interval of
    that is known of `points_in_interval` points, which are all that were issued or none.
    """
    whole = lot_ledger(history, int(grid.periods.last[-1]))
    closes = [_standing(whole.upto(int(day)), history, grid) for day in grid.periods.bounds]
    facts = {name: np.stack([close[name] for close in closes[1:]]) for name in closes[0]}
    facts["points_expected_opening"] = np.stack([close["points_expected"] for close in closes[:-1]])
    return facts


def _standing(ledger: LotLedger, history: History, grid: Grid) -> dict[str, Ints]:
    """The columns of one close, by cell."""
    day = np.full(len(ledger.lot_day), ledger.day)
    month = month_of(ledger.lot_day)
    codes: dict[str, Callable[[], Ints]] = {
        EARN_MONTH: lambda: month - first_month(history, EARN_MONTH),
        LOT_AGE: lambda: age_groups(ledger),
        LOT_EXPIRY: lambda: expiry_groups(ledger),
    }
    own = {name: code() for name, code in codes.items() if name in grid.cut.slices}
    cell = grid.cut.cells(ledger.lot_member, day, own)
    inside = cell >= 0
    found = promised(redemption_triangle(ledger))
    to_come = share_to_come(found)[month - month.min()] if len(month) else np.zeros(0)
    mature = mature_lots(ledger)
    redeemed, left = ledger.redeemed, ledger.left
    issued = redeemed + ledger.expired + left

    def by_cell(points: Ints | Floats) -> Floats:
        return np.asarray(np.bincount(cell[inside], points[inside], grid.cut.size), float)

    points = {
        "lot_points_issued": issued,
        "lot_points_redeemed": redeemed,
        "lot_points_left": left,
        "mature_points_issued": np.where(mature, issued, 0),
        "mature_points_redeemed": np.where(mature, redeemed, 0),
        "points_expected": left * to_come,
    }
    sums = {name: by_cell(values) for name, values in points.items()}
    cohort = (month - month.min())[inside] if len(month) else month
    sums |= _interval(found, cell[inside], cohort, left[inside], sums["lot_points_issued"])
    # Whole numbers stay exact in sums below 2**53; what is expected is rounded once, halves up.
    return {name: np.floor(values + 0.5).astype(np.int64) for name, values in sums.items()}


def _interval(found: Development, cell: Ints, cohort: Ints, left: Ints, issued: Floats) -> dict[str, Floats]:
    """The ends of the interval of what is expected of those lots, by cell; 0 where nothing tells them.

    `issued` by cell, which is what the interval is known of.
    """
    names, error, size = (*_ENDS, "points_in_interval"), redemption_error(found), len(issued)
    if error is None:
        return dict.fromkeys(names, np.zeros(size))
    n = len(error.open)
    lying = np.bincount(cell * n + cohort, left, size * n).reshape(size, n)
    parts = np.divide(lying, error.open, out=np.zeros_like(lying), where=error.open > 0)
    return dict(zip(names, (*error.interval(parts), issued), strict=True))


def share_to_come(found: Development) -> Floats:
    """Of the open points of each cohort, the share that will be redeemed."""
    triangle: Triangle = found.triangle
    to_come = found.ultimate - triangle.redeemed_so_far
    share: Floats = np.divide(to_come, triangle.open, out=np.zeros(len(triangle)), where=triangle.open > 0)
    return share
