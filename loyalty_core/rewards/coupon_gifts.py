"""Coupons that a programme gives of itself: for which deeds, on entering which tiers, for how long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, to_day
from loyalty_core.earning.earning_conditions import Condition, Events, Labels
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import CouponRule


class CouponGifts:
    """What the coupon rules of a programme give; a kind of coupon is its place among them."""

    def __init__(self, programme: Programme, labels: Labels) -> None:
        self._rules = programme.coupons
        self._for = [
            (place, rule.given_for.event, Condition(rule.given_for, programme, labels))
            for place, rule in enumerate(programme.coupons)
            if rule.given_for is not None
        ]
        self._entering = [
            (place, np.array([tier.name in rule.given_on_entering for tier in programme.tiers]))
            for place, rule in enumerate(programme.coupons)
            if rule.given_on_entering
        ]

    def on_entering(self, before: Ints, after: Ints) -> Iterator[tuple[int, Ints]]:
        """Each kind, and the positions of the moves for which it is given; -1 is the tier before joining."""
        for place, named in self._entering:
            yield place, np.flatnonzero((after > before) & named[after])

    def for_deeds(self, kind: str, deeds: Events, tier: Ints, birthday: Ints) -> Iterator[tuple[int, Ints]]:
        """Each kind, and the positions of the purchases or activities for which it is given.

        `tier` is that before each deed, `birthday` that of all members.
        """
        for place, event, condition in self._for:
            if event == kind:
                held = condition.holds(deeds, tier, birthday)
                yield place, np.arange(len(deeds)) if held is None else np.flatnonzero(held)

    def expires_on(self, place: int, day: Ints) -> Ints:
        """The first day on which a coupon of that kind, given on a day, is worth nothing any more."""
        rule: CouponRule = self._rules[place]
        if rule.days_valid is not None:
            return np.asarray(day + rule.days_valid + 1, np.int32)
        gone = NEVER if rule.last_day is None else to_day(rule.last_day) + 1
        return np.full(len(day), gone, np.int32)


def gives_coupons(programme: Programme) -> bool:
    """Whether the programme gives any of itself."""
    return any(rule.given_for is not None or rule.given_on_entering for rule in programme.coupons)
