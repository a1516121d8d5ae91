"""Lots of points at each close: issued, redeemed, left, and what of them will still be redeemed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.counting.cohorts import EARN_MONTH, LOT_AGE, LOT_EXPIRY, LOT_SLICES, first_month
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.finance.development import Development, Triangle, promised, redemption_triangle
from loyalty_core.finance.point_worth import age_groups, expiry_groups, mature_lots
from loyalty_core.finance.redemption_error import RedemptionError, redemption_error
from loyalty_core.history import History
from loyalty_core.months import month_of
from loyalty_core.points.lot_changes import LotChanges, lot_changes
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
    bounds, cells = grid.periods.bounds, _LotCells(grid.cut, changes.batches, month_zero)
    changes = changes if cells.of_members.slices else changes.of_all
    outlooks = [at(int(day)) for day in bounds]
    facts: dict[str, Ints] = {name: np.zeros((len(bounds), grid.cut.size), np.int64) for name in _COLUMNS}
    for block in cells.blocks():
        found = changes.at_closes(bounds, cells.places(bounds, block), len(block))
        for nth, points in enumerate(found):
            place, batch = np.nonzero(points[0])  # nothing goes but what came
            day, parts = int(bounds[nth]), points[:, place, batch]
            cell = cells.at(place + block.start, batch, day)
            here, columns = _standing(replace(changes.batches, day=day), cell, batch, parts, outlooks[nth])
            for name in _COLUMNS:
                facts[name][nth, here] = columns[name]
    opening = facts["points_expected"][:-1]
    return {name: counts[1:] for name, counts in facts.items()} | {"points_expected_opening": opening}


@dataclass(frozen=True)
class _LotCells:
    """The cells of lots, each of a place and a batch: a place is the cell of a member in the cut without what
    lots themselves tell."""

    cut: Cut
    batches: LotLedger
    month_zero: int

    @cached_property
    def of_members(self) -> Cut:
        by = tuple(name for name in self.cut.by if name not in LOT_SLICES)
        accepted = {name: among for name, among in self.cut.accepted.items() if name not in LOT_SLICES}
        return replace(self.cut, by=by, accepted=accepted)

    @cached_property
    def _of_those_passing(self) -> Cut:
        accepted = {name: among for name, among in self.cut.accepted.items() if name in LOT_SLICES}
        return replace(self.cut, accepted=accepted)

    def blocks(self) -> Iterator[range]:
        """All places, as many at a time as memory holds."""
        size, at_a_time = self.of_members.size, max(BLOCK_PLACES // max(len(self.batches.lot_day), 1), 1)
        return (range(begin, min(begin + at_a_time, size)) for begin in range(0, size, at_a_time))

    def places(self, closes: Ints, block: range) -> Iterator[Ints]:
        """The place of each member within the block at each close, -1 outside.

        Where nothing is asked of members, all lots are as of one.
        """
        if not self.of_members.slices:
            return repeat(np.zeros(1, np.int32), len(closes))
        cells = (self.of_members.cells_at(np.array([close]))[:, 0] for close in closes)
        return (
            np.where((cell >= block.start) & (cell < block.stop), cell - block.start, -1).astype(np.int32)
            for cell in cells
        )

    def at(self, place: Ints, batch: Ints, day: int) -> Ints:
        """The cell of each at a close, -1 outside."""
        batches, by = replace(self.batches, day=day), self.of_members.by
        codes: dict[str, Callable[[], Ints]] = {
            EARN_MONTH: lambda: month_of(batches.lot_day) - self.month_zero,
            LOT_AGE: lambda: age_groups(batches),
            LOT_EXPIRY: lambda: expiry_groups(batches),
        }
        own = {name: code()[batch] for name, code in codes.items() if name in self.cut.slices}
        labels = [len(self.cut.labels[name]) + 1 for name in by]
        shifted = np.unravel_index(place, labels) if by else ()
        own |= {name: code - 1 for name, code in zip(by, shifted, strict=True)}
        return self._of_those_passing.cells_of(len(place), own)


def _standing(
    batches: LotLedger, cell: Ints, batch: Ints, parts: Ints, outlook: Outlook
) -> tuple[Ints, dict[str, Ints]]:
    """The cells in which any lots are at the close of the ledger's day, and the columns of that close there;
    given cells, batches, and points of each part."""
    inside = cell >= 0
    here, at = numbered(cell[inside])
    came, redeemed, expired, went = parts[:, inside]
    issued, batch = came - went, batch[inside]
    mature = mature_lots(batches)[batch]
    cohorts = len(outlook.found.triangle)
    cohort = month_of(batches.lot_day)[batch] - month_of(batches.lot_day[:1]).sum()

    def by_cell(points: Ints) -> Floats:
        # Whole numbers stay exact in sums below 2**53.
        return np.asarray(np.bincount(at, points, len(here)), float)

    left: Floats = np.zeros((len(here), cohorts))
    np.add.at(left, (at, cohort), issued - redeemed - expired)
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
