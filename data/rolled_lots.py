"""Lots of points as roll-ups: written by parts, read again as a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.rolled_members import RolledMembers, texts
from data.rollup_tables import LOT_USES, LOTS
from loyalty_core.counting.finance_facts import LotsAtClose, lots_by_cell
from loyalty_core.counting.grid import Grid
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.finance.development import Development, promised, redemption_triangle
from loyalty_core.history import History, Ints
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.timeline import repeated

if TYPE_CHECKING:
    from data.rolled import Rollups


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
    """All lots of a snapshot, by member, with what was taken from them, by lot; and their members.

    `days` is the ledger with the lots of one day as one, which tells all that the whole programme's
    redemption does.
    """

    ledger: LotLedger
    days: LotLedger
    members: RolledMembers
    _developments: dict[int, Development] = field(default_factory=dict)

    def stocks(self, grid: Grid, month_zero: int) -> dict[str, Ints]:
        """The columns of `lot_stocks` on the grid; `month_zero` is the month of the first label."""
        return lots_by_cell(lambda day: self._at(day, grid), month_zero, grid)

    def _at(self, day: int, grid: Grid) -> LotsAtClose:
        codes, accepted = self.members.codes(day, grid.cut.slices), np.ones(len(self.members), bool)
        for name in codes.keys() & grid.cut.accepted.keys():
            accepted &= grid.cut.accepted[name][codes[name] + 1]
        some = np.flatnonzero(accepted)
        ledger = self.ledger.some(*(_runs(begins, some) for begins in self._begins)).upto(day)
        own = {name: code[ledger.lot_member] for name, code in codes.items()}
        return LotsAtClose(ledger, self.development(day), own)

    @cached_property
    def _begins(self) -> tuple[Ints, Ints]:
        """Where the lots of each member begin and where their uses do, and the ends of all."""
        counts = np.bincount(self.ledger.lot_member, minlength=len(self.members))
        lots = np.append(0, np.cumsum(counts))
        return lots, np.searchsorted(self.ledger.use_lot, lots)

    def development(self, day: int) -> Development:
        """How the redemption of the whole programme develops, as known at the close of a day."""
        if day not in self._developments:
            self._developments[day] = promised(redemption_triangle(self.days.upto(day)))
        return self._developments[day]


def rolled_lots(told: Rollups, members: RolledMembers) -> RolledLots:
    """The lots of the snapshot and of those members, read."""
    lots = told.table(LOTS.name).rows(["member", "day", "expires_on", "points"])
    uses = told.table(LOT_USES.name).rows(["lot", "day", "kind", "points"])
    use_lot = told.numbered(uses["lot"], told.rows(LOTS.name))
    by_lot = np.argsort(use_lot, kind="stable")
    uses, none = {name: values[by_lot] for name, values in uses.items()}, np.zeros(0, np.int64)
    ledger = LotLedger(
        day=told.as_of,
        lot_member=told.numbered(lots["member"]).astype(np.int32),
        lot_day=lots["day"],
        lot_expires_on=lots["expires_on"],
        lot_points=lots["points"],
        use_lot=use_lot[by_lot],
        use_day=uses["day"],
        use_taken_on=uses["day"],
        use_kind=uses["kind"],
        use_points=uses["points"],
        debt_day=none,
        debt_kind=none,
        debt_points=none,
    )
    return RolledLots(ledger, ledger.by_day(), members)


def _runs(begins: Ints, some: Ints) -> Ints:
    """The numbers of all rows of some members, whose rows begin there."""
    place, nth = repeated(begins[some + 1] - begins[some])
    return begins[some][place] + nth
