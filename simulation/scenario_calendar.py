"""What a scenario puts on the calendar, as one writes it: rule changes, campaigns, shocks, limits, desks.

Days are dates, money is in currency units, and both ends of a period are included. What lies before the
first simulated day or after the last is not met.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from loyalty_core.days import month_starts, to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document, Name
from loyalty_core.rules.earning_rules import WEEKDAYS
from loyalty_core.rules.programme import Programme
from simulation.campaigns import Campaign, Rhythm
from simulation.desks import Desk, Work
from simulation.limits import Replenishment, RewardBudget
from simulation.shocks import Shock

Value = bool | int | float | str | list[str] | None
Named = Annotated[str, Field(min_length=1, max_length=120)]
Factor = Annotated[float, Field(ge=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15)]
Kind = Literal["wake_up", "win_back", "double_points", "birthday", "member_day"]
State = Literal["all", "bought", "active", "silent", "churned"]
_EVER_DAYS = 36_500  # whoever bought at all did so within a century


class Period(Document):
    """Days from the first to the last, both included."""

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self

    @property
    def days(self) -> tuple[int, int]:
        return to_day(self.first_day), to_day(self.last_day)


class Later(Document):
    """Further changes of the programme, from the start of a day; those of earlier days stay."""

    first_day: date
    changes: dict[str, Value] = Field(min_length=1)


class Audience(Document):
    """Whom a campaign may choose: members in a state of the lifecycle, or whose last purchase lies so many
    days back, of all tiers or of some."""

    lifecycle: State | None = None
    last_purchase_days: tuple[int, int] | None = None
    tiers: tuple[Named, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.lifecycle is not None and self.last_purchase_days is not None:
            raise ValueError("give lifecycle or last_purchase_days, not both")
        if self.last_purchase_days and not 0 <= self.last_purchase_days[0] <= self.last_purchase_days[1]:
            raise ValueError("last_purchase_days are the fewest and the most days, as in [91, 180]")
        return self

    def since(self, programme: Programme, usual: State) -> tuple[int, int | None]:
        """The fewest and the most days since the last purchase; None for no bound."""
        if self.last_purchase_days is not None:
            return self.last_purchase_days
        active, silent = programme.lifecycle.active_days, programme.lifecycle.silent_days
        bounds: dict[State, tuple[int, int | None]] = {
            "all": (0, None),
            "bought": (0, _EVER_DAYS),
            "active": (0, active),
            "silent": (active + 1, silent),
            "churned": (silent + 1, _EVER_DAYS),
        }
        return bounds[self.lifecycle or usual]

    def places(self, programme: Programme, where: str) -> tuple[int, ...]:
        """The tiers as places in the programme."""
        known = [tier.name for tier in programme.tiers]
        if missing := [name for name in self.tiers if name not in known]:
            raise InputError(f"{where}: there is no tier {missing[0]!r}; known: {', '.join(known)}")
        return tuple(known.index(name) for name in self.tiers)


class Response(Document):
    """How those who are contacted respond: `lift` is added to their rate, 0.1 for a tenth more; of them the
    share `returns` buys who would not have bought in the time. Both with the range of what is known."""

    lift: float = Field(0.0, ge=-1, le=20, allow_inf_nan=False)
    lift_range: tuple[float, float] | None = None
    returns: Share | None = None
    returns_range: tuple[Share, Share] | None = None
    source: str = "assumption of the scenario"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in ("lift_range", "returns_range"):
            ends = getattr(self, name)
            if ends is not None and ends[0] > ends[1]:
                raise ValueError(f"{name}: low must not be above high")
        return self


_USUAL: dict[Kind, State] = {"wake_up": "silent", "win_back": "churned"}
_RHYTHM: dict[Kind, Rhythm] = {"birthday": "daily", "member_day": "monthly"}


class CampaignLine(Period):
    """A campaign: when, to whom, how often, at what cost, and how those contacted respond.

    What `kind` leaves open: a wake-up goes to the silent and a win-back to the churned, both with the
    response of the library of effects; a birthday campaign begins daily with those whose birthday it is and
    goes on for 30 days, a member day comes monthly on the date of `first_day` and lasts a day.
    `points_percent` (200 is double, which double_points has where nothing is said) is a multiplier of the
    programme's earning rules on those days: it holds for everybody of the tiers, contacted or not.
    `coupon` is the kind, of those that the programme declares, of which each who is contacted gets one.
    """

    name: Name
    kind: Kind
    audience: Audience = Audience()
    repeat: Rhythm | None = None
    lasts_days: int | None = Field(None, ge=1, le=366)
    birthday: Literal["day", "month"] | None = None
    held_out: Share = 0.2
    channel: str = Field("", max_length=60)
    cost_per_contact: Money = Decimal(0)
    budget: Money | None = None
    points_percent: int | None = Field(None, ge=0, le=100_000)
    response: Response = Response()
    coupon: Named | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.birthday is not None and self.kind != "birthday":
            raise ValueError("birthday is for campaigns of the kind birthday")
        if self.budget is not None and not self.cost_per_contact:
            raise ValueError("a budget needs a cost_per_contact above 0")
        asks = self.audience.lifecycle not in (None, "all") or self.audience.last_purchase_days is not None
        if self.percent is not None and asks:
            raise ValueError("points go to all members or to tiers: leave out the rest of the audience")
        if self.percent is not None and self.rhythm in ("weekly", "monthly") and self.wave_days != 1:
            raise ValueError("points on days that come again are for one day each: lasts_days: 1")
        return self

    @property
    def percent(self) -> int | None:
        """Of the points that the rules give, in percent; None for no change."""
        return 200 if self.points_percent is None and self.kind == "double_points" else self.points_percent

    @property
    def rhythm(self) -> Rhythm:
        """How often it begins."""
        return self.repeat or _RHYTHM.get(self.kind, "once")

    @property
    def wave_days(self) -> int | None:
        """How long each time lasts; None up to the last day."""
        return self.lasts_days or {"birthday": 30, "member_day": 1}.get(self.kind)

    def campaign(self, programme: Programme, where: str) -> Campaign:
        """As it is run."""
        first_day, last_day = self.days
        after_days, until_days = self.audience.since(programme, _USUAL.get(self.kind, "all"))
        told = self.response.returns
        return Campaign(
            campaign_id=self.name,
            kind=self.kind,
            starts_on=first_day,
            ends_on=last_day,
            after_days=after_days,
            until_days=until_days,
            tiers=self.audience.places(programme, where),
            birthday=(self.birthday or "day") if self.kind == "birthday" else None,
            rhythm=self.rhythm,
            lasts_days=self.wave_days,
            lift=self.response.lift,
            returns=0.0 if told is None and self.kind not in _USUAL else told,
            held_out=self.held_out,
            coupon=self._coupon_of(programme, where),
            channel=self.channel,
            cost_minor=programme.minor(self.cost_per_contact),
            budget_minor=None if self.budget is None else programme.minor(self.budget),
            draw=draw_of(self.name),
        )

    def _coupon_of(self, programme: Programme, where: str) -> str:
        known = [rule.name for rule in programme.coupons]
        if self.coupon is not None and self.coupon not in known:
            raise InputError(
                f"{where}: there is no coupon {self.coupon!r}; known: {', '.join(known) or 'none'}"
            )
        return self.coupon or ""

    def multiplier(self) -> dict[str, Any] | None:
        """The line of the programme's earning rules, as in a document; None without points."""
        if self.percent is None:
            return None
        when: dict[str, Any] = {"first_day": self.first_day, "last_day": self.last_day}
        if self.audience.tiers:
            when["tiers"] = self.audience.tiers
        if self.kind == "birthday":
            when["birthday"] = self.birthday or "day"
        elif self.rhythm == "weekly":
            when["weekdays"] = [WEEKDAYS[self.first_day.weekday()]]
        elif self.rhythm == "monthly":
            when["month_days"] = [self.first_day.day]
        return {"name": self.name, "when": when, "percent": self.percent}


