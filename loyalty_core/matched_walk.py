"""Imported expiries and reversals held against what the declared rules make of the ledger before them."""

from __future__ import annotations

import numpy as np

from loyalty_core.earner import Earner, birthdays, earning_amount, events
from loyalty_core.earning_rules import PURCHASE
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, REDEEM, REVERSE, STORED_VALUE_ACCOUNT
from loyalty_core.history import Flags, Ints
from loyalty_core.imported_ledger import ImportedLedger
from loyalty_core.mismatch import Matched, Mismatch, compared
from loyalty_core.programme import Programme
from loyalty_core.stored_value import share
from loyalty_core.walked_ledger import ClawBacks, Walked, walked


def matched_walk(ledger: ImportedLedger, programme: Programme, tier: Ints, last_day: int) -> list[Matched]:
    """Every imported expire and reverse entry of accounts that hold points, account by account."""
    reversals = _Reversals(ledger, programme, tier)
    found = []
    for code, name in enumerate(ledger.history.labels.get("entries.account", ())):
        if name.startswith(STORED_VALUE_ACCOUNT):
            continue
        claw_backs = reversals.claw_backs(code, name)
        run = walked(ledger, programme, code, claw_backs, last_day)
        found += [_expiries(ledger, code, run), reversals.matched(code, claw_backs, run)]
    return found


def _expiries(ledger: ImportedLedger, account: int, run: Walked) -> Matched:
    """Expire entries of an account, those of a member and day as a sum."""
    entries = ledger.history.entries
    index = _of(ledger, EXPIRE, account)
    members = np.append(run.expiries.member, entries.member[index])
    days = np.append(run.expiries.day, entries.day[index]).astype(np.int64)
    width = int(days.max(initial=0)) - int(days.min(initial=0)) + 1
    _, key = np.unique(members * width + days - int(days.min(initial=0)), return_inverse=True)
    n, due = int(key.max(initial=-1)) + 1, len(run.expiries)
    expected, found = np.zeros(n, np.int64), np.zeros(n, np.int64)
    np.add.at(expected, key[:due], -run.expiries.points)
    np.add.at(found, key[due:], entries.amount[index])
    found, expected = found[key[due:]], expected[key[due:]]
    mismatch = compared(found, expected)
    same = _same_points(run, entries.member[index], found)
    mismatch = np.where((mismatch != Mismatch.NONE) & same, Mismatch.OTHER_DAY, mismatch)
    return Matched(index=index, found=found, expected=expected, mismatch=mismatch)


def _same_points(run: Walked, member: Ints, found: Ints) -> Flags:
    """Whether as many points of the member expire on some day, in one lot."""
    lots = {(int(m), int(points)) for m, points in zip(run.expiries.member, run.expiries.points, strict=True)}
    pairs = zip(member, found, strict=True)
    return np.array([(int(m), -int(points)) in lots for m, points in pairs], bool)


