"""An imported ledger walked through entry by entry: when its points should expire, what refunds take back.

Points come and go as the ledger says; only their expiry is left to the declared rule, and what a
refund takes back is told by the points that are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.expiring import expires_on
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, REDEEM, REVERSE
from loyalty_core.history import Ints
from loyalty_core.imported_ledger import ImportedLedger
from loyalty_core.lots import Moves, joined_moves
from loyalty_core.programme import Programme
from loyalty_core.rounds import rounds
from loyalty_core.wallet import Wallet

_NO_LOT = np.int32(-(2**31) + 1)  # no points have this expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBacks:
    """For each entry what its refund takes back while points last, and the day of the sale, -1 unknown."""

    due: Ints
    sold_on: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The expiries of an account by lot, and for each entry what its claw-back could take."""

    expiries: Moves
    taken_back: Ints


def walked(
    ledger: ImportedLedger, programme: Programme, account: int, claw_backs: ClawBacks, last_day: int
) -> Walked:
    """One account of all members, to the end of the last day."""
    walk = _Walk(ledger, programme, claw_backs)
    entries, purchases = ledger.history.entries, ledger.history.purchases
    expires = ledger.imported & (entries.kind == ENTRY_KINDS.index(EXPIRE))
    rows = np.flatnonzero((entries.codes["account"] == account) & ~expires)
    sales = np.zeros(0, np.int64)
    if programme.expiry.inactivity_months is not None:
        sales = np.flatnonzero((purchases.member >= 0) & ~purchases.refund)
    member = np.append(purchases.member[sales], entries.member[rows])
    at = np.append(purchases.at[sales], entries.at[rows])
    is_entry = np.append(np.zeros(len(sales), bool), np.ones(len(rows), bool))
    order = np.lexsort((is_entry, at, member))
    row = np.append(sales, rows)[order]
    for _, places in rounds(member[order], np.zeros(len(order), np.int64)):
        of_entry = is_entry[order][places]
        walk.bought(row[places[~of_entry]])
        walk.booked(row[places[of_entry]])
    everybody = np.arange(len(ledger.history.members))
    walk.settle(everybody, np.full(len(everybody), last_day, np.int32))
    return Walked(expiries=joined_moves(walk.expired), taken_back=walk.taken_back)


class _Walk:
    """One run: the wallet it drives, and what it found."""

    def __init__(self, ledger: ImportedLedger, programme: Programme, claw_backs: ClawBacks):
        self._history, self._rule, self._claw_backs = ledger.history, programme.expiry, claw_backs
        self._pending, self._claw_back = np.int32(programme.pending.days), programme.refunds.claw_back
        self._wallet = Wallet(len(ledger.history.members), programme.expiry.inactivity_months)
        self.expired: list[Moves] = []
        self.taken_back: Ints = np.zeros(len(ledger.history.entries.member), np.int64)

    def settle(self, who: Ints, day: Ints) -> None:
        self.expired.append(self._wallet.settle(who, day).expired)

    def bought(self, index: Ints) -> None:
        """Sales, which set the clock of inactivity back."""
        who, day = self._history.purchases.member[index], self._history.purchases.day[index]
        self.settle(who, day)
        self._wallet.touch(who, day)

    def booked(self, index: Ints) -> None:
        """Entries of different members."""
        entries = self._history.entries
        self.settle(entries.member[index], entries.day[index])
        back = (entries.kind[index] == ENTRY_KINDS.index(REVERSE)) & (entries.amount[index] < 0)
        self._take_back(index[back])
        rest = index[~back]
        self._give(rest[entries.amount[rest] > 0])
        self._take(rest[entries.amount[rest] < 0])

    def _give(self, index: Ints) -> None:
        entries = self._history.entries
        day, earned = entries.day[index], entries.kind[index] == ENTRY_KINDS.index(EARN)
        available_on = np.maximum(entries.available_on[index], day + np.where(earned, self._pending, 0))
        gone_on = expires_on(self._rule, day)
        self._wallet.credit(entries.member[index], day, entries.amount[index], gone_on, available_on)

    def _take(self, index: Ints) -> None:
        entries = self._history.entries
        who, points = entries.member[index], -entries.amount[index]
        self._owe(who, points - self._wallet.debit(who, points))
        redeemed = entries.kind[index] == ENTRY_KINDS.index(REDEEM)
        self._wallet.touch(who[redeemed], entries.day[index[redeemed]])

    def _take_back(self, index: Ints) -> None:
        """What a refund may take is noted; then the ledger has its way."""
        entries = self._history.entries
        who, day = entries.member[index], entries.day[index]
        due, sold_on = self._claw_backs.due[index], self._claw_backs.sold_on[index]
        known = sold_on >= 0
        lot_gone_on = np.where(known, expires_on(self._rule, np.where(known, sold_on, 0)), _NO_LOT)
        available_on = np.where(known, sold_on + self._pending, day).astype(np.int32)
        taken = self._wallet.take_back(who, due, lot_gone_on, available_on, self._claw_back).total
        self.taken_back[index] = taken
        beyond = -entries.amount[index] - taken
        self._owe(who, np.maximum(beyond, 0) - self._wallet.debit(who, np.maximum(beyond, 0)))
        self._wallet.credit(who, day, np.maximum(-beyond, 0), expires_on(self._rule, day))

    def _owe(self, who: Ints, points: Ints) -> None:
        """Points that a ledger took and that were not there: what comes in first fills the gap."""
        if points.any():
            nowhere = np.full(len(who), _NO_LOT)
            self._wallet.take_back(who, points, nowhere, claw_back="allow_negative")
