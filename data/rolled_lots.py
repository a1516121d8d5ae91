"""Lots of points and what members are from when on, as roll-ups: written by parts, read again as a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.rollup_tables import LOT_USES, LOTS, MEMBER_PROFILES, MEMBER_TIERS, PROFILE_SLICES
from loyalty_core.columns import Columns
from loyalty_core.counting.finance_facts import LotsAtClose, lots_by_cell
from loyalty_core.counting.grid import Grid
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.finance.development import Development, promised, redemption_triangle
from loyalty_core.history import History, Ints
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import latest_at, value_at

if TYPE_CHECKING:
    from data.rollups import Rollups

DAYS_REMEMBERED = 8  # of which everybody's attributes are held


def lot_frames(history: History, programme: Programme, as_of: int) -> dict[str, pd.DataFrame]:
    """The rows of the tables of lots and of what their members are; members and lots by position."""
    versions, moves, ledger = history.versions, history.tier_changes, lot_ledger(history, as_of)
    profiles: dict[str, object] = {"member": versions.member, "day": versions.valid_from}
    for name in PROFILE_SLICES:
        attribute = name.removeprefix("member_")
        labels = history.labels.get(f"members.{attribute}", ())
        profiles[name] = _texts(versions.codes[attribute], labels)
    tiers = _texts(moves.to_tier, [tier.name for tier in programme.tiers])
    lots = {"lot": np.arange(len(ledger.lot_day)), "member": ledger.lot_member, "day": ledger.lot_day}
    uses = {"lot": ledger.use_lot, "day": ledger.use_day, "kind": _texts(ledger.use_kind, ENTRY_KINDS)}
    return {
        MEMBER_PROFILES.name: pd.DataFrame(profiles),
        MEMBER_TIERS.name: pd.DataFrame({"member": moves.member, "day": moves.day, "member_tier": tiers}),
        LOTS.name: pd.DataFrame(lots | {"expires_on": ledger.lot_expires_on, "points": ledger.lot_points}),
        LOT_USES.name: pd.DataFrame(uses | {"points": ledger.use_points}),
    }


def _texts(codes: Ints, labels: Iterable[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(list(labels), dtype="str"))


@dataclass(frozen=True, slots=True)
class RolledLots:
    """All lots of a snapshot with what was taken from them, and what their members are from when on.

    `attributes` holds events (member, day, a code for each of some slices) by member and day. `days` is the
    ledger with the lots of one day as one, which tells all that the whole programme's redemption does.
    """

    ledger: LotLedger
    days: LotLedger
    members: int
    attributes: tuple[tuple[Ints, Ints, Mapping[str, Ints]], ...]
    _codes: dict[int, Mapping[str, Ints]] = field(default_factory=dict)
    _developments: dict[int, Development] = field(default_factory=dict)

    def stocks(self, grid: Grid, month_zero: int) -> dict[str, Ints]:
        """The columns of `lot_stocks` on the grid; `month_zero` is the month of the first label."""
        return lots_by_cell(lambda day: self._at(day, grid), month_zero, grid)

    def _at(self, day: int, grid: Grid) -> LotsAtClose:
        codes, accepted = self.codes(day), np.ones(self.members, bool)
        for name, among in grid.cut.accepted.items():
            if name in codes:
                accepted &= among[codes[name] + 1]
        ledger = self.ledger.of_members(accepted).upto(day)
        own = {name: codes[name][ledger.lot_member] for name in grid.cut.slices if name in codes}
        return LotsAtClose(ledger, self.development(day), own)

    def codes(self, day: int) -> Mapping[str, Ints]:
        """What every member is at the close of a day: codes of the slices, -1 where unknown."""
        if day not in self._codes:
            while len(self._codes) >= DAYS_REMEMBERED:
                self._codes.pop(next(iter(self._codes)), None)
            found: dict[str, Ints] = {}
            for member, since, codes in self.attributes:
                row = latest_at(member, since, self.members, np.array([day]))[:, 0]
                found |= {name: value_at(row, values, np.int32(-1)) for name, values in codes.items()}
            self._codes[day] = found
        return self._codes[day]

    def development(self, day: int) -> Development:
        """How the redemption of the whole programme develops, as known at the close of a day."""
        if day not in self._developments:
            self._developments[day] = promised(redemption_triangle(self.days.upto(day)))
        return self._developments[day]


def rolled_lots(told: Rollups) -> RolledLots:
    """The lots of the snapshot and their members' attributes, read."""
    lots = told.table(LOTS.name).frame(["member", "day", "expires_on", "points"], {})
    uses = told.table(LOT_USES.name).frame(["lot", "day", "kind", "points"], {})
    none = np.zeros(0, np.int64)
    kind, day = Columns(uses, "uses").choices("kind", ENTRY_KINDS), uses["day"].to_numpy()
    ledger = LotLedger(
        day=told.as_of,
        lot_member=told.numbered(lots["member"].to_numpy()).astype(np.int32),
        lot_day=lots["day"].to_numpy(),
        lot_expires_on=lots["expires_on"].to_numpy(),
        lot_points=lots["points"].to_numpy(),
        use_lot=told.numbered(uses["lot"].to_numpy(), told.rows(LOTS.name)),
        use_day=day,
        use_taken_on=day,
        use_kind=kind,
        use_points=uses["points"].to_numpy(),
        debt_day=none,
        debt_kind=none,
        debt_points=none,
    )
    tables = {MEMBER_PROFILES.name: PROFILE_SLICES, MEMBER_TIERS.name: ("member_tier",)}
    attributes = tuple(_attributes(told, name, slices) for name, slices in tables.items())
    return RolledLots(ledger, ledger.by_day(), sum(told.members.values()), attributes)


def _attributes(told: Rollups, table: str, slices: tuple[str, ...]) -> tuple[Ints, Ints, dict[str, Ints]]:
    rows = told.table(table).frame(["member", "day", *slices], {})
    columns = Columns(rows, table)
    codes = {name: columns.choices(name, told.labels[name]) for name in slices}
    return told.numbered(rows["member"].to_numpy()), rows["day"].to_numpy(), codes
