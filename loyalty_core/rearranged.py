"""The history of the same members in another order, for work whose result does not hang on the order."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Ints
from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions
from loyalty_core.history_parts import PLACES
from loyalty_core.offers import Contacts, Coupons

Table = TypeVar("Table", Versions, Purchases, Entries, TierChanges, Activities, Contacts, Coupons)


def rearranged(history: History, order: Ints) -> History:
    """The members in that order (a place for each), numbered anew, each with the same rows."""
    place = np.empty(len(order) + 1, np.int32)
    place[order] = np.arange(len(order))
    place[-1] = -1  # a guest
    bought = np.argsort(place[history.purchases.member], kind="stable")
    purchase = np.empty(len(bought) + 1, np.int64)
    purchase[bought] = np.arange(len(bought))
    purchase[-1] = -1  # none

    def rows(table: Table) -> Table:
        moved = np.argsort(place[table.member], kind="stable")
        changed: dict[str, Any] = {}
        for name in (one.name for one in fields(table)):
            values = getattr(table, name)
            if name == "codes":
                changed[name] = {column: codes[moved] for column, codes in values.items()}
            else:
                changed[name] = _renumbered(name, values[moved], place, purchase)
        return replace(table, **changed)

    people = {one.name: getattr(history.members, one.name)[order] for one in fields(Members)}
    offers = history.offers
    return replace(
        history,
        members=Members(**people),
        versions=rows(history.versions),
        purchases=rows(history.purchases),
        entries=rows(history.entries),
        tier_changes=rows(history.tier_changes),
        activities=rows(history.activities),
        offers=replace(offers, contacts=rows(offers.contacts), coupons=rows(offers.coupons)),
    )


def _renumbered(name: str, values: npt.NDArray[Any], place: Ints, purchase: Ints) -> npt.NDArray[Any]:
    """A column under the new numbers of members and of purchases."""
    if name != "member" and name not in PLACES:
        return values
    new: npt.NDArray[Any] = (place if name == "member" else purchase)[values].astype(values.dtype)
    return new