class ShockLine(Period):
    """What the world outside does: demand and joining are multiplied, 0.8 for a fifth less."""

    name: Named
    demand: Factor = 1.0
    joining: Factor = 1.0

    def shock(self) -> Shock:
        first_day, last_day = self.days
        return Shock(
            name=self.name,
            first_day=first_day,
            last_day=last_day,
            demand=self.demand,
            joining=self.joining,
        )


class BudgetLine(Period):
    """The most that rewards may cost in a time; of all of them or of some."""

    name: Named
    amount: Money
    rewards: tuple[Named, ...] = ()

    def budget(self, programme: Programme, where: str) -> RewardBudget:
        for reward in self.rewards:
            known_reward(programme, reward, where)
        first_day, last_day = self.days
        return RewardBudget(
            name=self.name,
            first_day=first_day,
            last_day=last_day,
            amount_minor=programme.minor(self.amount),
            rewards=self.rewards,
        )


class ReplenishmentLine(Document):
    """More pieces of a reward in stock, on a day or, with `repeat`, again and again up to the last day."""

    reward: Named
    pieces: int = Field(ge=1, le=10**9)
    first_day: date
    last_day: date | None = None
    repeat: Literal["once", "weekly", "monthly"] = "once"

    @model_validator(mode="after")
    def _until_when(self) -> Self:
        if (self.repeat == "once") != (self.last_day is None):
            raise ValueError("repeat: weekly or monthly goes with a last_day, and once without")
        if self.last_day is not None and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self

    def deliveries(self, programme: Programme, where: str) -> list[Replenishment]:
        """Each of them."""
        if known_reward(programme, self.reward, where).stock is None:
            raise InputError(f"{where}: {self.reward} is not limited: give rewards.{self.reward}.stock first")
        first_day = to_day(self.first_day)
        if self.repeat == "once" or self.last_day is None:
            days = [first_day]
        elif self.repeat == "weekly":
            days = list(range(first_day, to_day(self.last_day) + 1, 7))
        else:
            starts = month_starts(first_day - 31, to_day(self.last_day))
            days = [int(one) + self.first_day.day - 1 for one in starts]
            days = [one for one in days if to_date(one).day == self.first_day.day]
            days = [one for one in days if first_day <= one <= to_day(self.last_day)]
        return [Replenishment(reward=self.reward, day=day, pieces=self.pieces) for day in days]


