"""What happened to a programme's members, as arrays: the one input of metrics, replay and calibration.

Days are int32 counted from 1970-01-01 in the programme's time zone; instants are int64 microseconds
in UTC. Text columns are codes into `labels`, -1 where unknown. Every event array is sorted by
(member, instant), guests (member -1) first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

NEVER = np.int32(2**31 - 1)  # a day that does not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """n members, sorted by id; joined_on is the first purchase where the source has no join date."""

    ids: npt.NDArray[np.object_]
    joined_on: Ints
    left_on: Ints  # NEVER while enrolled

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What members are from a day on; `codes` has an array per attribute (region, channel, store, gender)."""

    member: Ints
    valid_from: Ints
    birth_year: Ints  # 0 where unknown
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
    codes: dict[str, Ints]  # channel, store


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
    codes: dict[str, Ints]  # account, reason (the reward of a redemption)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanges:
    """Moves between tiers; codes index the programme's tiers from the lowest, -1 for none."""

    member: Ints
    day: Ints
    at: Ints
    from_tier: Ints
    to_tier: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """What members did other than buying."""

    member: Ints
    day: Ints
    codes: dict[str, Ints]  # kind


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
