"""The ledger and the tiers that a programme implies for purchases, where the source has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.days import start_of
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, POINTS_ACCOUNT, REVERSE
from loyalty_core.history import NEVER, Entries, Flags, Ints, Members, TierChanges
from loyalty_core.programme import Programme

JOIN, UPGRADE, REVIEW = "join", "upgrade", "review"
TIER_REASONS = (JOIN, UPGRADE, REVIEW)
ENTRY_REASONS = ("purchase", "expiry", "refund")
LABELS = {
    "entries.account": (POINTS_ACCOUNT,),
    "entries.reason": ENTRY_REASONS,
    "tier_changes.reason": TIER_REASONS,
}
_REASON = np.array([{EARN: 0, EXPIRE: 1, REVERSE: 2}.get(kind, -1) for kind in ENTRY_KINDS], np.int8)

Columns = dict[str, Ints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Entries and tier changes as a history holds them, sorted by (member, instant); see `LABELS`.

    The purchase of an entry is the one that earned the points (earn, expire) or the refund (reverse).
    """

    entries: Entries
    tier_changes: TierChanges


class DerivedRows:
    """Derived rows as they arise, and all of them as `Derived`.

    A row without an instant of its own happens at the start of its day. Rows in which nothing moves
    are left out.
    """

    def __init__(self, programme: Programme):
        self._zone = programme.zone
        self._entries: list[Columns] = []
        self._tier_changes: list[Columns] = []

    def entry(
        self,
        kind: str,
        purchase: Ints,
        member: Ints,
        day: Ints,
        amount: Ints,
        *,
        at: Ints | None = None,
        expires_on: Ints | np.int32 = NEVER,
    ) -> None:
        """Ledger lines of one kind and the purchases behind them."""
        columns = self._columns(member, day, at, purchase=purchase, amount=amount, expires_on=expires_on)
        columns["kind"] = np.full(len(member), ENTRY_KINDS.index(kind), np.int8)
        self._entries.append(_kept(columns, amount != 0))

    def tier_change(
        self,
        reason: str,
        member: Ints,
        day: Ints,
        from_tier: Ints | int,
        to_tier: Ints | int,
        *,
        at: Ints | None = None,
    ) -> None:
        """Moves between tiers for one of the `TIER_REASONS`."""
        columns = self._columns(member, day, at, from_tier=from_tier, to_tier=to_tier)
        columns["reason"] = np.full(len(member), TIER_REASONS.index(reason), np.int8)
        self._tier_changes.append(_kept(columns, columns["from_tier"] != columns["to_tier"]))

    def derived(self) -> Derived:
        """All rows, sorted by (member, instant), as they arose where these are equal; hands them over."""
        entries = _sorted(self._entries)
        codes: dict[str, Ints] = {
            "account": np.zeros(len(entries["kind"]), np.int8),
            "reason": _REASON[entries["kind"]],
        }
        changes = _sorted(self._tier_changes)
        changes["at"] = _apart(changes["member"], changes["at"])
        reason = changes.pop("reason")
        return Derived(
            entries=Entries(**entries, available_on=entries["day"], codes=codes),
            tier_changes=TierChanges(**changes, codes={"reason": reason}),
        )

    def _columns(self, member: Ints, day: Ints, at: Ints | None, **values: Ints | int | np.int32) -> Columns:
        days = np.broadcast_to(np.asarray(day, np.int32), member.shape)
        columns = {"member": member, "day": days, "at": start_of(days, self._zone) if at is None else at}
        return columns | {name: np.broadcast_to(value, member.shape) for name, value in values.items()}


def _kept(columns: Columns, keep: Flags) -> Columns:
    return {name: values[keep] for name, values in columns.items()}


def _sorted(parts: list[Columns]) -> Columns:
    def joined(name: str) -> Ints:
        return np.concatenate([part.pop(name) for part in parts])  # a column is not held twice

    member, at = joined("member"), joined("at")
    order = np.lexsort((at, member))
    rest = {name: joined(name)[order] for name in tuple(parts[0])}
    return {"member": member[order], "at": at[order], **rest}


def _apart(member: Ints, at: Ints) -> Ints:
    """Instants moved on by as few microseconds as make them strictly ascend for each member.

    Where a source knows days only, the purchases of a day, the joining and the review share an
    instant, and a tier change is known by member and instant.
    """
    at, same = at.copy(), member[1:] == member[:-1]
    while (tied := same & (at[1:] <= at[:-1])).any():
        at[1:][tied] = at[:-1][tied] + 1
    return at


def derived_frames(
    derived: Derived, members: Members, purchase_ids: npt.NDArray[np.object_], programme: Programme
) -> Mapping[str, pd.DataFrame]:
    """The derived rows of the tables `entries` and `tier_changes` in their declared columns.

    `purchase_ids` names the purchases of the history in its order. An entry's id follows from the
    purchase behind it, so deriving again gives the same rows.
    """
    return {
        "entries": _entries_frame(derived, members, purchase_ids),
        "tier_changes": _tier_changes_frame(derived, members, programme),
    }


def _entries_frame(derived: Derived, members: Members, purchase_ids: npt.NDArray[np.object_]) -> pd.DataFrame:
    entries = derived.entries
    kinds = np.array(ENTRY_KINDS, object)[entries.kind]
    purchases = np.asarray(purchase_ids, object)[entries.purchase]
    is_earn = entries.kind == ENTRY_KINDS.index(EARN)
    return pd.DataFrame(
        {
            "entry_id": "derived:" + kinds + ":" + purchases,
            "member_id": members.ids[entries.member],
            "account": POINTS_ACCOUNT,
            "kind": kinds,
            "amount": entries.amount,
            "occurred_at": _instants(entries.at),
            "available_on": _dates(np.where(is_earn, entries.available_on, NEVER)),
            "expires_on": _dates(entries.expires_on),
            "reason": np.array(ENTRY_REASONS, object)[entries.codes["reason"]],
            "reference": purchases,
        }
    )


def _tier_changes_frame(derived: Derived, members: Members, programme: Programme) -> pd.DataFrame:
    changes = derived.tier_changes
    # The last name answers the code -1: no tier before entering.
    names = np.array([*(tier.name for tier in programme.tiers), None], object)
    return pd.DataFrame(
        {
            "member_id": members.ids[changes.member],
            "occurred_at": _instants(changes.at),
            "from_tier": names[changes.from_tier],
            "to_tier": names[changes.to_tier],
            "reason": np.array(TIER_REASONS, object)[changes.codes["reason"]],
        }
    )


def _instants(at_us: Ints) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(at_us.astype("datetime64[us]"), tz="UTC")


def _dates(day: Ints) -> npt.NDArray[np.datetime64]:
    dates = day.astype("datetime64[D]").astype("datetime64[s]")
    dates[day == NEVER] = np.datetime64("NaT")
    return dates
