"""What a scenario puts on the calendar, as one writes it: rule changes, shocks, desks, joining.

Campaigns are written as `scenario_campaigns` tells, limits as `scenario_limits`.

Days are dates, money is in currency units, and both ends of a period are included. What lies before the
first simulated day or after the last is not met.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from loyalty_core.days import to_day
from loyalty_core.rules.document import Document
from simulation.desks import Desk, Work
from simulation.head_start import JOINED
from simulation.shocks import Shock

Value = bool | int | float | str | list[str] | None


def _one_by_one(given: Any) -> Any:
    """Changes as they are written; ValueError where somebody nests them like the document itself."""
    if isinstance(given, dict):
        for name, value in given.items():
            if isinstance(value, dict):
                raise ValueError(f"{name} is a group: write each value by its path, {name}.…: value")
    return given


Changes = Annotated[dict[str, Value], BeforeValidator(_one_by_one)]  # by path
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]  # each is gone through
Named = Annotated[str, Field(min_length=1, max_length=120)]
Factor = Annotated[float, Field(ge=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15)]


class Period(Document):
    """Days from the first to the last, both included."""

    first_day: Day
    last_day: Day

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

    first_day: Day
    changes: Changes = Field(min_length=1)


class ShockLine(Period):
    """What the world outside does: demand and joining are multiplied, 0.8 for a fifth less; with regions or
    channels the demand of those members alone."""

    name: Named
    demand: Factor = 1.0
    joining: Factor = 1.0
    regions: tuple[Named, ...] = ()
    channels: tuple[Named, ...] = ()

    @model_validator(mode="after")
    def _of_whom(self) -> Self:
        if self.joining != 1 and (self.regions or self.channels):
            raise ValueError("joining is that of all: leave out regions and channels, or write two shocks")
        return self

    def shock(self) -> Shock:
        first_day, last_day = self.days
        return Shock(
            name=self.name,
            first_day=first_day,
            last_day=last_day,
            demand=self.demand,
            joining=self.joining,
            regions=self.regions,
            channels=self.channels,
        )


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
    year of being active. `points` are given on joining, beside what the programme's own rules give."""

    factor: Factor = 1.0
    referrals_a_year: float | None = Field(None, ge=0, le=50)
    points: Money | None = None

    def rule(self) -> dict[str, Any] | None:
        """The line of the programme's earning rules, as in a document; None without points."""
        if not self.points:
            return None
        return {"name": "points for joining", "when": {"event": JOINED}, "points": self.points}


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
