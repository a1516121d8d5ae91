"""One arm of a comparison: all that members meet in a run, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from loyalty_core.errors import InputError
from loyalty_core.facts import POINTS_ACCOUNT, STORED_VALUE_ACCOUNTS
from loyalty_core.rewards.coupon_gifts import gives_coupons
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import sells_tiers
from simulation.behaviour import Behaviour
from simulation.effects import Effects, default_effects
from simulation.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Rules, behaviour and calendar of a run; equal values give equal results.

    `programmes` are documents with the day from whose start each holds, ascending. The first holds from
    the first day of the run, whatever day it names; those that follow are rule changes. `past` is the one
    under which members' rates were seen, where that is not the first.
    """

    programmes: tuple[tuple[int, Programme], ...]
    behaviour: Behaviour
    effects: Effects = field(default_factory=default_effects)
    plan: Plan = field(default_factory=Plan)
    past: Programme | None = None

    def __post_init__(self) -> None:
        if not self.programmes:
            raise ValueError("an arm needs a programme")
        if any(one >= other for (one, _), (other, _) in pairwise(self.programmes)):
            raise ValueError("the programmes of an arm come in the order of their days")
        for name in ("tiers", "rewards", "coupons"):
            if len({tuple(part.name for part in getattr(one, name)) for _, one in self.programmes}) > 1:
                raise InputError(f"rule changes: {name} cannot come, go or get other names during a run")

    @classmethod
    def of(
        cls,
        programme: Programme,
        behaviour: Behaviour,
        effects: Effects | None = None,
        plan: Plan | None = None,
    ) -> Arm:
        """One document from the first day to the last; the library's effects unless told otherwise."""
        return cls(
            programmes=((0, programme),),
            behaviour=behaviour,
            effects=effects or default_effects(),
            plan=plan or Plan(),
        )

    @property
    def programme(self) -> Programme:
        """The document in force at the start."""
        return self.programmes[0][1]

    @property
    def shares(self) -> bool:
        """Whether there may not be enough of something for all: members are then simulated together."""
        stocked = any(one.stock is not None for _, document in self.programmes for one in document.rewards)
        paid = any(one.most_contacts is not None for one in self.plan.campaigns)
        return stocked or paid or bool(self.plan.budgets)

    @property
    def gives_coupons(self) -> bool:
        """Whether any of the documents, or a campaign, gives coupons."""
        of_campaigns = any(one.coupon for one in self.plan.campaigns)
        return of_campaigns or any(gives_coupons(document) for _, document in self.programmes)

    @property
    def sells_tiers(self) -> bool:
        """Whether members may come to buy a tier of any of the documents."""
        sold = any(sells_tiers(document.tiers) for _, document in self.programmes)
        return sold and not self.behaviour.subscribing.nothing

    @property
    def other_accounts(self) -> tuple[str, ...]:
        """The accounts beside that of points into which rules of any of the documents pay, by name; those of
        cards, too, where any are used."""
        rules = (rule for _, document in self.programmes for rule in document.earning.all_rules)
        named = tuple(sorted({rule.account for rule in rules} - {POINTS_ACCOUNT}))
        return named if self.behaviour.storing.nothing else named + STORED_VALUE_ACCOUNTS

    @property
    def turns(self) -> tuple[int, ...]:
        """The days on which other rules come into force: an equal document changes nothing."""
        return tuple(day for (_, held), (day, new) in pairwise(self.programmes) if held != new)

    @property
    def changes(self) -> tuple[tuple[int, Programme], ...]:
        """The documents that come into force later, with their days."""
        return self.programmes[1:]
