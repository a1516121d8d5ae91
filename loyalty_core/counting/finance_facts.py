"""Lots of points at each close: issued, redeemed, left, and what of them will still be redeemed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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

    def at(day: int) -> LotsAtClose:
        ledger = whole.upto(day)
        return LotsAtClose(ledger, promised(redemption_triangle(ledger)), {})

    return lots_by_cell(at, first_month(history, EARN_MONTH), grid)


@dataclass(frozen=True, slots=True)
class LotsAtClose:
    """The lots that are there at the close of the ledger's day, or some of them; how the redemption of the
    whole programme develops as known then; and what each lot's member is then, as codes of slices, where the
    cut's history does not tell."""

    ledger: LotLedger
    whole: Development
    own: Mapping[str, Ints]


def lots_by_cell(at: Callable[[int], LotsAtClose], month_zero: int, grid: Grid) -> dict[str, Ints]:
    """The columns of `lot_stocks`, given the lots at each close; `month_zero` is the earn month of code 0."""
    closes = [_standing(at(int(day)), month_zero, grid) for day in grid.periods.bounds]
    facts = {name: np.stack([close[name] for close in closes[1:]]) for name in closes[0]}
    facts["points_expected_opening"] = np.stack([close["points_expected"] for close in closes[:-1]])
    return facts


def _standing(lots: LotsAtClose, month_zero: int, grid: Grid) -> dict[str, Ints]:
    """The columns of one close, by cell."""
    ledger, month = lots.ledger, month_of(lots.ledger.lot_day)
    codes: dict[str, Callable[[], Ints]] = {
        EARN_MONTH: lambda: month - month_zero,
        LOT_AGE: lambda: age_groups(ledger),
        LOT_EXPIRY: lambda: expiry_groups(ledger),
    }
    own = dict(lots.own) | {name: code() for name, code in codes.items() if name in grid.cut.slices}
    cell = grid.cut.cells(ledger.lot_member, np.full(len(month), ledger.day), own)
    inside = cell >= 0
    cohort = month - month_of(lots.whole.triangle.month_first[:1]).sum()
    to_come = share_to_come(lots.whole)[cohort] if len(month) else np.zeros(0)
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
    sums |= _interval(lots.whole, cell[inside], cohort[inside], left[inside], sums["lot_points_issued"])
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
    parts = np.divide(lying, error.open, out=np.zeros(lying.shape), where=error.open > 0)
    return dict(zip(names, (*error.interval(parts), issued), strict=True))


def share_to_come(found: Development) -> Floats:
    """Of the open points of each cohort, the share that will be redeemed."""
    triangle: Triangle = found.triangle
    to_come = found.ultimate - triangle.redeemed_so_far
    share: Floats = np.divide(to_come, triangle.open, out=np.zeros(len(triangle)), where=triangle.open > 0)
    return share
