"""The history of members who stand one after the other: a view of the whole, for which nothing is copied."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions
from loyalty_core.history_parts import PLACES

Table = TypeVar("Table", Versions, Purchases, Entries, TierChanges, Activities)


def stretch(history: History, first: int, end: int) -> History:
    """The history of the members from the place `first` up to `end`, who are numbered anew; as `select`
    gives it of them."""
    before = int(np.searchsorted(history.purchases.member, first))
    kept = np.zeros(len(history.members) + 1, bool)  # the last one answers -1, a guest
    kept[first:end] = True
    people = {one.name: getattr(history.members, one.name)[first:end] for one in fields(Members)}
    return replace(
        history,
        members=Members(**people),
        versions=_rows(history.versions, first, end, before),
        purchases=_rows(history.purchases, first, end, before),
        entries=_rows(history.entries, first, end, before),
        tier_changes=_rows(history.tier_changes, first, end, before),
        activities=_rows(history.activities, first, end, before),
        offers=history.offers.of_members(kept, np.arange(-first, len(kept) - first)),
    )


def _rows(events: Table, first: int, end: int, before: int) -> Table:
    """The rows of those members; of the purchases so many come `before` theirs."""
    begin, over = np.searchsorted(events.member, (first, end)).tolist()
    rows = slice(begin, over)
    changed: dict[str, Any] = {"member": events.member[rows] - first}
    for name in (one.name for one in fields(events) if one.name != "member"):
        values = getattr(events, name)
        if name == "codes":
            changed[name] = {column: codes[rows] for column, codes in values.items()}
        elif name in PLACES:
            changed[name] = np.maximum(values[rows] - before, -1)  # -1 stands for none
        else:
            changed[name] = values[rows]
    return replace(events, **changed)
