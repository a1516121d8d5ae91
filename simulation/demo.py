"""A programme that never was: two years of a chain of bookshops, for looking around and for tests.

It is a simulated run like any other, so that every page and every check treats it like real data. What a
run does not bring about (stores, sign-ins, guests) is added by draws with the same keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np

from loyalty_core.days import add_months, month_starts, start_of, to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.history import Ints
from loyalty_core.metrics.dictionary import METRICS, Kind
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing, Redeeming, Refunding, Season, Spending
from simulation.campaigns import Campaign
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.plan import Plan
from simulation.population import Population, newcomers
from simulation.streams import Floats, Purpose, Streams, member_keys

USUAL_MEMBERS = 20_000
UNTIL = date(2026, 10, 31)
SOURCE = "invented for the demo"
FOUNDERS, FOUNDING_DAYS = 0.25, 45  # a quarter joins around the opening, the others steadily after it
BUY_ON_JOINING = 0.85

BEHAVIOUR = Behaviour(
    purchasing=Purchasing(r=1.1, alpha=5.0, a=0.55, b=8.0, source=SOURCE),
    spending=Spending(p=3.2, q=4.2, v=110.0, source=SOURCE),
    season=Season(
        months=(1.12, 0.84, 0.93, 0.97, 1.02, 1.10, 0.92, 0.90, 1.03, 0.99, 1.14, 1.04),
        weekdays=(0.84, 0.86, 0.90, 0.94, 1.08, 1.26, 1.12),
        source=SOURCE,
    ),
    redeeming=Redeeming(appeal=-1.6, eagerness=0.9, ambition=0.5, never_share=0.12, source=SOURCE),
    refunding=Refunding(share=0.025, within_days=14, source=SOURCE),
)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """One demo programme: everything about it follows from these values."""

    programme: Programme
    members: int = USUAL_MEMBERS
    months: int = 24
    seed: int = 1
    until: date = UNTIL

    def __post_init__(self) -> None:
        if not 100 <= self.members <= 5_000_000:
            raise InputError(f"--members {self.members}: a demo has from 100 to 5000000 members")
        if not 1 <= self.months <= 120:
            raise InputError(f"--months {self.months}: a demo lasts from 1 to 120 months")

    @cached_property
    def declared(self) -> Programme:
        """The programme with its targets of counts, which are for `USUAL_MEMBERS`, in proportion."""
        size = Decimal(self.members) / USUAL_MEMBERS
        targets = {
            name: target if METRICS[name].kind is Kind.RATIO else Decimal(round(target * size))
            for name, target in self.programme.targets.items()
        }
        return self.programme.model_copy(update={"targets": targets})

    @cached_property
    def days(self) -> tuple[int, int]:
        """First and last day."""
        after = to_day(self.until) + 1
        return int(add_months(np.array([after]), -self.months)[0]), after - 1

    @cached_property
    def streams(self) -> Streams:
        return Streams(self.seed)

    @cached_property
    def population(self) -> Population:
        """The members, by id in the order of joining."""
        ids = [f"M{number:07d}" for number in range(1, self.members + 1)]
        keys = member_keys(ids)
        joined = np.sort(self._joined_on(self.streams.uniform(Purpose.JOINING, keys)))
        at_once = self.streams.uniform(Purpose.JOINS_BUYING, keys) < BUY_ON_JOINING
        return newcomers(ids, joined, at_once)

    @cached_property
    def campaigns(self) -> list[Campaign]:
        """A wake-up of the silent each quarter, and a win-back of the churned twice a year."""
        first_day, last_day = self.days
        starts = month_starts(first_day + 100, last_day)
        begin = starts[::3] + 9
        return [one for quarter, day in enumerate(begin) for one in _quarter(int(day), quarter)]

    @cached_property
    def facts(self) -> Facts:
        """What happens."""
        plan = Plan(campaigns=tuple(self.campaigns))
        arm = Arm.of(self.programme, BEHAVIOUR, default_effects().only("goal_gradient"), plan)
        return simulate(self.population, arm, self.days, self.streams)

    def midnight(self, days: Ints) -> Ints:
        """The first instant of each day (int64 microseconds, UTC)."""
        return start_of(days, self.programme.zone)

    @cached_property
    def last_instant(self) -> int:
        """The last microsecond of the last day."""
        return int(self.midnight(np.array([self.days[1] + 1]))[0]) - 1

    def _joined_on(self, luck: Floats) -> Ints:
        first_day, last_day = self.days
        span = last_day - first_day + 1
        early, later = luck / FOUNDERS, (luck - FOUNDERS) / (1 - FOUNDERS)
        days = np.where(early < 1, early * min(FOUNDING_DAYS, span), later * span)
        return (first_day + days.astype(np.int64)).astype(np.int32)


def _quarter(day: int, quarter: int) -> Iterator[Campaign]:
    month = f"{to_date(day):%Y-%m}"
    yield Campaign(
        campaign_id=f"{month}-wake-up",
        kind="wake_up",
        starts_on=day,
        ends_on=day + 20,
        after_days=91,
        until_days=180,
        lift=0.5,
    )
    if quarter % 2:
        yield Campaign(
            campaign_id=f"{month}-win-back",
            kind="win_back",
            starts_on=day,
            ends_on=day + 20,
            after_days=181,
            until_days=400,
            lift=0.35,
        )
