"""Parts of a history: some of its members, some of its rows, its first and its last day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags
from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions

Events = TypeVar("Events", Versions, Purchases, Entries, TierChanges, Activities)
Array = npt.NDArray[Any]
Keep = Callable[[Array], Array]  # what becomes of a column
PLACES = ("refund_of", "purchase")  # the columns of events that point at a purchase


def select(history: History, members: Flags, keep: Keep = lambda column: column) -> History:
    """The history of those members alone; guests' purchases are left out. `keep` is what becomes of each
    column of events."""
    position = np.append(np.cumsum(members) - 1, -1)  # -1, a guest, finds the last
    kept = np.append(members, False)
    bought = kept[history.purchases.member]
    everybody = bool(members.all() and bought.all())

    def rows(events: Events) -> Events:
        if everybody and kept[events.member[:1]].all():  # in the order of members, guests first
            return events
        chosen = rows_of(events, kept[events.member], bought, keep)
        return replace(chosen, member=keep(position[chosen.member]))

    standing = Members(
        ids=history.members.ids[members],
        joined_on=history.members.joined_on[members],
        left_on=history.members.left_on[members],
        left_reason=history.members.left_reason[members],
    )
    return replace(
        history,
        members=standing,
        versions=rows(history.versions),
        purchases=rows(history.purchases),
        entries=rows(history.entries),
        tier_changes=rows(history.tier_changes),
        activities=rows(history.activities),
        offers=history.offers.of_members(kept, position),
    )


def rows_of(events: Events, chosen: Flags, purchases: Flags, keep: Keep = lambda column: column) -> Events:
    """The chosen rows of a table, members numbered as before, where these `purchases` are chosen.

    What points at a purchase gives its new place, -1 where the purchase is not chosen.
    """
    changed: dict[str, Any] = {}
    for name in (one.name for one in fields(events)):
        values = getattr(events, name)
        if name == "codes":
            changed[name] = {column: keep(codes[chosen]) for column, codes in values.items()}
        elif name in PLACES:
            places = np.append(np.where(purchases, np.cumsum(purchases) - 1, -1), -1)
            changed[name] = keep(places[values[chosen]])
        else:
            changed[name] = keep(values[chosen])
    return replace(events, **changed)


def first_day(history: History) -> int | None:
    """The first day on which anything happened, joining and offers included; None for an empty history."""
    days = [*_event_days(history), history.members.joined_on, history.tier_changes.day]
    days += [history.offers.contacts.day, history.offers.coupons.offered_on]
    return min((int(day.min()) for day in days if len(day)), default=None)


def as_of(history: History) -> int | None:
    """The last day that holds a purchase, entry or activity; None where there is none."""
    return max((int(day.max()) for day in _event_days(history) if len(day)), default=None)


def _event_days(history: History) -> tuple[Array, ...]:
    return history.purchases.day, history.entries.day, history.activities.day