class DeskLine(Document):
    """People who hand out rewards or answer members; hours as "09:00", a promise in hours."""

    name: Named
    work: Work
    places: int = Field(ge=1, le=10_000)
    minutes: float = Field(gt=0, le=10_000)
    opens: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    closes: str = Field("18:00", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    promised_hours: float = Field(24.0, gt=0, le=10_000)
    asked_per_sale: Share = 0.0
    asked_per_redemption: Share = 0.0
    asked_per_refund: Share = 0.0

    @model_validator(mode="after")
    def _is_asked(self) -> Self:
        if _minutes(self.closes) <= _minutes(self.opens):
            raise ValueError("closes must be after opens")
        asked = self.asked_per_sale + self.asked_per_redemption + self.asked_per_refund
        if self.work == "fulfilment" and asked:
            raise ValueError("a fulfilment desk hands out what is redeemed; asked_per_ is for contact")
        if self.work == "contact" and not asked:
            raise ValueError("give one of asked_per_sale, asked_per_redemption and asked_per_refund")
        return self

    def desk(self) -> Desk:
        return Desk(
            name=self.name,
            work=self.work,
            places=self.places,
            minutes=self.minutes,
            opens=_minutes(self.opens),
            closes=_minutes(self.closes),
            promised_minutes=self.promised_hours * 60,
            asked_per_sale=self.asked_per_sale,
            asked_per_redemption=self.asked_per_redemption,
            asked_per_refund=self.asked_per_refund,
        )


class JoiningLine(Document):
    """How many join: so many times as many as usual; and how many friends a member brings beside them in a
    year of being active."""

    factor: Factor = 1.0
    referrals_a_year: float | None = Field(None, ge=0, le=50)


def known_reward(programme: Programme, name: str, where: str) -> Any:
    """The reward of that name; InputError naming those there are."""
    found = next((reward for reward in programme.rewards if reward.name == name), None)
    if found is None:
        known = ", ".join(reward.name for reward in programme.rewards) or "none"
        raise InputError(f"{where}: there is no reward {name!r}; known: {known}")
    return found


def draw_of(name: str) -> int:
    """What the draws of a campaign hang on: its name, so that plans with the same campaign draw alike."""
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little")


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
