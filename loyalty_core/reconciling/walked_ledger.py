"""An imported ledger walked through entry by entry: when its points should expire, what refunds move.

Points come and go as the ledger says; only their expiry is left to the declared rule, and what a
refund takes back and brings back is told by the points that are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, NAMING_THEIR_LOT, POINTS_ACCOUNT, REDEEM
from loyalty_core.history import while_enrolled
from loyalty_core.points.expiring import expires_on
from loyalty_core.points.lots import Moves, joined_moves
from loyalty_core.points.paid_lots import PaidLots
from loyalty_core.points.wallet import Wallet
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.reconciling.reversals import Reversals
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Versions

_NO_LOT = np.int32(-(2**31) + 1)  # no points have this expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The expiries of an account by lot; what refunds (per purchase) could take back and bring back; and
    the points there before each entry."""

    expiries: Moves
    taken_back: Ints
    brought_in: Ints
    balance: Ints


def walked(
    ledger: ImportedLedger, versions: Versions, account: int, reversals: Reversals, last_day: int
) -> Walked:
    """One account of all members, to the end of the last day, under the versions of their days."""
    entries, purchases = ledger.history.entries, ledger.history.purchases
    is_points = ledger.history.labels["entries.account"][account] == POINTS_ACCOUNT
    walk = _Walk(ledger, versions, reversals, is_points)
    expires = ledger.imported & (entries.kind == ENTRY_KINDS.index(EXPIRE))
    rows = np.flatnonzero((entries.codes["account"] == account) & ~expires)
    sales = np.zeros(0, np.int64)
    if is_points and any(one.expiry.inactivity_months or one.pending.days for one in versions.programmes):
        sold = ~purchases.refund & (purchases.amount >= 0)
        sales = np.flatnonzero(while_enrolled(purchases, ledger.history.members) & sold)
    member = np.append(purchases.member[sales], entries.member[rows])
    at = np.append(purchases.at[sales], entries.at[rows])
    is_entry = np.append(np.zeros(len(sales), bool), np.ones(len(rows), bool))
    order = np.lexsort((is_entry, at, member))  # sales before what they earn and what refunds take
    row, is_entry = np.append(sales, rows)[order], is_entry[order]
    day = np.append(purchases.day[sales], entries.day[rows])[order]
    for version, places in rounds(member[order], versions.places_at(day)):
        walk.follow(version)
        of_entry = is_entry[places]
        walk.bought(row[places[~of_entry]])
        walk.booked(row[places[of_entry]])
    walk.follow(int(versions.places_at(np.array([last_day]))[0]))
    walk.settle_everybody(last_day)
    return Walked(
        expiries=joined_moves(walk.expired),
        taken_back=walk.taken_back,
        brought_in=walk.brought_in,
        balance=walk.balance,
    )


