"""The ledger and the tiers that a programme implies for what members did, where the source has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, start_of
from loyalty_core.facts import ENTRY_KINDS, POINTS_ACCOUNT, STORED_VALUE_ACCOUNTS
from loyalty_core.history import Entries, TierChanges
from loyalty_core.rules.earning_rules import BASE
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_moves import TIER_REASONS

PURCHASE, EXPIRY, REFUND, RESTORED, CASH = "purchase", "expiry", "refund", "restored", "points as cash"
TOPPED_UP, STORED_VALUE, PAID_OUT = "top-up", "stored value", "paid out"
ENTRY_REASONS = (PURCHASE, EXPIRY, REFUND, RESTORED, CASH, TOPPED_UP, STORED_VALUE, PAID_OUT)
# Further ones are the names of earning rules

Columns = dict[str, Ints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Entries and tier changes as a history holds them, sorted by (member, instant).

    The purchase of an entry is the one that earned the points (earn, expire), that was paid with
    them (redeem) or the refund (reverse); `activity` is the place of the activity that earned them,
    -1 where it was a purchase. `labels` are those of a history's entries and tier changes; codes of
    tiers are places in `tiers`, the tiers of the latest programme before those that it has no more.
    """

    entries: Entries
    activity: Ints
    tier_changes: TierChanges
    labels: dict[str, tuple[str, ...]]
    tiers: tuple[str, ...]


def reason_of(rule: str) -> str:
    """The reason of entries that an earning rule gives: its name, and `purchase` for the short form."""
    if rule == BASE:
        return PURCHASE
    return f"rule {rule}" if rule in ENTRY_REASONS else rule


class DerivedRows:
    """Derived rows as they arise, and all of them as `Derived`.

    A row without an instant of its own happens at the start of its day. Rows in which nothing moves
    are left out. Of several programmes that follow each other the latest comes last. `has_cards`
    says whether there may be rows of the accounts of stored value.
    """

    def __init__(self, programmes: tuple[Programme, ...], has_cards: bool = False):
        self._zone = programmes[-1].zone
        newest_first = programmes[::-1]
        self.tiers = tuple(dict.fromkeys(tier.name for one in newest_first for tier in one.tiers))
        rules = [rule for one in newest_first for rule in one.earning.all_rules]
        self._reasons = tuple(dict.fromkeys([*ENTRY_REASONS, *(reason_of(rule.name) for rule in rules)]))
        accounts = [POINTS_ACCOUNT, *(rule.account for rule in rules)]
        self._accounts = tuple(dict.fromkeys([*accounts, *(STORED_VALUE_ACCOUNTS if has_cards else ())]))
        self._entries: list[Columns] = []
        self._tier_changes: list[Columns] = []

    def entry(
        self,
        kind: str,
        reason: str,
        member: Ints,
        day: Ints,
        amount: Ints,
        *,
        account: str = POINTS_ACCOUNT,
        at: Ints | None = None,
        purchase: Ints | int = -1,
        activity: Ints | int = -1,
        available_on: Ints | None = None,
        expires_on: Ints | np.int32 = NEVER,
    ) -> None:
        """Ledger lines of one kind, reason and account, and what is behind them."""
        if not (some := amount != 0).any():
            return
        columns = self._columns(
            member,
            day,
            at,
            amount=amount,
            purchase=purchase,
            activity=activity,
            expires_on=expires_on,
            available_on=day if available_on is None else available_on,
            kind=np.int8(ENTRY_KINDS.index(kind)),
            reason=np.int16(self._reasons.index(reason)),
            account=np.int8(self._accounts.index(account)),
        )
        self._entries.append(columns if some.all() else _kept(columns, some))

    def tier_change(
        self,
        reason: str,
        member: Ints,
        day: Ints | np.integer,
        from_tier: Ints | int,
        to_tier: Ints | np.integer,
        *,
        at: Ints | None = None,
    ) -> None:
        """Moves between tiers for one of the `TIER_REASONS`."""
        if not (moved := np.broadcast_to(np.asarray(from_tier) != to_tier, member.shape)).any():
            return
        number = np.int8(TIER_REASONS.index(reason))
        columns = self._columns(member, day, at, from_tier=from_tier, to_tier=to_tier, reason=number)
        self._tier_changes.append(_kept(columns, moved))

    def derived(self) -> Derived:
        """All rows, sorted by (member, instant), as they arose where these are equal; hands them over."""
        entries = _sorted(self._entries, _ENTRY)
        activity = entries.pop("activity")
        codes = {name: entries.pop(name) for name in ("account", "reason")}
        changes = _sorted(self._tier_changes, _TIER_CHANGE)
        changes["at"] = _apart(changes["member"], changes["at"], changes["day"], self._zone)
        reason = changes.pop("reason")
        return Derived(
            entries=Entries(**entries, codes=codes),
            activity=activity,
            tier_changes=TierChanges(**changes, codes={"reason": reason}),
            labels={
                "entries.account": self._accounts,
                "entries.reason": self._reasons,
                "tier_changes.reason": TIER_REASONS,
            },
            tiers=self.tiers,
        )

    def _columns(
        self, member: Ints, day: Ints | np.integer, at: Ints | None, **values: Ints | int | np.integer
    ) -> Columns:
        days = np.broadcast_to(np.asarray(day, np.int32), member.shape)
        columns = {"member": member, "day": days, "at": start_of(days, self._zone) if at is None else at}
        return columns | {name: np.broadcast_to(value, member.shape) for name, value in values.items()}


_MOMENT: dict[str, type[np.integer]] = {"member": np.int64, "at": np.int64, "day": np.int32}
_ENTRY: dict[str, type[np.integer]] = _MOMENT | {
    "amount": np.int64,
    "purchase": np.int64,
    "activity": np.int64,
    "expires_on": np.int32,
    "available_on": np.int32,
    "kind": np.int8,
    "reason": np.int16,
    "account": np.int8,
}
_TIER_CHANGE: dict[str, type[np.integer]] = _MOMENT | {
    "from_tier": np.int32,
    "to_tier": np.int32,
    "reason": np.int8,
}


def _kept(columns: Columns, keep: Flags) -> Columns:
    return {name: values[keep] for name, values in columns.items()}


def _sorted(parts: list[Columns], types: Mapping[str, type[np.integer]]) -> Columns:
    def joined(name: str) -> Ints:
        # A column is not held twice.
        return np.concatenate(
            [np.zeros(0, types[name]), *(part.pop(name) for part in parts)], dtype=types[name]
        )

    member, at = joined("member"), joined("at")
    order = np.lexsort((at, member))
    rest = {name: joined(name)[order] for name in types if name not in ("member", "at")}
    return {"member": member[order], "at": at[order], **rest}


def _apart(member: Ints, at: Ints, day: Ints, zone: ZoneInfo) -> Ints:
    """Instants moved by as few microseconds as make them strictly ascend for each member within their day.

    Where a source knows days only, the purchases of a day, the joining and the review share an
    instant, and a tier change is known by member and instant. Those of the last instant of a day go
    back instead of on.
    """
    told, at, same = at, at.copy(), member[1:] == member[:-1]
    while (tied := same & (at[1:] <= at[:-1])).any():
        at[1:][tied] = at[:-1][tied] + 1
    moved = np.flatnonzero(at != told)
    at[moved] = np.minimum(at[moved], start_of(day[moved] + 1, zone) - 1)
    while (tied := same & (at[1:] <= at[:-1])).any():
        at[:-1][tied] = at[1:][tied] - 1
    return at
