"""Tiers in the programme document: what reaches and what keeps one, other ways in, and reviews."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from loyalty_core.arrays import Ints
from loyalty_core.days import days_in_each_year, month_starts
from loyalty_core.rules.document import Amount, Days, Document, Label, MonthDay, Months, Name

Measure = Literal["spend", "purchases", "status_points", "redeemed_points", "activity_score"]
MEASURES: tuple[Measure, ...] = ("spend", "purchases", "status_points", "redeemed_points", "activity_score")
Window = Literal["rolling", "calendar", "joining_year", "tier_year", "since_joining"]


class Requirement(Document):
    """Measures and the least each must come to inside a window; `met` of them are enough.

    Spend in currency units, points in points, purchases and the activity score as counts. A window
    left out is that of the qualification. `rolling`: the last `months` months up to and including
    the day; `calendar`: the calendar year of the day; `joining_year` and `tier_year`: since the
    latest anniversary of joining, or of entering the present tier; `since_joining`: everything.
    """

    at_least: dict[Measure, Annotated[Decimal, Field(gt=0, max_digits=15)]]
    met: Literal["all"] | Annotated[int, Field(ge=1)] = "all"
    window: Window | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Requirement:
        if not self.at_least:
            raise ValueError("at_least: name at least one measure, such as spend: 1000")
        if self.met != "all" and self.met > len(self.at_least):
            raise ValueError(f"met: {self.met} of {len(self.at_least)} measures can never be met")
        return self


class DirectEntry(Document):
    """A dated offer: one purchase that is large enough, or holds a product category, gives the tier.

    Where both are named, both must hold of the same purchase. The tier then holds for
    `valid_months`, or like any other where that is left out.
    """

    first_day: date | None = None
    last_day: date | None = None
    purchase_of: Amount | None = None
    categories: tuple[str, ...] = ()
    valid_months: Months | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> DirectEntry:
        if self.purchase_of is None and not self.categories:
            raise ValueError("a direct entry asks for purchase_of or for categories")
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self


class Admission(Document):
    """What a member must be, beside reaching the tier: so long a member, already in the tier below.

    It is asked of those who reach the tier by measures; an offer, an invitation or a fee goes past it.
    """

    member_months: Annotated[int, Field(ge=0, le=240)] = 0
    from_below: bool = False


class Benefit(Document):
    """What a tier gives beside points, and what one use or one month of it costs the programme."""

    name: Name
    label: Label = Label()
    cost_per_use: Amount = Decimal(0)
    cost_per_month: Amount = Decimal(0)


class Tier(Document):
    """One level. `earn_percent` 100 is the base rate.

    `threshold` is the usual short form of `reach`: qualifying spend in currency units. `keep` is
    what a review asks of those who have the tier; where it is left out, `reach`. `newcomer`
    stands in for `reach` during a member's first `newcomer_days` days. `entry`: an `invitation`
    tier is given (an activity `invitation` that names it), a `paid` one bought for `fee` and
    `fee_months` (an activity `membership_fee`); neither is reached by measures. `formerly` are names
    that it had in earlier versions: who has the tier when it is renamed keeps it.
    """

    name: Name
    formerly: tuple[Name, ...] = ()
    label: Label = Label()
    threshold: Amount = Decimal(0)
    earn_percent: int = Field(100, ge=0, le=10_000)
    entry: Literal["open", "invitation", "paid"] = "open"
    reach: Requirement | None = None
    keep: Requirement | None = None
    newcomer: Requirement | None = None
    newcomer_days: Days = 90
    admission: Admission = Admission()
    direct: tuple[DirectEntry, ...] = ()
    valid_months: Months | None = None
    fee: Amount = Decimal(0)
    fee_months: Months = 12
    benefits: tuple[Benefit, ...] = ()

    @property
    def monthly_fee(self) -> Decimal:
        """What a month of a tier that is bought costs."""
        return self.fee / self.fee_months

    @property
    def by_threshold(self) -> bool:
        """True where qualifying spend alone reaches the tier."""
        return self.entry == "open" and self.reach is None and (bool(self.threshold) or not self.direct)

    @model_validator(mode="after")
    def _one_way_in(self) -> Tier:
        if self.reach is not None and self.threshold:
            raise ValueError("threshold is short for reach; give one of the two")
        if self.entry != "open" and (self.reach is not None or self.threshold or self.newcomer is not None):
            raise ValueError(f"a tier by {self.entry} is not reached by measures; leave them out")
        return self


class Qualification(Document):
    """Which deeds count for a tier, and when tiers move.

    The window is that of `Requirement`; a calendar review on 1 January looks at the year that ended
    the day before. Reviews happen at the start of each day listed (MM-DD), of each month, or of
    each member's `anniversary` of joining; a tier with `valid_months` is reviewed when they are
    over, and not before. Who would fall keeps the tier for `grace_days` more and is looked at once
    again at their end. Nobody falls within `minimum_stay_months` of entering a tier.
    `activity_scores` says what an activity of each kind counts for the measure activity_score.
    """

    window: Window = "rolling"
    months: int = Field(12, ge=1, le=120)
    reviews: Literal["monthly", "anniversary"] | tuple[MonthDay, ...] = ("01-01",)
    upgrade: Literal["at_once", "at_review"] = "at_once"
    downgrade: Literal["one_level", "to_earned", "never"] = "one_level"
    grace_days: int = Field(0, ge=0, le=366)
    minimum_stay_months: int = Field(0, ge=0, le=120)
    activity_scores: dict[Name, Annotated[int, Field(ge=0, le=1_000_000)]] = Field({})

    def review_days(self, first: int, last: int) -> Ints:
        """The days from `first` to `last`, both included, at whose start the calendar reviews tiers, int32.

        A review day that a month does not have (02-29, 04-31) falls on the month's last day. Reviews on
        anniversaries are no days of the calendar: see `TierStanding.settle`.
        """
        if self.reviews == "anniversary":
            return np.zeros(0, np.int32)
        if self.reviews == "monthly":
            return month_starts(first, last)
        return days_in_each_year(self.reviews, first, last)


def sells_tiers(tiers: Iterable[Tier]) -> bool:
    """Whether any of them can be bought."""
    return any(tier.entry == "paid" for tier in tiers)


def looked_at_on_own_days(tiers: Sequence[Tier], rule: Qualification) -> bool:
    """Whether some tiers are looked at on days that the calendar does not have, to see if they are kept."""
    on_terms = rule.grace_days > 0 or any(tier.valid_months for tier in tiers)
    return len(tiers) > 1 and (rule.reviews == "anniversary" or on_terms)


def highest_to_earn(tiers: Sequence[Tier]) -> int:
    """The place of the highest tier that deeds lead to; above it may lie such as are paid for or given."""
    return max(place for place, tier in enumerate(tiers) if tier.entry == "open")


def on_one_ladder(tiers: Sequence[Tier], earlier: Iterable[Sequence[Tier]]) -> tuple[tuple[Tier, ...], ...]:
    """The rungs from the lowest: one for each tier, and next above the one that it followed one for each
    that only earlier tiers had (the latest first). A former name of a tier shares its rung, and what was
    the lowest then the lowest."""
    rungs = [[tier] for tier in tiers]
    for before in earlier:
        place = 0
        for number, tier in enumerate(before):
            known = [n for n, rung in enumerate(rungs) if tier.name in (one.name for one in rung)]
            renamed = [n for n, rung in enumerate(rungs) if any(tier.name in one.formerly for one in rung)]
            if known:
                (place,) = known
            elif renamed:
                place = renamed[0]
                rungs[place].append(tier)
            elif number == 0:
                rungs[0].append(tier)
            else:
                place += 1
                rungs.insert(place, [tier])
    return tuple(map(tuple, rungs))
