"""Rewards, points as cash, partners and coupons in the programme document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from loyalty_core.rules.document import Amount, Days, Document, Label, Name, Share
from loyalty_core.rules.earning_rules import When

Points = Annotated[Decimal, Field(gt=0, max_digits=15)]


class Discount(Document):
    """A window in which the reward costs a percentage of its points (rounded up), for some tiers or all.

    Of several the one that asks for least counts.
    """

    first_day: date
    last_day: date
    percent: Annotated[int, Field(ge=1, le=100)]
    tiers: tuple[Name, ...] = ()


class Reward(Document):
    """What points buy.

    `cost` is what it costs the programme and `face_value` what it is worth to the member, in
    currency units; `points_by_tier` overrides the price, `minimum_balance` asks for more than the
    price. `same_day_spend`: only for a member who spends that much on the day, whose points of the
    day count at once. `stock` is what there is, unlimited where left out.
    """

    name: Name
    label: Label = Label()
    points: Points
    cost: Amount = Decimal(0)
    face_value: Amount | None = None
    points_by_tier: dict[Name, Points] = Field({})
    minimum_balance: dict[Name, Amount] = Field({})
    tiers: tuple[Name, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    stock: Annotated[int, Field(ge=0)] | None = None
    same_day_spend: Amount | None = None
    discounts: tuple[Discount, ...] = ()
    partner: Name | None = None


class PointsAsCash(Document):
    """Points pay for part of a purchase: what one point is worth in currency units, per tier if wanted.

    At most `largest_share` of the purchase, and only in multiples of `step` points. What the points
    pay is rounded down to the minor unit. `earns_points`: whether the part they paid earns points.
    """

    value_per_point: Annotated[Decimal, Field(gt=0, max_digits=15)]
    value_by_tier: dict[Name, Annotated[Decimal, Field(gt=0, max_digits=15)]] = Field({})
    largest_share: Share = Decimal(1)
    largest_share_by_tier: dict[Name, Share] = Field({})
    step: Annotated[Decimal, Field(gt=0, max_digits=15)] | None = None
    earns_points: bool = False


class Partner(Document):
    """Who issues or accepts the programme's points, and what one point settles at, in currency units."""

    name: Name
    label: Label = Label()
    role: Literal["issues", "accepts", "both"] = "accepts"
    settlement_per_point: Amount


class CouponRule(Document):
    """A kind of coupon: what it takes off, when it may be used, and with what others.

    Valid from `first_day` to `last_day`, both included, or on the day of issue and `days_valid` days
    after it. What it takes off is rounded down. A purchase takes one coupon of a `group`, without a
    group one of the kind; those that stack go together with those of other groups, any other is used
    alone. Each is worth its part of the amount before coupons, together at most the amount.
    `per_member` limits how many one member may use. The programme itself gives one for every deed that
    `given_for` tells, and on entering one of the tiers `given_on_entering` from below or by joining;
    others come from campaigns.
    """

    name: Name
    label: Label = Label()
    face_value: Amount | None = None
    percent_off: Annotated[int, Field(ge=1, le=100)] | None = None
    largest: Amount | None = None
    minimum_spend: Amount = Decimal(0)
    first_day: date | None = None
    last_day: date | None = None
    days_valid: Days | None = None
    categories: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    tiers: tuple[Name, ...] = ()
    per_member: Annotated[int, Field(ge=1)] | None = None
    group: Name | None = None
    stacks: bool = False
    given_for: When | None = None
    given_on_entering: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_worth(self) -> CouponRule:
        if (self.face_value is None) == (self.percent_off is None):
            raise ValueError("give one of face_value and percent_off")
        if self.days_valid is not None and self.last_day is not None:
            raise ValueError("valid until last_day or for days_valid after issue; give one of the two")
        return self
