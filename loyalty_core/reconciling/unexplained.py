"""Imported entries that a programme does not explain, put together so that a person sees what is behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.days import to_date
from loyalty_core.facts import EARN, ENTRY_KINDS
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.reconciling.mismatch import MISMATCHES, Matched, Mismatch
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_EXAMPLES = 3
_SURE = 10  # units: below, a whole number of times is a matter of chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One entry: what was found and expected, in point units, with all entries about the same thing."""

    entry_id: str
    member_id: str
    day: date
    found: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries of one kind, account and reason that differ from the rules in the same way."""

    kind: str
    account: str
    reason: str  # "" where the source says nothing
    mismatch: Mismatch
    detail: Text
    entries: int
    members: int
    difference: int  # point units found less those expected, over all
    examples: tuple[Example, ...]

    @property
    def what(self) -> Text:
        """The mismatch in words."""
        return MISMATCHES[self.mismatch]


def groups(ledger: ImportedLedger, programme: Programme, matched: Matched) -> tuple[Group, ...]:
    """All unexplained entries by kind, account, reason, mismatch and detail, the largest group first.

    The detail of an earning is a factor where the points are half as many, twice, three times …
    those expected; else, as for all that is about a purchase, the size of the purchase.
    """
    rows = np.flatnonzero(matched.mismatch != Mismatch.NONE)
    entries, index = ledger.history.entries, matched.index[rows]
    table = pd.DataFrame(
        {
            "kind": entries.kind[index],
            "account": entries.codes["account"][index],
            "reason": entries.codes["reason"][index],
            "mismatch": matched.mismatch[rows],
            "detail": _details(ledger, programme, matched, rows),
        }
    )
    found = table.groupby(list(table.columns), sort=True).indices
    told = [_group(ledger, programme, matched, rows[places]) for places in found.values()]
    return _largest_first(told)


def _group(ledger: ImportedLedger, programme: Programme, matched: Matched, rows: Ints) -> Group:
    """What is the same for all of these rows is that of the first."""
    entries, first = ledger.history.entries, matched.index[rows[0]]
    labels = ledger.history.labels
    return Group(
        kind=ENTRY_KINDS[entries.kind[first]],
        account=_label(labels.get("entries.account", ()), int(entries.codes["account"][first])),
        reason=_label(labels.get("entries.reason", ()), int(entries.codes["reason"][first])),
        mismatch=Mismatch(int(matched.mismatch[rows[0]])),
        detail=_told(programme, int(_details(ledger, programme, matched, rows[:1])[0])),
        entries=len(rows),
        members=len(np.unique(entries.member[matched.index[rows]])),
        difference=int((matched.found[rows] - matched.expected[rows]).sum()),
        examples=_earliest(_examples(ledger, matched, rows)),
    )


def joined_groups(parts: Iterable[Group]) -> tuple[Group, ...]:
    """Groups of different members' entries, those that say the same in one, the largest first."""
    same: dict[tuple[object, ...], list[Group]] = {}
    for part in parts:
        key = part.kind, part.account, part.reason, part.mismatch, part.detail.en
        same.setdefault(key, []).append(part)
    return _largest_first(
        replace(
            some[0],
            entries=sum(part.entries for part in some),
            members=sum(part.members for part in some),
            difference=sum(part.difference for part in some),
            examples=_earliest(one for part in some for one in part.examples),
        )
        for some in same.values()
    )


def _largest_first(told: Iterable[Group]) -> tuple[Group, ...]:
    def rank(group: Group) -> tuple[object, ...]:
        names = group.kind, group.account, group.reason, group.mismatch, group.detail.en
        return -group.entries, -abs(group.difference), *names

    return tuple(sorted(told, key=rank))


def _earliest(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda one: (one.day, one.entry_id))[:_EXAMPLES])


def _examples(ledger: ImportedLedger, matched: Matched, rows: Ints) -> Iterator[Example]:
    """The entries of the earliest days, three or as many as share the day of the third."""
    entries = ledger.history.entries
    day = entries.day[matched.index[rows]]
    for row in rows[day <= np.sort(day)[:_EXAMPLES][-1]]:
        index = matched.index[row]
        yield Example(
            entry_id=str(ledger.entry_id[index]),
            member_id=str(ledger.history.members.ids[entries.member[index]]),
            day=to_date(int(entries.day[index])),
            found=int(matched.found[row]),
            expected=int(matched.expected[row]),
        )


def _label(texts: tuple[str, ...], code: int) -> str:
    return texts[code] if code >= 0 else ""


# The detail as a number: factors in halves from 1, sizes of purchases as negative powers of ten, 0 none.


def _details(ledger: ImportedLedger, programme: Programme, matched: Matched, rows: Ints) -> Ints:
    entries, purchases = ledger.history.entries, ledger.history.purchases
    index = matched.index[rows]
    event = ledger.event[index]
    bought = (event >= 0) & (event < len(purchases.at))
    amount = np.abs(np.append(purchases.amount, 0)[np.where(bought, event, -1)])
    size = np.log10(np.maximum(amount / 10**programme.currency_decimals, 1)).astype(np.int64)
    earned = entries.kind[index] == ENTRY_KINDS.index(EARN)
    halves = _halves(matched.found[rows], matched.expected[rows])
    return np.where(earned & (halves > 0), halves, np.where(bought, -1 - size, 0))


def _halves(found: Ints, expected: Ints) -> Ints:
    """How many halves of what was expected were found, where it is a whole number; else 0.

    What was expected had been rounded down by less than a unit, what was found may have been too.
    """
    halves: Ints = (4 * found + np.maximum(expected, 1)) // (2 * np.maximum(expected, 1))
    fits = (halves * expected <= 2 * found + 2) & (2 * found <= halves * (expected + 1))
    sure = (expected >= _SURE) & (halves > 0) & (halves != 2)
    return np.where(fits & sure, halves, 0)


def _told(programme: Programme, detail: int) -> Text:
    if detail > 0:
        factor = Decimal(detail) / 2
        return Text(f"{factor} times", f"{factor} 倍")
    if detail < 0:
        least, most = 10 ** (-1 - detail) * (detail < -1), 10 ** (-detail)
        return Text(
            f"purchases from {least:,} to below {most:,} {programme.currency}",
            f"消费 {least:,} 至不足 {most:,} {programme.currency}",
        )
    return Text("", "")