class _Walk:
    """One run: the wallet it drives, and what it found. Expiry and waiting are matters of `points` alone."""

    def __init__(self, ledger: ImportedLedger, versions: Versions, reversals: Reversals, is_points: bool):
        self._ledger, self._entries = ledger, ledger.history.entries
        self._purchases, self._reversals = ledger.history.purchases, reversals
        self._versions, self._is_points, self._version = versions, is_points, 0
        first, several = versions.programmes[0], len(versions.programmes) > 1
        months = first.expiry.inactivity_months if is_points else None
        self._wallet = Wallet(len(ledger.history.members), months, remember=several)
        self._obey(first)
        n = len(self._purchases.member)
        self._paid, self._sold_on = PaidLots(n), np.full(len(ledger.history.members), _NO_LOT)
        self.expired: list[Moves] = []
        self.taken_back, self.brought_in = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.balance: Ints = np.zeros(len(self._entries.member), np.int64)

    def _obey(self, programme: Programme) -> None:
        """What depends on the programme in force."""
        claw_back = programme.refunds.claw_back
        within = claw_back == "pending_only" and not self._is_points
        self._claw_back = "within_balance" if within else claw_back
        self._restore = programme.refunds.restore

    def follow(self, version: int) -> None:
        """Go on to that version, from its first day; points keep the expiry that they were given."""
        for place in range(self._version + 1, version + 1):
            programme, day = self._versions.programmes[place], self._versions.first_day(place)
            self.settle_everybody(day - 1)
            self._obey(programme)
            if self._is_points:
                self._wallet.change_inactivity(programme.expiry.inactivity_months, day)
        self._version = max(version, self._version)

    def settle_everybody(self, day: int) -> None:
        everybody = np.arange(len(self._ledger.history.members))
        self.settle(everybody, np.full(len(everybody), day, np.int32))

    def settle(self, who: Ints, day: Ints) -> None:
        self.expired.append(self._wallet.settle(who, day).expired)

    def bought(self, index: Ints) -> None:
        """Sales, which set the clock of inactivity back."""
        who, day = self._purchases.member[index], self._purchases.day[index]
        self.settle(who, day)
        self._wallet.touch(who, day)
        self._sold_on[who] = day

    def booked(self, index: Ints) -> None:
        """Entries of different members."""
        who, amount = self._entries.member[index], self._entries.amount[index]
        self.settle(who, self._entries.day[index])
        self.balance[index] = self._wallet.balance[who]
        of_refund = self._reversals.refund[index] >= 0
        self._give(index[~of_refund & (amount > 0)])
        named = self._names_its_lot(index)
        self._take(index[~of_refund & ~named & (amount < 0)])
        self._take_named(index[~of_refund & named & (amount < 0)])
        self._take_back(index[of_refund & (amount < 0)])
        self._bring_in(index[of_refund & (amount > 0)])

    def _gone_on(self, day: Ints) -> Ints:
        """When points of those days are gone, by the versions then in force."""
        gone_on = np.full(len(day), NEVER)
        version = self._versions.places_at(day)
        for place in np.unique(version).tolist() if self._is_points else ():
            own = version == place
            gone_on[own] = expires_on(self._versions.programmes[place].expiry, day[own])
        return gone_on

    def _wait(self, day: Ints) -> Ints:
        """How many days what is earned on those days has to wait."""
        waits = [one.pending.days if self._is_points else 0 for one in self._versions.programmes]
        return np.array(waits, np.int32)[self._versions.places_at(day)]

    def _give(self, index: Ints) -> None:
        day, earned = self._entries.day[index], self._entries.kind[index] == ENTRY_KINDS.index(EARN)
        available_on = np.maximum(
            self._entries.available_on[index], day + np.where(earned, self._wait(day), np.int32(0))
        )
        who, points = self._entries.member[index], self._entries.amount[index]
        gone_on = np.where(self._names_its_lot(index), self._entries.expires_on[index], self._gone_on(day))
        self._wallet.credit(who, day, points, gone_on, available_on)

    def _names_its_lot(self, index: Ints) -> Flags:
        """True where points are moved or corrected and the entry says when they are gone."""
        kinds = [ENTRY_KINDS.index(kind) for kind in NAMING_THEIR_LOT]
        said = self._entries.expires_on[index] < NEVER
        return said & np.isin(self._entries.kind[index], kinds)

    def _take_named(self, index: Ints) -> None:
        who, points = self._entries.member[index], -self._entries.amount[index]
        gone_on, available_on = self._entries.expires_on[index], self._entries.available_on[index]
        taken = self._wallet.take_back(who, points, gone_on, available_on).total
        self._owe(who, points - taken)

    def _take(self, index: Ints) -> None:
        who, points = self._entries.member[index], -self._entries.amount[index]
        left = self._wallet.spend(who, points)
        event = self._ledger.event[index]
        redeemed = self._entries.kind[index] == ENTRY_KINDS.index(REDEEM)
        paid = redeemed & (event >= 0) & (event < len(self._purchases.member))
        purchase = np.full(len(self._ledger.history.members), -1, np.int64)
        purchase[who[paid]] = event[paid]
        lots = left.part(purchase[left.member] >= 0)
        if len(lots):
            self._paid.add(lots, who[paid], event[paid])
        taken = np.zeros(len(self._ledger.history.members), np.int64)
        np.add.at(taken, left.member, left.points)
        self._owe(who, points - taken[who])
        self._wallet.touch(who[redeemed], self._entries.day[index[redeemed]])

    def _take_back(self, index: Ints) -> None:
        """What a refund may take, once for all its entries; then the ledger has its way."""
        index = index[self.taken_back[self._reversals.refund[index]] < 0]
        refund, who = self._reversals.refund[index], self._entries.member[index]
        due, sale = self._reversals.due_back[refund], self._reversals.sale[refund]
        sold_on = np.where(sale >= 0, self._purchases.day[sale], self._sold_on[who])
        known = sold_on > _NO_LOT
        gone_on = np.where(known, self._gone_on(np.where(known, sold_on, 0).astype(np.int32)), _NO_LOT)
        wait = self._wait(np.where(known, sold_on, 0))
        since = np.where(known, sold_on + wait, 0).astype(np.int32)
        taken: Ints = np.zeros(len(index), np.int64)
        if wait.any():
            taken += self._wallet.take_back(who, due, gone_on, since, "pending_only").total
        lot = np.where(sale >= 0, gone_on, _NO_LOT)
        taken += self._wallet.take_back(who, due - taken, lot, None, self._claw_back).total
        self.taken_back[refund] = taken
        beyond = self._reversals.booked_back[refund] - taken
        self._owe(who, np.maximum(beyond, 0) - self._wallet.debit(who, np.maximum(beyond, 0)))
        day = self._entries.day[index]
        self._wallet.credit(who, day, np.maximum(-beyond, 0), self._gone_on(day))

    def _bring_in(self, index: Ints) -> None:
        """What a refund brings back of the points that paid for its sale; then the ledger has its way."""
        index = index[self.brought_in[self._reversals.refund[index]] < 0]
        refund, who, day = (
            self._reversals.refund[index],
            self._entries.member[index],
            self._entries.day[index],
        )
        came = self._restored(refund, who, day)
        self.brought_in[refund] = came
        beyond = self._reversals.booked_in[refund] - came
        self._wallet.credit(who, day, np.maximum(beyond, 0), self._gone_on(day))
        self._wallet.debit(who, np.maximum(-beyond, 0))

    def _restored(self, refund: Ints, who: Ints, day: Ints) -> Ints:
        """The points that come back to each member, put into the wallet."""
        named = self._reversals.sale[refund] >= 0
        if self._restore == "no" or not len(self._paid) or not named.any():
            return np.zeros(len(refund), np.int64)
        due = self._reversals.due_in[refund[named]]
        lots = self._paid.bring_back(self._reversals.sale[refund[named]], due)
        on = np.zeros(len(self._ledger.history.members), np.int32)
        on[who] = day
        gone_on = lots.day if self._restore == "as_before" else self._gone_on(on[lots.member])
        back = self._wallet.restore(lots.member, on[lots.member], lots.points, gone_on)
        came = np.zeros(len(self._ledger.history.members), np.int64)
        np.add.at(came, lots.member, back)
        return came[who]

    def _owe(self, who: Ints, points: Ints) -> None:
        """Points that a ledger took and that were not there: what comes in first fills the gap."""
        if points.any():
            nowhere = np.full(len(who), _NO_LOT)
            self._wallet.take_back(who, points, nowhere, claw_back="allow_negative")
