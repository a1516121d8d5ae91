"""Who the demo's members are, what they are offered and when they buy: a run of the simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.days import add_months, day_of, start_of, to_day
from loyalty_core.errors import InputError
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.metrics.dictionary import METRICS, Kind
from loyalty_core.points.expiring import expires_on
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing, Redeeming, Refunding, Season, Spending
from simulation.demo.calendar import Offer, offers_of
from simulation.demo.leaving import left_on
from simulation.demo.rules import versions_of
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.plan import Plan
from simulation.population import Population, newcomers
from simulation.streams import Keys, Purpose, Streams, member_keys
from simulation.subscribing import Subscribing

USUAL_MEMBERS = 20_000
MOST_OF_A_PART = 100_000
UNTIL = date(2026, 10, 31)
SOURCE = "invented for the demo"
FOUNDERS, FOUNDING_DAYS = 0.25, 45  # a quarter joins around the opening, the others steadily after it
BUY_ON_JOINING = 0.85
KNOWN_BIRTHDAYS = 0.9

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
    subscribing=Subscribing(
        buys=0.003, renews=0.85, renews_silent=0.15, renewal_days=tuple(range(-10, 20)), source=SOURCE
    ),
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
    def versions(self) -> tuple[Programme, ...]:
        """The documents that follow each other, each from its `effective_on`; targets are in the last one.

        Targets of counts, which are for `USUAL_MEMBERS`, are in proportion.
        """
        size = Decimal(self.members) / USUAL_MEMBERS
        targets = {
            name: target if METRICS[name].kind is Kind.RATIO else Decimal(round(target * size))
            for name, target in self.programme.targets.items()
        }
        declared = self.programme.model_copy(update={"targets": targets})
        return versions_of(declared, self.days, self.offers)

    @property
    def declared(self) -> Programme:
        """The programme in force on the last day."""
        return self.versions[-1]

    @cached_property
    def days(self) -> tuple[int, int]:
        """First and last day."""
        after = to_day(self.until) + 1
        return int(add_months(np.array([after]), -self.months)[0]), after - 1

    @cached_property
    def streams(self) -> Streams:
        return Streams(self.seed)

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """The campaigns, those that are only planned included."""
        return offers_of(self.programme, self.days)

    @cached_property
    def population(self) -> Population:
        """The members, by id in the order of joining."""
        ids = [f"M{number:07d}" for number in range(1, self.members + 1)]
        keys = member_keys(ids)
        joined = np.sort(self._joined_on(self.streams.uniform(Purpose.JOINING, keys)))
        at_once = self.streams.uniform(Purpose.JOINS_BUYING, keys) < BUY_ON_JOINING
        return newcomers(ids, joined, at_once)

    @property
    def parts(self) -> list[Part]:
        """All members in parts that fit into memory one after the other."""
        several = -(-self.members // MOST_OF_A_PART)
        places = np.arange(self.members)
        return [Part(self, nth, self.population.part(places[nth::several])) for nth in range(several)]

    @property
    def facts(self) -> Facts:
        """When everybody buys, brings back and redeems."""
        return Part(self, 0, self.population).facts

    def midnight(self, days: Ints) -> Ints:
        """The first instant of each day (int64 microseconds, UTC)."""
        return start_of(days, self.programme.zone)

    def gone_on(self, day: Ints) -> Ints:
        """The first day on which points earned on each day are gone, NEVER if they stay."""
        return expires_on(self.declared.expiry, day.astype(np.int32))

    def day_of(self, at: Ints) -> Ints:
        """The day of each instant."""
        return day_of(at, self.programme.zone)

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


@dataclass(frozen=True)
class Part:
    """Some of the demo's members, who never touch the others, and the run of their purchases."""

    demo: Demo
    number: int
    population: Population

    def __len__(self) -> int:
        return len(self.population)

    @property
    def keys(self) -> Keys:
        return self.population.keys

    @cached_property
    def facts(self) -> Facts:
        """When they buy, bring back and redeem, and whom campaigns chose."""
        demo, days = self.demo, self.demo.days
        first, *later = demo.versions
        dated = [(days[0], first), *((to_day(one.effective_on), one) for one in later if one.effective_on)]
        campaigns = tuple(offer.campaign for offer in demo.offers if offer.campaign.starts_on <= days[1])
        arm = Arm(
            programmes=tuple(dated),
            behaviour=BEHAVIOUR,
            effects=default_effects().only("goal_gradient"),
            plan=Plan(campaigns=campaigns),
        )
        accounts = Accounts(
            first, self.population.joined_on, birthday=self.birthdays, remember=len(dated) > 1
        )
        return simulate(self.population, arm, days, demo.streams, accounts)

    @cached_property
    def birthdays(self) -> Ints:
        """Month × 100 + day of birth, 0 where nobody knows it."""
        luck = self.demo.streams.uniform(Purpose.ATTRIBUTE, self.keys, 5)
        dates = (luck / KNOWN_BIRTHDAYS * 365).astype(np.int64).astype("datetime64[D]")  # of 1970
        month = dates.astype("datetime64[M]")
        day = (dates - month).astype(np.int64) + 1
        known = luck < KNOWN_BIRTHDAYS
        return np.where(known, 100 * (month.astype(np.int64) % 12 + 1) + day, 0).astype(np.int32)

    @cached_property
    def last_bought_on(self) -> Ints:
        """The day of the last purchase or refund; that of joining before one."""
        last = self.population.joined_on.astype(np.int64)
        rows = self.facts.purchases
        last[rows["member"]] = rows["day"]
        return last

    @cached_property
    def left_on(self) -> Ints:
        """The day of leaving the programme, NEVER for those who stay."""
        return left_on(self.demo.streams, self.keys, self.last_bought_on, self.demo.days[1])
