"""What happened to a programme's members, as arrays: the one input of metrics, replay and calibration.

Days are int32 counted from 1970-01-01 in the programme's time zone; instants are int64 microseconds
in UTC. Text columns are codes into `labels`, -1 where unknown. Every event array is sorted by
(member, instant), guests (member -1) first. Where a row points at a purchase, it gives the place of
that purchase of the same member, -1 where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Ints
from loyalty_core.offers import Offers

UNKNOWN_VALUE = np.int64(np.iinfo(np.int64).min)  # of an activity without a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """n members, sorted by id; joined_on is the first purchase where the source has no join date."""

    ids: npt.NDArray[np.object_]
    joined_on: Ints
    left_on: Ints  # NEVER while enrolled
    left_reason: Ints  # codes into the labels "members.left_reason"

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What members are from a day on; `codes` has an array per attribute (region, channel, store, gender)."""

    member: Ints
    valid_from: Ints
    birth_year: Ints  # 0 where unknown
    birthday: Ints  # month * 100 + day of the month, 0 where unknown
    consent: Ints  # 1 yes, 0 no, -1 unknown
    codes: dict[str, Ints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """Sales and refunds; guests have member -1."""

    member: Ints
    day: Ints
    at: Ints
    amount: Ints  # minor units, refunds negative
    refund: Flags
    quantity: Ints
    discount: Ints  # minor units, as what was paid with points and stored value
    paid_points: Ints
    paid_stored_value: Ints
    with_coupon: Flags
    refund_of: Ints  # the place of the sale that a refund takes back, no later than it
    codes: dict[str, Ints]  # channel, store, categories (all of a purchase's as one text "a|b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The ledger; `kind` indexes facts.ENTRY_KINDS."""

    member: Ints
    day: Ints
    at: Ints
    kind: Ints
    amount: Ints  # signed, points units
    available_on: Ints  # the day itself where the source says nothing
    expires_on: Ints  # NEVER where the points do not expire
    purchase: Ints  # the place of the purchase that `reference` names
    codes: dict[str, Ints]  # account, reason (the reward of a redemption)

    @property
    def effective_on(self) -> Ints:
        """The day each entry counts from (int64): when it happened, later where its points wait to be
        available."""
        return np.maximum(self.day, self.available_on).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanges:
    """Moves between tiers; codes index `Programme.known_tiers`, -1 for none."""

    member: Ints
    day: Ints
    at: Ints
    from_tier: Ints
    to_tier: Ints
    codes: dict[str, Ints]  # reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """What members did other than buying."""

    member: Ints
    day: Ints
    at: Ints
    value: Ints  # a count, a score, a distance; UNKNOWN_VALUE where there is none
    codes: dict[str, Ints]  # kind, reference


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All of it; `labels` maps "table.column" (for example "purchases.channel") to its texts."""

    members: Members
    versions: Versions
    purchases: Purchases
    entries: Entries
    tier_changes: TierChanges
    activities: Activities
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    offers: Offers = field(default_factory=Offers)


def while_enrolled(events: Purchases | Activities, members: Members) -> Flags:
    """True for the events of members from the day they joined to the day they left, both included."""
    if not len(members):
        return np.zeros(len(events.member), bool)
    since, until = members.joined_on[events.member], members.left_on[events.member]
    within: Flags = (events.member >= 0) & (events.day >= since) & (events.day <= until)
    return within
