"""Earning in the programme document: what gives points, how much, and how several rules go together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from loyalty_core.rules.document import Amount, Document, Label, MonthDay, Name

PURCHASE = "purchase"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Rate = Annotated[Decimal, Field(ge=0, max_digits=15)]
Percent = Annotated[int, Field(ge=0, le=100_000)]


class When(Document):
    """The events a rule is about; everything that is named must hold, what is left out does not matter.

    `event` is `purchase` or a kind of activity (joined, sign_in, referral, referred, task, review, survey,
    suggestion_adopted, share, flight …). `at_least` and `less_than` bound the purchase amount in
    currency units, or the activity's value; an activity without a value is within no bounds.
    `first_day` and `last_day` are both included. A day that its month does not have falls on the
    month's last: 02-29 in `days`, and a birthday on it, on 28 February of common years; 31 in
    `month_days` on 30 April. `birthday`: on the day itself, or anywhere in its month. A purchase is
    in `categories` if anything bought is.
    """

    event: Name = PURCHASE
    first_day: date | None = None
    last_day: date | None = None
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    days: tuple[MonthDay, ...] = ()
    birthday: Literal["day", "month"] | None = None
    tiers: tuple[Name, ...] = ()
    categories: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    at_least: Amount | None = None
    less_than: Amount | None = None
    first_purchase: bool = False

    @model_validator(mode="after")
    def _can_hold(self) -> When:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        if self.at_least is not None and self.less_than is not None and self.less_than <= self.at_least:
            raise ValueError(f"no amount is at least {self.at_least} and less than {self.less_than}")
        of_purchases = (self.categories, self.stores, self.channels, self.first_purchase)
        if self.event != PURCHASE and any(of_purchases):
            raise ValueError("categories, stores, channels and first_purchase are about purchases only")
        return self


class Caps(Document):
    """The most points that a rule gives a member for one event, in a day and in a calendar month.

    What counts is what was given in the end; points that a refund takes back make no new room.
    """

    event: Amount | None = None
    day: Amount | None = None
    month: Amount | None = None


class Streak(Document):
    """Points that grow with the days in a row: those of the first day, the second … the last for good.

    Only the first event of a day that the rule is about counts, and gives points. A missed day
    starts again at the first; after the last step the row goes on at it, or with `then: restart`
    begins anew.
    """

    points: tuple[Rate, ...] = Field(min_length=1, max_length=366)
    then: Literal["stay", "restart"] = "stay"


class EarningRule(Document):
    """A rule that gives points: a rate on a measure of the event, a fixed number, or a streak.

    `measure`: the amount in currency units, the quantity, the activity's value (a distance, a
    number of clicks), or the event itself (`count`). The tier's `earn_percent` applies where
    `with_tier` (by default to rates only). Of several rules of one `group` only the one that gives
    most counts; rules of different groups, and rules without one, are added. Rounding is to whole
    multiples of `round_to` points (by default one unit of the programme's point_decimals), after
    multipliers and before caps; the best of a group is told after the caps of its rules, and of
    equals it is the first.
    """

    name: Name
    label: Label = Label()
    when: When = When()
    measure: Literal["amount", "quantity", "value", "count"] = "amount"
    points_per_unit: Rate | None = None
    points: Rate | None = None
    streak: Streak | None = None
    account: Name = "points"
    with_tier: bool | None = None
    group: Name | None = None
    rounding: Literal["down", "nearest", "up"] = "down"
    round_to: Annotated[Decimal, Field(gt=0, max_digits=15)] | None = None
    caps: Caps = Caps()

    @property
    def times_tier(self) -> bool:
        """True where the tier's percentage applies."""
        return self.points_per_unit is not None if self.with_tier is None else self.with_tier

    @model_validator(mode="after")
    def _gives_once(self) -> EarningRule:
        given = [self.points_per_unit is not None, self.points is not None, self.streak is not None]
        if sum(given) != 1:
            raise ValueError("give one of points_per_unit, points and streak")
        rate = self.points_per_unit is not None
        if rate and self.when.event != PURCHASE and self.measure in ("amount", "quantity"):
            raise ValueError(f"{self.when.event} has no {self.measure}; measure its value or count it")
        if self.when.event == PURCHASE and self.measure == "value":
            raise ValueError("a purchase has no value; measure its amount, quantity or count")
        if self.streak is not None and self.when.event == PURCHASE:
            raise ValueError("a streak counts days of an activity such as sign_in")
        return self


class Multiplier(Document):
    """Points of earning rules in percent (200 is double), for all tiers or told by tier.

    `rules` names those it applies to, all where left out. Of several multipliers of one `group` the
    largest of those that hold counts; those of different groups go together as `Earning.stacking`
    says. A tier that `percent_by_tier` does not name has `percent`.
    """

    name: Name
    label: Label = Label()
    when: When = When()
    percent: Percent = 100
    percent_by_tier: dict[Name, Percent] = Field({})
    rules: tuple[Name, ...] = ()
    group: Name | None = None


BASE = "base"  # the rule that `points_per_unit` is short for


class Earning(Document):
    """How points are earned. `points_per_unit` is the usual short form of one rule on all purchases.

    It makes the rule `base`: that rate on the amount, times the tier's percentage, rounded down.
    With 0 there is none. `stacking` of the multipliers that apply to one event: `multiply` (double
    and triple make six times), `add` (the extra shares are added: four times), `best` (the largest
    alone). The tier's percentage always multiplies. Caps of the whole, over all rules of the points
    account, apply last: to the later rules of the list first.
    """

    points_per_unit: Amount = Decimal(1)
    rules: tuple[EarningRule, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    stacking: Literal["multiply", "add", "best"] = "multiply"
    caps: Caps = Caps()

    @property
    def all_rules(self) -> tuple[EarningRule, ...]:
        """The rules in their order, the short form first."""
        if not self.points_per_unit:
            return self.rules
        return (EarningRule(name=BASE, points_per_unit=self.points_per_unit), *self.rules)

    @property
    def whens(self) -> tuple[When, ...]:
        """What all rules and multipliers are about."""
        return (*(rule.when for rule in self.all_rules), *(one.when for one in self.multipliers))

    @model_validator(mode="after")
    def _named_once(self) -> Earning:
        names = [*(rule.name for rule in self.all_rules), *(one.name for one in self.multipliers)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"the name {min(twice)} stands twice; base is the rule of points_per_unit")
        known = {BASE, *(rule.name for rule in self.all_rules)}  # a rate of 0 leaves its multipliers idle
        for multiplier in self.multipliers:
            if missing := set(multiplier.rules) - known:
                raise ValueError(f"{multiplier.name}: there is no rule {min(missing)}")
        return self
