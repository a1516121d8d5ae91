"""The programme document: every promise a membership programme makes, as one validated value.

Written as YAML in currency units and points; the rules read integers (minor units of money,
10**-point_decimals points) through the methods here, so that nothing downstream rounds twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import PrivateAttr, model_validator

from loyalty_core.documents import fields_of, validated
from loyalty_core.errors import InputError
from loyalty_core.rules.cross_checks import faults
from loyalty_core.rules.declaration import Declaration, Lifecycle, time_zones
from loyalty_core.rules.document import Document, Label
from loyalty_core.rules.earning_rules import Earning
from loyalty_core.rules.point_rules import Expiry
from loyalty_core.rules.reward_rules import Reward
from loyalty_core.rules.tier_rules import Qualification, Tier, on_one_ladder
from loyalty_core.text import Text

__all__ = [
    "Document",
    "Earning",
    "Expiry",
    "Label",
    "Lifecycle",
    "Programme",
    "Qualification",
    "Reward",
    "Tier",
    "programme_from_dict",
    "programme_from_yaml",
    "programme_to_yaml",
    "time_zones",
]


class Programme(Declaration):
    """One version of a membership programme."""

    _rungs: tuple[tuple[Tier, ...], ...] = PrivateAttr(())  # where it knows tiers that are gone
    _scores_before: tuple[tuple[date | None, Mapping[str, int]], ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _consistent(self) -> Programme:
        lowest = self.tiers[0] if self.tiers else None
        if lowest is None or lowest.threshold or lowest.reach is not None or lowest.entry != "open":
            raise ValueError("tiers: the first tier needs threshold 0, so that every member has one")
        by_spend = [tier for tier in self.tiers if tier.by_threshold]
        for lower, upper in pairwise(by_spend):
            if upper.threshold <= lower.threshold:
                raise ValueError(
                    f"tiers: {upper.name} needs a threshold above that of {lower.name} ({lower.threshold})"
                )
        for what, names in (
            ("tiers", [name for t in self.tiers for name in (t.name, *t.formerly)]),
            ("rewards", [r.name for r in self.rewards]),
            ("partners", [p.name for p in self.partners]),
            ("coupons", [c.name for c in self.coupons]),
            *((f"tiers.{t.name}.benefits", [b.name for b in t.benefits]) for t in self.tiers),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"{what}: the name {min(twice)} stands twice")
        if found := list(faults(self)):
            raise ValueError("; ".join(found))
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def minor(self, amount: Decimal | int | float | str) -> int:
        """Currency units as integer minor units; InputError if it has more decimals than the currency."""
        return _scaled(amount, self.currency_decimals, f"{self.currency} amount")

    def point_units(self, points: Decimal | int | float | str) -> int:
        """Points as integer units; InputError if finer than `point_decimals`."""
        return _scaled(points, self.point_decimals, "points")

    @property
    def thresholds_minor(self) -> tuple[int, ...]:
        """Qualifying spend of each tier from the lowest, in minor units."""
        return tuple(self.minor(tier.threshold) for tier in self.tiers)

    def after(self, earlier: Iterable[Programme]) -> Programme:
        """The same document, knowing the tiers of the programmes that held before it, the latest first, and
        what activities counted for then."""
        held = list(earlier)
        rungs = on_one_ladder(self.tiers, (one.tiers for one in held))
        scores = [(one.effective_on, one.qualification.activity_scores) for one in held[::-1]]
        same = all(told == self.qualification.activity_scores for _, told in scores)
        if same and rungs == tuple((tier,) for tier in self.tiers):
            return self
        knowing = self.model_copy()
        knowing._rungs, knowing._scores_before = rungs, () if same else tuple(scores)
        return knowing

    @property
    def scores_in_turn(self) -> tuple[tuple[date | None, Mapping[str, int]], ...]:
        """What activities count for, each from a day on; the first from the beginning."""
        return (*self._scores_before, (self.effective_on, self.qualification.activity_scores))

    @property
    def rungs(self) -> tuple[tuple[Tier, ...], ...]:
        """Its tiers, and among them those of programmes before it that it has no more, from the lowest."""
        return self._rungs or tuple((tier,) for tier in self.tiers)

    @property
    def known_tiers(self) -> tuple[Tier, ...]:
        """Its tiers from the lowest, then those that only programmes before it had: the codes of tiers."""
        own = [tier.name for tier in self.tiers]
        return (*self.tiers, *(tier for rung in self.rungs for tier in rung if tier.name not in own))

    @property
    def tier_ranks(self) -> tuple[int, ...]:
        """The place of each of the `known_tiers` among the rungs."""
        ranks = {tier.name: rank for rank, rung in enumerate(self.rungs) for tier in rung}
        return tuple(ranks[tier.name] for tier in self.known_tiers)

    @property
    def value_per_point(self) -> Fraction | None:
        """What a point is worth to members, in currency units; None where nothing says so.

        As cash where points pay, else the average face value of a point over the rewards that state one.
        """
        if self.points_as_cash is not None:
            return Fraction(self.points_as_cash.value_per_point)
        values = [
            Fraction(reward.face_value) / Fraction(reward.points)
            for reward in self.rewards
            if reward.face_value is not None
        ]
        return sum(values, Fraction(0)) / len(values) if values else None

    @property
    def cheapest_reward_units(self) -> int | None:
        """Point price of the cheapest reward in units; None where the programme declares none."""
        return min((self.point_units(reward.points) for reward in self.rewards), default=None)

    def tier_label(self, name: str) -> Text:
        """A tier's name for people, in both languages."""
        return _label(name, next((t.label for t in self.known_tiers if t.name == name), Label()))

    def data_label(self, given: str) -> Text:
        """What the data call so (a region, channel, store or category), for people, in both languages."""
        label = self.labels.get(given, Label())
        return Text(label.en or given, label.zh or given)

    def benefit_label(self, name: str) -> Text:
        """A benefit's name for people, in both languages."""
        benefits = (benefit for tier in self.tiers for benefit in tier.benefits)
        return _label(name, next((one.label for one in benefits if one.name == name), Label()))

    def reward_label(self, name: str) -> Text:
        """A reward's name for people, in both languages."""
        return _label(name, next((r.label for r in self.rewards if r.name == name), Label()))

    def coupon_label(self, name: str) -> Text:
        """A coupon's name for people, in both languages."""
        return _label(name, next((c.label for c in self.coupons if c.name == name), Label()))

    def rule_label(self, name: str) -> Text:
        """The name of an earning rule or a multiplier for people, in both languages."""
        labels = {rule.name: rule.label for rule in self.earning.all_rules}
        labels |= {one.name: one.label for one in self.earning.multipliers}
        return _label(name, labels.get(name, Label()))


def programme_from_yaml(text: str, where: str = "programme") -> Programme:
    """The programme that the document declares; InputError naming the field otherwise."""
    return programme_from_dict(fields_of(text, where, "name: …, tiers: …"), where)


def programme_from_dict(document: dict[str, Any], where: str = "programme") -> Programme:
    """As `programme_from_yaml`, from plain values."""
    return validated(Programme, document, where)


def programme_to_yaml(programme: Programme) -> str:
    """The document in full, defaults included; reads back to an equal programme."""
    values = programme.model_dump(mode="json")
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False)


def _scaled(value: Decimal | int | float | str, decimals: int, what: str) -> int:
    exact = Decimal(str(value)).scaleb(decimals)
    if exact != exact.to_integral_value():
        raise InputError(f"{what} {value}: at most {decimals} decimals")
    return int(exact)


def _label(name: str, label: Label) -> Text:
    plain = name.replace("_", " ").capitalize()
    return Text(label.en or label.zh or plain, label.zh or label.en or plain)
