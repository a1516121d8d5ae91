"""One history of the histories of different members, as if all of them had been read together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions
from loyalty_core.history_parts import PLACES, Array, Keep
from loyalty_core.offers import Campaigns, Contacts, Coupons, Offers
from loyalty_core.timeline import in_order

Rows = TypeVar("Rows", Versions, Purchases, Entries, TierChanges, Activities, Contacts, Coupons)

# The labels of columns of codes; those in `codes` bear the names of their table and column.
_LABELS = {
    "left_reason": "members.left_reason",
    "campaign": "campaigns.campaign_id",
    "channel": "contacts.channel",
    "rule": "coupons.reference",
}


def united(parts: Sequence[History], keep: Keep = lambda column: column) -> History:
    """The history of the members of all parts, none of whom is in two; a guest's row is in one of them.

    `keep` is what becomes of each column once it is put together: whoever lays columns down in files holds
    but few of them at a time.
    """
    labels = _labels(parts)
    order = np.argsort(np.concatenate([one.members.ids for one in parts]), kind="stable")
    rows = _Rows(
        keep, labels, [one.labels for one in parts], _places(order, [len(one.members) for one in parts])
    )
    bought = [one.purchases for one in parts]
    by_time = rows.order(bought, "at")
    rows.purchases = _places(by_time, [len(one.member) for one in bought])
    return History(
        members=rows.members([one.members for one in parts], order),
        versions=rows.together([one.versions for one in parts], "members", "valid_from"),
        purchases=rows.put(bought, "purchases", by_time),
        entries=rows.together([one.entries for one in parts], "entries", "at"),
        tier_changes=rows.together([one.tier_changes for one in parts], "tier_changes", "at"),
        activities=rows.together([one.activities for one in parts], "activities", "at"),
        labels=labels,
        offers=Offers(
            campaigns=_campaigns(parts, labels["campaigns.campaign_id"]),
            contacts=rows.together([one.offers.contacts for one in parts], "contacts"),
            coupons=rows.together([one.offers.coupons for one in parts], "coupons"),
        ),
    )


def _labels(parts: Sequence[History]) -> dict[str, tuple[str, ...]]:
    """All texts that any part knows, sorted."""
    names = dict.fromkeys(name for part in parts for name in part.labels)
    return {name: tuple(sorted({text for part in parts for text in part.labels[name]})) for name in names}


def _places(order: Ints, lengths: Sequence[int]) -> list[Ints]:
    """For each part where its rows stand once all are in that order; -1 for the place -1."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return [np.append(own, -1) for own in np.split(place, np.cumsum(lengths)[:-1])]


@dataclass(slots=True)
class _Rows:
    """Rows of all parts on their way into one table: members, purchases and codes get new numbers."""

    keep: Keep
    labels: dict[str, tuple[str, ...]]
    known: Sequence[dict[str, tuple[str, ...]]]  # the labels of each part
    who: Sequence[Ints]  # the places of each part's members
    purchases: Sequence[Ints] = ()  # and of its purchases

    def members(self, parts: Sequence[Members], order: Ints) -> Members:
        """Sorted by id."""
        columns = {one.name: [getattr(part, one.name) for part in parts] for one in fields(Members)}
        return Members(**{name: self._column(name, several, order) for name, several in columns.items()})

    def order(self, parts: Sequence[Rows], time: str | None) -> Ints:
        """By member and time; with no time as the rows of a member stand in their part."""
        member = self._numbered([one.member for one in parts], self.who)
        if time is None:
            return np.argsort(member, kind="stable")
        return in_order(member, np.concatenate([getattr(one, time) for one in parts]))

    def together(self, parts: Sequence[Rows], table: str, time: str | None = None) -> Rows:
        return self.put(parts, table, self.order(parts, time))

    def put(self, parts: Sequence[Rows], table: str, order: Ints) -> Rows:
        """The rows of all parts in that order."""
        found: dict[str, Any] = {}
        for name in (one.name for one in fields(parts[0])):
            several = [getattr(one, name) for one in parts]
            if name == "codes":
                columns = {one: [codes[one] for codes in several] for one in several[0]}
                found[name] = {
                    one: self._column(f"{table}.{one}", codes, order) for one, codes in columns.items()
                }
            else:
                found[name] = self._column(name, several, order)
        return type(parts[0])(**found)

    def _column(self, name: str, several: Sequence[Array], order: Ints) -> Array:
        label = _LABELS.get(name, name)
        if name == "member":
            several = [self._numbered(several, self.who)]
        elif name in PLACES:
            several = [self._numbered(several, self.purchases)]
        elif label in self.labels:
            several = [self._numbered(several, self._codes(label)).astype(np.int32)]
        return self.keep(np.concatenate(several)[order])

    def _codes(self, label: str) -> list[Ints]:
        """What each part's codes are among all labels."""
        place = {text: number for number, text in enumerate(self.labels[label])}
        return [np.array([*(place[text] for text in one.get(label, ())), -1]) for one in self.known]

    def _numbered(self, several: Sequence[Ints], numbers: Sequence[Ints]) -> Ints:
        """The columns one after the other, by the new numbers of each part."""
        return np.concatenate([new[old] for old, new in zip(several, numbers, strict=True)])


def _campaigns(parts: Sequence[History], ids: tuple[str, ...]) -> Campaigns:
    """Every campaign that any part names; all that name one tell the same of it."""
    place = {name: number for number, name in enumerate(ids)}
    several = [part.offers.campaigns for part in parts]
    rows = np.array([place[name] for one in several for name in one.ids], np.int64)
    _, first = np.unique(rows, return_index=True)
    columns = (one.name for one in fields(Campaigns))
    return Campaigns(
        **{name: np.concatenate([getattr(one, name) for one in several])[first] for name in columns}
    )
