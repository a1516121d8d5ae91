"""Imported expiries and reversals held against what the declared rules make of the ledger before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.facts import ENTRY_KINDS, EXPIRE, REVERSE, STORED_VALUE_ACCOUNT
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.reconciling.mismatch import Matched, Mismatch, compared
from loyalty_core.reconciling.reversals import Refunds, Reversals
from loyalty_core.reconciling.walked_ledger import Walked, walked
from loyalty_core.rules.versions import Versions


def matched_walk(
    ledger: ImportedLedger, versions: Versions, tiers: Sequence[Ints], last_day: int
) -> tuple[list[Matched], Ints]:
    """Every imported expire and reverse entry of accounts that hold points; the points before each entry.

    `tiers` are, for each version, those of each purchase's member at the time.
    """
    refunds, found = Refunds(ledger, versions, tiers), []
    balance: Ints = np.zeros(len(ledger.event), np.int64)
    for code, name in enumerate(ledger.history.labels.get("entries.account", ())):
        if name.startswith(STORED_VALUE_ACCOUNT):
            continue
        reversals = refunds.reversals(code, name)
        run = walked(ledger, versions, code, reversals, last_day)
        balance += run.balance
        found += [_expiries(ledger, code, run), _reversed(ledger, code, reversals, run)]
    return found, balance


def _expiries(ledger: ImportedLedger, account: int, run: Walked) -> Matched:
    """Expire entries of an account, those of a member and day as a sum."""
    entries, index = ledger.history.entries, _of(ledger, EXPIRE, account)
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
    elsewhen = (mismatch != Mismatch.NONE) & _same_points(run, entries.member[index], found)
    mismatch = np.where(elsewhen, Mismatch.OTHER_DAY, mismatch)
    return Matched(index=index, found=found, expected=expected, mismatch=mismatch)


def _same_points(run: Walked, member: Ints, found: Ints) -> Flags:
    """Whether as many points of the member expire on some day, in one lot."""
    lots = {(int(m), int(points)) for m, points in zip(run.expiries.member, run.expiries.points, strict=True)}
    pairs = zip(member, found, strict=True)
    return np.array([(int(m), -int(points)) in lots for m, points in pairs], bool)


def _reversed(ledger: ImportedLedger, account: int, reversals: Reversals, run: Walked) -> Matched:
    """Reverse entries of an account, those of one refund as a sum: negative ones take back, others bring."""
    amount, index = ledger.history.entries.amount, _of(ledger, REVERSE, account)
    refund, back = reversals.refund[index], amount[index] < 0
    known = refund >= 0
    booked = np.where(back, -reversals.booked_back[refund], reversals.booked_in[refund])
    due = np.where(back, -run.taken_back[refund], run.brought_in[refund])
    found, expected = np.where(known, booked, amount[index]), np.where(known, due, 0)
    mismatch = np.where(known, compared(found, expected), Mismatch.NO_REFUND)
    return Matched(index=index, found=found, expected=expected, mismatch=mismatch)


def _of(ledger: ImportedLedger, kind: str, account: int) -> Ints:
    """The imported entries of a kind and account."""
    entries = ledger.history.entries
    of_kind = entries.kind == ENTRY_KINDS.index(kind)
    return np.flatnonzero(ledger.imported & of_kind & (entries.codes["account"] == account))
