"""What a programme offered and to whom: campaigns, the contacts they made, and coupons, as arrays.

Days are int32 since 1970-01-01 in the programme's zone and NEVER where something did not happen;
`campaign` is the place of a campaign in `Campaigns`, -1 for none. Contacts and coupons are sorted by
(member, instant) and belong to members alone: what was offered to nobody in particular is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Ints
from loyalty_core.text import Text

UNKNOWN_COST = -1


class Stage(Enum):
    """Where a campaign stands on a day."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


STAGES: dict[Stage, Text] = {
    Stage.PLANNED: Text("planned", "未开始"),
    Stage.RUNNING: Text("running", "进行中"),
    Stage.OVER: Text("over", "已结束"),
}


def stage_on(day: int, first_day: int, last_day: int) -> Stage:
    """The stage on a day of a campaign with that first and last day."""
    if day < first_day:
        return Stage.PLANNED
    return Stage.RUNNING if day <= last_day else Stage.OVER


Rows = TypeVar("Rows", "Contacts", "Coupons")


def _no_rows() -> Ints:
    return np.zeros(0, np.int64)


def _no_flags() -> Flags:
    return np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaigns:
    """Every campaign that anything names, sorted by id. What it asks for is one of ACTS."""

    ids: npt.NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, np.object_))
    starts_on: Ints = field(default_factory=_no_rows)
    ends_on: Ints = field(default_factory=_no_rows)  # NEVER where it has no last day
    cost: Ints = field(default_factory=_no_rows)  # minor units, UNKNOWN_COST where nobody says
    asks_coupon: Flags = field(default_factory=_no_flags)  # to redeem a coupon of it; else to buy

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Members chosen by a campaign, and what became of each contact."""

    member: Ints = field(default_factory=_no_rows)
    campaign: Ints = field(default_factory=_no_rows)
    at: Ints = field(default_factory=_no_rows)  # when the member was chosen
    day: Ints = field(default_factory=_no_rows)
    treated: Flags = field(default_factory=_no_flags)  # False for those held out
    delivered_on: Ints = field(default_factory=_no_rows)
    opened_on: Ints = field(default_factory=_no_rows)
    clicked_on: Ints = field(default_factory=_no_rows)
    channel: Ints = field(default_factory=_no_rows)  # codes into the labels "contacts.channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupons:
    """Coupons of members in their latest state; those declared void are left out."""

    member: Ints = field(default_factory=_no_rows)
    campaign: Ints = field(default_factory=_no_rows)
    offered_on: Ints = field(default_factory=_no_rows)
    claimed_on: Ints = field(default_factory=_no_rows)
    redeemed_at: Ints = field(default_factory=_no_rows)  # meaningless where redeemed_on is NEVER
    redeemed_on: Ints = field(default_factory=_no_rows)
    expires_on: Ints = field(default_factory=_no_rows)  # first day it is worth nothing
    rule: Ints = field(
        default_factory=_no_rows
    )  # what it refers to: codes into the labels "coupons.reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Campaigns, contacts and coupons; without arguments there are none."""

    campaigns: Campaigns = Campaigns()
    contacts: Contacts = Contacts()
    coupons: Coupons = Coupons()

    def of_members(self, kept: Flags, position: Ints) -> Offers:
        """What those members were offered, under their new numbers.

        What a campaign cost is a fact of no member: like guests' purchases it is left out.
        """
        unknown = np.full(len(self.campaigns), UNKNOWN_COST, np.int64)
        return Offers(
            campaigns=replace(self.campaigns, cost=unknown),
            contacts=_of_members(self.contacts, kept, position),
            coupons=_of_members(self.coupons, kept, position),
        )


def _of_members(rows: Rows, kept: Flags, position: Ints) -> Rows:
    keep = kept[rows.member]
    changed = {name: getattr(rows, name)[keep] for name in rows.__slots__}
    return replace(rows, **changed | {"member": position[rows.member[keep]]})
