"""Imported points held against the earning rules: for one purchase, or one activity, as a sum per account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.facts import EARN, ENTRY_KINDS, POINTS_ACCOUNT, REDEEM
from loyalty_core.kernel.expected_points import Occasions
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.reconciling.mismatch import Matched, Mismatch, compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewarded:
    """Purchases that received points and redeemed none, and those whose points are as declared.

    And occasions to which the rules give points while the ledger has no entry for them.
    """

    purchases: int
    as_declared: int
    missing: int
    missing_units: int

    def __add__(self, other: Rewarded) -> Rewarded:
        """Both, of different members."""
        return Rewarded(
            purchases=self.purchases + other.purchases,
            as_declared=self.as_declared + other.as_declared,
            missing=self.missing + other.missing,
            missing_units=self.missing_units + other.missing_units,
        )


def matched_earning(
    ledger: ImportedLedger, occasions: Occasions, expected: Mapping[str, Ints]
) -> tuple[Matched, Rewarded]:
    """Every imported earn entry held against what the rules give; `expected` per account and occasion.

    An entry that names its purchase or activity is about that one; others are about all that their
    member did on their day and that no entry names.
    """
    entries = ledger.history.entries
    index = np.flatnonzero(ledger.imported & (entries.kind == ENTRY_KINDS.index(EARN)))
    names = ledger.history.labels.get("entries.account", ())
    account = entries.codes["account"][index]
    of_occasion, of_entry, subjects = _subjects(ledger, occasions, index)
    found, due = np.zeros(len(index), np.int64), np.zeros(len(index), np.int64)
    missing = []
    for code, name in enumerate(dict.fromkeys([*names, *expected])):
        own = account == code
        given = _summed(of_entry[own], entries.amount[index[own]], subjects)
        declared = _summed(of_occasion, expected.get(name, np.zeros(len(occasions), np.int64)), subjects)
        found[own], due[own] = given[of_entry[own]], declared[of_entry[own]]
        missing.append(declared[(declared > 0) & ~_any(of_entry[own], subjects)])
    mismatch = compared(found, due)
    wrong = mismatch != Mismatch.NONE
    known = np.array([name in expected for name in names] + [False])
    mismatch = np.where(wrong & ~_any(of_occasion, subjects)[of_entry], Mismatch.NO_EVENT, mismatch)
    mismatch = np.where(wrong & ~known[account], Mismatch.NO_RULE, mismatch)
    purchases, as_declared = _plainly_rewarded(ledger, expected)
    rewarded = Rewarded(
        purchases=purchases,
        as_declared=as_declared,
        missing=sum(len(units) for units in missing),
        missing_units=sum(int(units.sum()) for units in missing),
    )
    return Matched(index=index, found=found, expected=due, mismatch=mismatch), rewarded


def _subjects(ledger: ImportedLedger, occasions: Occasions, index: Ints) -> tuple[Ints, Ints, int]:
    """What each occasion and each entry is about, as numbers, and how many there are.

    An occasion that an entry names is a subject of its own; else it is its member's day.
    """
    entries, n = ledger.history.entries, len(occasions)
    named = np.zeros(n + 1, bool)
    named[ledger.event[index]] = True
    named[-1] = False
    days = np.append(occasions.day, entries.day[index]).astype(np.int64)
    owners = np.append(occasions.member, entries.member[index]).astype(np.int64)
    first_day = int(days.min(initial=0))
    width = int(days.max(initial=0)) - first_day + 1
    _, of_day = np.unique(owners * width + days - first_day, return_inverse=True)
    of_occasion = np.where(named[:n], np.arange(n), n + of_day[:n])
    event = ledger.event[index]
    of_entry = np.where(event >= 0, event, n + of_day[n:])
    return of_occasion, of_entry, n + int(of_day.max(initial=-1)) + 1


def _summed(subject: Ints, amount: Ints, subjects: int) -> Ints:
    total: Ints = np.zeros(subjects, np.int64)
    np.add.at(total, subject, amount)
    return total


def _any(subject: Ints, subjects: int) -> Flags:
    found = np.zeros(subjects, bool)
    found[subject] = True
    return found


def _plainly_rewarded(ledger: ImportedLedger, expected: Mapping[str, Ints]) -> tuple[int, int]:
    """How many sales received points and redeemed none, and of how many `points` are as declared."""
    history, entries = ledger.history, ledger.history.entries
    bought = len(history.purchases.member)
    about = np.flatnonzero(ledger.imported & (ledger.event >= 0) & (ledger.event < bought))
    event, kind = ledger.event[about], entries.kind[about]
    earns, redeems = (kind == ENTRY_KINDS.index(name) for name in (EARN, REDEEM))
    received = _summed(event[earns], entries.amount[about][earns], bought) > 0
    redeemed = _any(event[redeems], bought)
    names = history.labels.get("entries.account", ())
    points = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    of_points = earns & (entries.codes["account"][about] == points)
    given = _summed(event[of_points], entries.amount[about][of_points], bought)
    declared = expected.get(POINTS_ACCOUNT, np.zeros(bought, np.int64))[:bought]
    plain = received & ~redeemed & ~history.purchases.refund
    return int(plain.sum()), int((plain & (given == declared)).sum())
