"""Lots of points at each close: issued, redeemed, left, and what of them will still be redeemed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.counting.cohorts import (
    AGES,
    EARN_MONTH,
    LOT_AGE,
    LOT_EXPIRY,
    LOT_SLICES,
    TO_EXPIRY,
    first_month,
)
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.places import Places, places_of
from loyalty_core.finance.development import Development, Triangle, promised, redemption_triangle
from loyalty_core.finance.point_worth import age_groups, expiry_groups, mature_lots
from loyalty_core.finance.redemption_error import RedemptionError, redemption_error
from loyalty_core.history import History
from loyalty_core.months import month_of
from loyalty_core.points.lot_changes import PARTS, LotChanges, lot_changes
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.timeline import numbered

_ENDS = ("points_expected_low", "points_expected_high", "points_in_interval")
_COLUMNS = (
    *("lot_points_issued", "lot_points_redeemed", "lot_points_left"),
    *("mature_points_issued", "mature_points_redeemed", "points_expected", *_ENDS),
)
BLOCK_PLACES = 2_000_000  # places × batches followed at a time


@dataclass(frozen=True)
class Outlook:
    """What will be redeemed of the open points of each earn month, as the whole programme tells."""

    found: Development

    @cached_property
    def share(self) -> Floats:
        """Of the open points of each cohort, the share that will be redeemed."""
        triangle: Triangle = self.found.triangle
        to_come = self.found.ultimate - triangle.redeemed_so_far
        share: Floats = np.divide(
            to_come, triangle.open, out=np.zeros(len(triangle)), where=triangle.open > 0
        )
        return share

    @cached_property
    def error(self) -> RedemptionError | None:
        """How sure that is; None where nothing tells."""
        return redemption_error(self.found)

    def interval(self, left: Floats, issued: Floats) -> dict[str, Floats]:
        """The ends of the interval of what is expected of points left (cells × cohorts), and of how many of
        those issued they are known; 0 where nothing tells them."""
        if self.error is None:
            return dict.fromkeys(_ENDS, np.zeros(len(left)))
        lying = self.error.open
        parts = np.divide(left, lying, out=np.zeros(left.shape), where=lying > 0)
        return dict(zip(_ENDS, (*self.error.interval(parts), issued), strict=True))


def outlook(ledger: LotLedger) -> Outlook:
    """What a ledger promises at the close of its day."""
    return Outlook(promised(redemption_triangle(ledger)))


def lot_stocks(history: History, grid: Grid) -> dict[str, Ints]:
    """The lots of the account points that are there at each close, by what their member is then.

    `points_expected` of them are still to be redeemed: of the open points of each earn month the
    share that the redemption of the whole programme, as known then, promises. So slices add up to
    the whole but for rounding, and a slice that redeems much does not count as served. The interval of
    that is known of `points_in_interval` points, which are all that were issued or none.
    """
    changes = lot_changes(lot_ledger(history, int(grid.periods.last[-1])))

    def at(day: int) -> Outlook:
        return outlook(changes.batches.upto(day))

    return lots_by_cell(changes, at, first_month(history, EARN_MONTH), grid)


def lots_by_cell(
    changes: LotChanges, at: Callable[[int], Outlook], month_zero: int, grid: Grid
) -> dict[str, Ints]:
    """The columns of `lot_stocks`, given the changes of lots and the outlook at each close; `month_zero` is
    the earn month of code 0."""
    bounds, places = grid.periods.bounds, places_of(grid.cut, LOT_SLICES)
    if grid.cut.slices <= LOT_SLICES:  # nothing is asked of members: all lots are as of one
        changes, places = changes.of_all, replace(places, at=lambda _: np.zeros(1, np.int32))
    facts: dict[str, Ints] = {}
    for part in places.parts(max(BLOCK_PLACES // max(len(changes.batches.lot_day), 1), 1)):
        found = lots_at(changes, part, bounds)
        for name, counts in stocks_of_lots(found, part, at, month_zero, grid).items():
            facts[name] = counts + facts[name] if name in facts else counts
    return facts


@dataclass(frozen=True, slots=True)
class LotsAtClose:
    """Points in lots at a close by place, cohort, groups of age and of time to expiry, and maturity: a row
    each. A cohort is a month of earning, counted from `begins`; `points` has a row for each of PARTS."""

    day: int
    begins: int
    place: Ints
    cohort: Ints
    age: Ints
    expiry: Ints
    mature: Flags
    points: Ints


def lots_at(changes: LotChanges, places: Places, closes: Ints) -> Iterator[LotsAtClose]:
    """The lots of members at those places, at each of the ascending closes."""
    begins = int(month_of(changes.batches.lot_day[:1]).sum())
    of_members = (places.at(int(close)) for close in closes)
    every = changes.at_closes(closes, of_members, places.size)
    for close, points in zip(closes.tolist(), every, strict=True):
        batches = replace(changes.batches, day=close)
        cohort = month_of(batches.lot_day) - begins
        kinds = (int(cohort.max(initial=0)) + 1, len(AGES), len(TO_EXPIRY), 2)
        of_batch = (cohort, age_groups(batches), expiry_groups(batches), mature_lots(batches).astype(int))
        place, batch = np.nonzero(points[0])  # nothing goes but what came
        keys, row = numbered(place * prod(kinds) + np.ravel_multi_index(of_batch, kinds)[batch])
        sums = np.zeros((len(PARTS), len(keys)), np.int64)
        for total, part in zip(sums, points, strict=True):
            np.add.at(total, row, part[place, batch])
        at, earned, age, expiry, mature = np.unravel_index(keys, (places.size, *kinds))
        yield LotsAtClose(close, begins, at, earned, age, expiry, mature > 0, sums)


def stocks_of_lots(
    found: Iterable[LotsAtClose],
    places: Places,
    at: Callable[[int], Outlook],
    month_zero: int,
    grid: Grid,
) -> dict[str, Ints]:
    """The columns of `lot_stocks`, given the lots at each bound of the periods."""
    shape = len(grid.periods) + 1, grid.cut.size
    facts: dict[str, Ints] = {name: np.zeros(shape, np.int64) for name in _COLUMNS}
    for nth, lots in enumerate(found):
        earned = lots.cohort + lots.begins - month_zero
        codes = {EARN_MONTH: earned, LOT_AGE: lots.age, LOT_EXPIRY: lots.expiry}
        own = {name: code for name, code in codes.items() if name in grid.cut.slices}
        here, columns = _standing(lots, places.cells(lots.place, own), at(lots.day))
        for name in _COLUMNS:
            facts[name][nth, here] = columns[name]
    opening = facts["points_expected"][:-1]
    return {name: counts[1:] for name, counts in facts.items()} | {"points_expected_opening": opening}


def _standing(lots: LotsAtClose, cell: Ints, outlook: Outlook) -> tuple[Ints, dict[str, Ints]]:
    """The cells in which any lots are at a close, and the columns of that close there."""
    inside = cell >= 0
    here, at = numbered(cell[inside])
    came, redeemed, expired, went = lots.points[:, inside]
    issued, mature = came - went, lots.mature[inside]

    def by_cell(points: Ints) -> Floats:
        # Whole numbers stay exact in sums below 2**53.
        return np.asarray(np.bincount(at, points, len(here)), float)

    left: Floats = np.zeros((len(here), len(outlook.found.triangle)))
    np.add.at(left, (at, lots.cohort[inside]), issued - redeemed - expired)
    sums = {
        "lot_points_issued": by_cell(issued),
        "lot_points_redeemed": by_cell(redeemed),
        "lot_points_left": left.sum(axis=1),
        "mature_points_issued": by_cell(np.where(mature, issued, 0)),
        "mature_points_redeemed": by_cell(np.where(mature, redeemed, 0)),
        "points_expected": (left * outlook.share).sum(axis=1),
    }
    sums |= outlook.interval(left, sums["lot_points_issued"])
    # What is expected is rounded once, halves up.
    return here, {name: np.floor(values + 0.5).astype(np.int64) for name, values in sums.items()}
