"""The refunds behind a ledger's reverse entries: what each takes back and brings back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.earning.earner import Earner, birthdays, events
from loyalty_core.facts import EARN, ENTRY_KINDS, REDEEM, REVERSE
from loyalty_core.kernel.outcomes import Sale
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversals:
    """For one account and each of n purchases that is a refund, in point units: the points due back from
    the member, those due to the member, and what the ledger books of both. And the refund of each entry."""

    sale: Ints  # the sale that the refund names, -1 where it names none
    due_back: Ints
    due_in: Ints
    booked_back: Ints
    booked_in: Ints
    refund: Ints  # per entry of the history, -1 where it is no reverse entry or there is no refund


class Refunds:
    """The refunds of a ledger, of which every account takes its part."""

    def __init__(self, ledger: ImportedLedger, versions: Versions, tiers: Sequence[Ints]):
        """`tiers` are, for each version, those of each purchase's member at the time."""
        self._ledger, self._versions, self._tiers = ledger, versions, tiers
        purchases, entries = ledger.history.purchases, ledger.history.entries
        self._bought = len(purchases.member)
        self._refund = np.where(entries.kind == ENTRY_KINDS.index(REVERSE), _refund_behind(ledger), -1)
        earlier = purchases.refund_of < np.arange(self._bought)
        self._sale = np.where(earlier, purchases.refund_of, -1)
        self._before = _refunded_before(ledger)

    def reversals(self, account: int, name: str) -> Reversals:
        """What refunds do in an account, whose code and name these are."""
        refund, refunds = self._refund, np.flatnonzero(self._ledger.history.purchases.amount < 0)
        amount = self._ledger.history.entries.amount
        due_back, due_in = np.zeros(self._bought, np.int64), np.zeros(self._bought, np.int64)
        named = self._ledger.history.purchases.refund_of[refunds] >= 0
        known, blind = refunds[named & (self._sale[refunds] >= 0)], refunds[~named]
        due_back[known] = self._share(known, self._booked(EARN, account))
        version = self._versions.places_at(self._ledger.history.purchases.day[blind])
        for place in np.unique(version).tolist():
            own = blind[version == place]
            due_back[own] = self._worth(own, name, place)
        due_in[known] = self._share(known, -self._booked(REDEEM, account))
        of_account = (refund >= 0) & (self._ledger.history.entries.codes["account"] == account)
        return Reversals(
            sale=self._sale,
            due_back=due_back,
            due_in=due_in,
            booked_back=self._summed(of_account & (amount < 0), -amount),
            booked_in=self._summed(of_account & (amount > 0), amount),
            refund=refund,
        )

    def _share(self, refund: Ints, points: Ints) -> Ints:
        """The part of its sale's points that each refund stands for."""
        purchases, sale = self._ledger.history.purchases, self._sale[refund]
        never = np.full(len(refund), NEVER)
        sold = Sale(
            amount_minor=purchases.amount[sale],
            refunded_minor=self._before[refund],
            earned={},
            available_on=never,
            expires_on=never,
        )
        return sold.share(-purchases.amount[refund], points[sale])

    def _booked(self, kind: str, account: int) -> Ints:
        """What entries of a kind moved in an account, per purchase."""
        entries = self._ledger.history.entries
        chosen = (entries.kind == ENTRY_KINDS.index(kind)) & (entries.codes["account"] == account)
        event = self._ledger.event
        total: Ints = np.zeros(self._bought, np.int64)
        about = chosen & (event >= 0) & (event < self._bought)
        np.add.at(total, event[about], entries.amount[about])
        return total

    def _summed(self, chosen: Ints, amount: Ints) -> Ints:
        total: Ints = np.zeros(self._bought, np.int64)
        np.add.at(total, self._refund[chosen], amount[chosen])
        return total

    def _worth(self, refund: Ints, name: str, version: int) -> Ints:
        """What the amounts of refunds would earn at the time, for those that name no sale."""
        history, programme = self._ledger.history, self._versions.programmes[version]
        purchases = history.purchases
        earner = Earner(programme, history.labels, birthdays(history.versions, len(history.members)))
        member = purchases.member[refund]
        refunded = events(
            np.maximum(member, 0),
            purchases.day[refund],
            amount_minor=-purchases.amount[refund],
            quantity=np.abs(purchases.quantity[refund]),
            store=purchases.codes["store"][refund],
            channel=purchases.codes["channel"][refund],
            categories=purchases.codes["categories"][refund],
        )
        worth = earner.worth(PURCHASE, refunded, self._tiers[version][refund]).total(name)
        return np.where(member >= 0, worth, 0)


def _refund_behind(ledger: ImportedLedger) -> Ints:
    """The refund that each entry names, or that of the sale it names on the entry's day, else -1."""
    purchases, day = ledger.history.purchases, ledger.history.entries.day
    bought = len(purchases.member)
    event = np.where(ledger.event < bought, ledger.event, -1)
    found = np.where(np.append(purchases.amount < 0, False)[event], event, -1)
    refunds = np.flatnonzero(purchases.refund_of >= 0)
    of_day = {(int(purchases.refund_of[r]), int(purchases.day[r])): int(r) for r in refunds[::-1]}
    for place in np.flatnonzero((event >= 0) & (found < 0)) if of_day else ():
        found[place] = of_day.get((int(event[place]), int(day[place])), -1)
    return found


def _refunded_before(ledger: ImportedLedger) -> Ints:
    """What earlier refunds took of each refund's sale, in minor units."""
    purchases = ledger.history.purchases
    before: Ints = np.zeros(len(purchases.member), np.int64)
    so_far: dict[int, int] = {}
    for refund in np.flatnonzero(purchases.refund_of >= 0):
        sale = int(purchases.refund_of[refund])
        before[refund] = so_far.get(sale, 0)
        so_far[sale] = int(before[refund]) - int(purchases.amount[refund])
    return before
