"""The fields of a programme document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from loyalty_core.rules.document import Amount, Document, Label, Share
from loyalty_core.rules.earning_rules import Earning
from loyalty_core.rules.point_rules import Expiry, Pending, Refunds, StoredValue
from loyalty_core.rules.reward_rules import CouponRule, Partner, PointsAsCash, Reward
from loyalty_core.rules.tier_rules import Qualification, Tier


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones, read once: the machine keeps them in some six hundred files."""
    return frozenset(available_timezones())


class Lifecycle(Document):
    """Recency windows in days since the last purchase (see the states in `lifecycle.py`)."""

    active_days: int = Field(90, ge=1, le=3650)
    silent_days: int = Field(180, ge=2, le=3650)
    new_days: int = Field(90, ge=1, le=3650)

    @model_validator(mode="after")
    def _in_order(self) -> Lifecycle:
        if self.silent_days <= self.active_days:
            raise ValueError("silent_days must be greater than active_days")
        return self


class Declaration(Document):
    """What a programme document says: money in currency units, points in points."""

    name: str = Field(min_length=1, max_length=80)
    label: Label = Label()
    effective_on: date | None = None
    time_zone: str = "UTC"
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")
    currency_decimals: int = Field(2, ge=0, le=4)
    point_decimals: int = Field(0, ge=0, le=4)
    lifecycle: Lifecycle = Lifecycle()
    tiers: tuple[Tier, ...] = (Tier(name="member", label=Label(en="Member", zh="会员")),)
    qualification: Qualification = Qualification()
    earning: Earning = Earning()
    expiry: Expiry = Expiry()
    pending: Pending = Pending()
    refunds: Refunds = Refunds()
    stored_value: StoredValue = StoredValue()
    rewards: tuple[Reward, ...] = ()
    points_as_cash: PointsAsCash | None = None
    partners: tuple[Partner, ...] = ()
    coupons: tuple[CouponRule, ...] = ()
    cost_per_point: Amount = Decimal(0)
    margin_share: Share | None = None
    fixed_cost_per_month: Amount = Decimal(0)
    targets: dict[str, Decimal] = Field({})
    labels: dict[str, Label] = Field({})

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in time_zones():
            raise ValueError(f"{zone} is no time zone; write one like Asia/Shanghai")
        return zone
