"""Lots of points as roll-ups: written by parts, read again as a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import pandas as pd

from data.rollup_tables import LOT_USES, LOTS
from data.rollups.rolled import Rollups
from data.rollups.rolled_crowds import ByCrowd, standing_cut
from data.rollups.rolled_members import RolledMembers, texts
from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.cohorts import LOT_SLICES
from loyalty_core.counting.finance_facts import (
    LotsAtClose,
    Outlook,
    lots_at,
    lots_by_cell,
    outlook,
    stocks_of_lots,
)
from loyalty_core.counting.grid import Grid
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.history import History
from loyalty_core.points.lot_changes import LotChanges, lot_changes
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger


def lot_frames(history: History, as_of: int) -> dict[str, pd.DataFrame]:
    """The rows of the tables of lots; members and lots by position."""
    ledger = lot_ledger(history, as_of)
    lots = {"lot": np.arange(len(ledger.lot_day)), "member": ledger.lot_member, "day": ledger.lot_day}
    uses = {"lot": ledger.use_lot, "day": ledger.use_day, "kind": texts(ledger.use_kind, ENTRY_KINDS)}
    return {
        LOTS.name: pd.DataFrame(lots | {"expires_on": ledger.lot_expires_on, "points": ledger.lot_points}),
        LOT_USES.name: pd.DataFrame(uses | {"points": ledger.use_points}),
    }


@dataclass(frozen=True)
class RolledLots:
    """What came into the lots of a snapshot and left them, by day, and the members whose they are."""

    changes: LotChanges
    members: RolledMembers
    _outlooks: dict[int, Outlook] = field(default_factory=dict)

    def stocks(self, grid: Grid, month_zero: int) -> dict[str, Ints]:
        """The columns of `lot_stocks` on the grid; `month_zero` is the month of the first label."""
        if grid.cut.slices <= LOT_SLICES or not self.members.are_in_few_crowds:
            standing = Grid(grid.periods, standing_cut(grid.cut, self.members))
            return lots_by_cell(self.changes, self.outlook, month_zero, standing)
        found, places = self.by_crowd.at(grid.periods.bounds), self.by_crowd.cut(grid.cut)
        return stocks_of_lots(found, places, self.outlook, month_zero, grid)

    @cached_property
    def by_crowd(self) -> ByCrowd[LotsAtClose]:
        return ByCrowd(self.members, partial(lots_at, self.changes))

    def outlook(self, day: int) -> Outlook:
        """What will be redeemed of what is open, as known at the close of a day."""
        if day not in self._outlooks:
            self._outlooks[day] = outlook(self.changes.batches.upto(day))
        return self._outlooks[day]


def rolled_lots(told: Rollups, members: RolledMembers) -> RolledLots:
    """The lots of the snapshot and of those members, read."""
    lots, uses = told.table(LOTS.name).column, told.table(LOT_USES.name).column
    none = np.zeros(0, np.int64)
    ledger = LotLedger(
        day=told.as_of,
        lot_member=told.numbered(lots("member")).astype(np.int32),
        lot_day=lots("day"),
        lot_expires_on=lots("expires_on"),
        lot_points=in_short(lots("points")),
        use_lot=in_short(told.numbered(uses("lot"), told.rows(LOTS.name))),
        use_day=(use_day := uses("day")),
        use_taken_on=use_day,
        use_kind=uses("kind"),
        use_points=in_short(uses("points")),
        debt_day=none,
        debt_kind=none,
        debt_points=none,
    )
    return RolledLots(lot_changes(ledger), members)
