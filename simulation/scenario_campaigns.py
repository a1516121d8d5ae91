"""Campaigns as a scenario document writes them: when, to whom, how often, at what cost, with what effect."""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document, Name
from loyalty_core.rules.earning_rules import WEEKDAYS
from loyalty_core.rules.programme import Programme
from simulation.campaigns import Campaign, Rhythm
from simulation.scenario_calendar import Money, Named, Period, Share

Kind = Literal["wake_up", "win_back", "double_points", "birthday", "member_day"]
State = Literal["all", "bought", "active", "silent", "churned"]
Lift = Annotated[float, Field(ge=-1, le=20)]
_EVER_DAYS = 36_500  # whoever bought at all did so within a century


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

    lift: Lift = 0.0
    lift_range: tuple[Lift, Lift] | None = None
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


def draw_of(name: str) -> int:
    """What the draws of a campaign hang on: its name, so that plans with the same campaign draw alike."""
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little")
