"""A history as it stood on an earlier day, before the rest of it was known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.history_parts import rows_of, select
from loyalty_core.offers import Offers, Rows

_HAPPENS_LATER = {"delivered_on", "opened_on", "clicked_on", "claimed_on", "redeemed_on"}


def known_by(history: History, day: int) -> History:
    """The history as it stood at the close of a day: who had joined, and what had happened."""
    bought = history.purchases.day <= day
    nothing_more = replace(
        history,
        members=replace(
            history.members, left_on=np.where(history.members.left_on > day, NEVER, history.members.left_on)
        ),
        versions=rows_of(
            history.versions,
            (history.versions.valid_from <= day) | _firsts(history.versions.member),
            bought,
        ),
        purchases=rows_of(history.purchases, bought, bought),
        entries=rows_of(history.entries, history.entries.day <= day, bought),
        tier_changes=rows_of(history.tier_changes, history.tier_changes.day <= day, bought),
        activities=rows_of(history.activities, history.activities.day <= day, bought),
        offers=_known_offers(history.offers, day),
    )
    return select(nothing_more, history.members.joined_on <= day)


def _known_offers(offers: Offers, day: int) -> Offers:
    """What had been offered by the close of a day, and what had become of it."""
    return replace(
        offers,
        contacts=_known_rows(offers.contacts, offers.contacts.day <= day, day),
        coupons=_known_rows(offers.coupons, offers.coupons.offered_on <= day, day),
    )


def _known_rows(rows: Rows, known: Flags, day: int) -> Rows:
    kept = {name: getattr(rows, name)[known] for name in rows.__slots__}
    later = {name: np.where(kept[name] > day, NEVER, kept[name]) for name in _HAPPENS_LATER & kept.keys()}
    return replace(rows, **kept | later)


def _firsts(member: Ints) -> Flags:
    first: Flags = np.ones(len(member), bool)
    first[1:] = member[1:] != member[:-1]
    return first