class _Reversals:
    """What refunds should take back and bring back, per entry of an account."""

    def __init__(self, ledger: ImportedLedger, programme: Programme, tier: Ints):
        self._ledger, self._programme, self._tier = ledger, programme, tier
        purchases, entries = ledger.history.purchases, ledger.history.entries
        bought = len(purchases.member)
        reverses = entries.kind == ENTRY_KINDS.index(REVERSE)
        event = np.where(reverses & (ledger.event < bought), ledger.event, -1)
        is_refund = np.append(purchases.refund, False)
        self._refund = np.where(is_refund[event], event, _refund_of_that_day(ledger, event))
        self._sale = np.append(purchases.refund_of, -1)[self._refund]
        self._before, self._after = _refunded(ledger)

    def claw_backs(self, account: int, name: str) -> ClawBacks:
        """What each reversal's refund takes back of an account, and the day of its sale."""
        purchases = self._ledger.history.purchases
        earned = self._booked(EARN, account)
        due = self._in_proportion(earned)
        blind = (self._refund >= 0) & (self._sale < 0)
        due[blind] = self._worth(self._refund[blind], np.flatnonzero(blind), name)
        sold_on = np.where(self._sale >= 0, np.append(purchases.day, -1)[self._sale], -1)
        return ClawBacks(due=due, sold_on=sold_on)

    def matched(self, account: int, claw_backs: ClawBacks, run: Walked) -> Matched:
        """Reverse entries of an account: negative ones take back, positive ones bring back."""
        entries = self._ledger.history.entries
        index = _of(self._ledger, REVERSE, account)
        found = entries.amount[index]
        back = self._in_proportion(-self._booked(REDEEM, account))
        if self._programme.refunds.restore == "no":
            back = np.zeros_like(back)
        expected = np.where(found < 0, -run.taken_back[index], back[index])
        mismatch = np.where(self._refund[index] < 0, Mismatch.NO_REFUND, compared(found, expected))
        return Matched(index=index, found=found, expected=expected, mismatch=mismatch)

    def _in_proportion(self, of_sale: Ints) -> Ints:
        """The part that each entry's refund has of what its sale moved, rounded down in total."""
        amount = np.append(np.maximum(self._ledger.history.purchases.amount, 1), 1)[self._sale]
        moved = np.append(of_sale, 0)[self._sale]
        before, after = (np.append(one, 0)[self._refund] for one in (self._before, self._after))
        part = share(np.minimum(after, amount), moved, amount) - share(
            np.minimum(before, amount), moved, amount
        )
        return np.where((self._sale >= 0) & (self._refund >= 0), part, 0)

    def _booked(self, kind: str, account: int) -> Ints:
        """What entries of a kind moved in an account, per purchase."""
        index = _of(self._ledger, kind, account)
        event = self._ledger.event[index]
        bought = len(self._ledger.history.purchases.member)
        total: Ints = np.zeros(bought, np.int64)
        about = (event >= 0) & (event < bought)
        np.add.at(total, event[about], self._ledger.history.entries.amount[index[about]])
        return total

    def _worth(self, refund: Ints, entry: Ints, name: str) -> Ints:
        """What the amounts of refunds would earn now, for those that name no sale."""
        history, programme = self._ledger.history, self._programme
        earner = Earner(programme, history.labels, birthdays(history.versions, len(history.members)))
        purchases = history.purchases
        amount = earning_amount(programme, -purchases.amount[refund], purchases.paid_points[refund])
        refunded = events(
            purchases.member[refund],
            purchases.day[refund],
            amount_minor=amount,
            quantity=np.abs(purchases.quantity[refund]),
            store=purchases.codes["store"][refund],
            channel=purchases.codes["channel"][refund],
            categories=purchases.codes["categories"][refund],
        )
        return earner.worth(PURCHASE, refunded, self._tier[entry]).total(name)


def _of(ledger: ImportedLedger, kind: str, account: int) -> Ints:
    """The imported entries of a kind and account."""
    entries = ledger.history.entries
    of_kind = entries.kind == ENTRY_KINDS.index(kind)
    return np.flatnonzero(ledger.imported & of_kind & (entries.codes["account"] == account))


def _refund_of_that_day(ledger: ImportedLedger, event: Ints) -> Ints:
    """For entries that name a sale, its refund on the entry's day, -1 where there is none."""
    purchases, day = ledger.history.purchases, ledger.history.entries.day
    refunds = np.flatnonzero(purchases.refund_of >= 0)
    of_day = {(int(purchases.refund_of[r]), int(purchases.day[r])): int(r) for r in refunds[::-1]}
    found = np.full(len(event), -1, np.int64)
    for place in np.flatnonzero(event >= 0):
        found[place] = of_day.get((int(event[place]), int(day[place])), -1)
    return found


def _refunded(ledger: ImportedLedger) -> tuple[Ints, Ints]:
    """What was refunded of each refund's sale before it, and with it, in minor units."""
    purchases = ledger.history.purchases
    before, after = np.zeros(len(purchases.at), np.int64), np.zeros(len(purchases.at), np.int64)
    so_far: dict[int, int] = {}
    for refund in np.flatnonzero(purchases.refund_of >= 0):
        sale = int(purchases.refund_of[refund])
        before[refund] = so_far.get(sale, 0)
        so_far[sale] = after[refund] = before[refund] - int(purchases.amount[refund])
    return before, after
