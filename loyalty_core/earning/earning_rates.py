"""How many points an earning rule gives for what it measures, exactly, in whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earning_conditions import Condition, Events, Labels
from loyalty_core.rules.earning_rules import EarningRule, Multiplier
from loyalty_core.rules.programme import Programme

LARGEST = int(np.iinfo(np.int64).max)
_Exact = npt.NDArray[np.integer | np.object_]


@dataclass(frozen=True, slots=True)
class Factor:
    """What multipliers make of points together: whole numbers `tops` per event over one `bottom`."""

    tops: _Exact
    bottom: int


class Rate:
    """Point units per unit of a rule's measure, per tier.

    They are `tops` over one common `bottom`, in steps of `step` point units, to which is rounded.
    """

    def __init__(self, rule: EarningRule, programme: Programme):
        self.rounding = rule.rounding
        self.step = _step(rule, programme)
        unit = Fraction(10**programme.point_decimals, self.step)
        if rule.measure == "amount" and rule.points_per_unit is not None:
            unit /= 10**programme.currency_decimals
        self.streak_days, per_unit = _streak(rule) if rule.streak else ((), _per_unit(rule))
        percents = [tier.earn_percent if rule.times_tier else 100 for tier in programme.tiers]
        rates = [unit * per_unit * percent / 100 for percent in percents]
        self.bottom = lcm(*(rate.denominator for rate in rates))
        self.tops = tuple(int(rate * self.bottom) for rate in rates)
        self.same_for_all = len(set(self.tops)) == 1

    def points(self, measured: Ints, tier: Ints, factor: Factor | None) -> Ints:
        """Point units (int64) for what was measured, never less than 0; OverflowError if they do not fit."""
        largest = int(measured.max(initial=0)) * max(self.tops)
        bottom = self.bottom
        if factor is not None:
            largest *= int(factor.tops.max(initial=0))
            bottom *= factor.bottom
        # Absurd numbers go through Python's unbounded integers instead of wrapping round.
        exact = np.int64 if 2 * (largest + bottom) <= LARGEST else object
        product: _Exact = np.maximum(measured, 0).astype(exact, copy=False)
        product = product * (self.tops[0] if self.same_for_all else np.array(self.tops, exact)[tier])
        if factor is not None:
            product = product * factor.tops.astype(exact, copy=False)
        steps = _rounded(product, bottom, self.rounding)
        if self.step > 1:
            if int(steps.max(initial=0)) * self.step > LARGEST:
                raise OverflowError("points do not fit into 64 bits")
            steps = steps * self.step
        points: Ints = steps.astype(np.int64, copy=False)
        return points


def _step(rule: EarningRule, programme: Programme) -> int:
    """The point units to whole multiples of which the rule rounds."""
    return 1 if rule.round_to is None else programme.point_units(rule.round_to)


def _per_unit(rule: EarningRule) -> Fraction:
    given = rule.points if rule.points_per_unit is None else rule.points_per_unit
    assert given is not None
    return Fraction(given)


def _streak(rule: EarningRule) -> tuple[tuple[int, ...], Fraction]:
    """The points of each day in a row as whole numbers of a common fraction of a point."""
    assert rule.streak is not None
    points = [Fraction(one) for one in rule.streak.points]
    bottom = lcm(*(one.denominator for one in points))
    return tuple(int(one * bottom) for one in points), Fraction(1, bottom)


def _rounded(tops: _Exact, bottom: int, rounding: str) -> _Exact:
    """Not negative tops ÷ bottom as whole numbers; a half is rounded up where to the nearest."""
    if rounding == "nearest":
        return (2 * tops + bottom) // (2 * bottom)
    return (tops + (bottom - 1 if rounding == "up" else 0)) // bottom


class Multipliers:
    """The multipliers of a programme that may apply to one kind of event."""

    def __init__(self, programme: Programme, kind: str, labels: Labels):
        self.stacking = programme.earning.stacking
        self.all = tuple(
            _Multiplier(one, programme, labels)
            for one in programme.earning.multipliers
            if one.when.event == kind
        )

    def percents(self, events: Events, tier: Ints, birthday: Ints) -> list[Ints]:
        """What each multiplier says of each event in percent, -1 where it does not hold."""
        return [one.percent(events, tier, birthday) for one in self.all]

    def of(self, rule: str) -> tuple[tuple[int, ...], ...]:
        """The places of the multipliers that apply to a rule, those of one group together."""
        groups: dict[str, list[int]] = {}
        for place, one in enumerate(self.all):
            if not one.rules or rule in one.rules:
                groups.setdefault(one.group, []).append(place)
        return tuple(tuple(places) for places in groups.values())

    def factor(self, groups: tuple[tuple[int, ...], ...], percents: list[Ints]) -> Factor | None:
        """What the multipliers of these groups make of points together; None where there are none."""
        told = [_largest([percents[place] for place in places]) for places in groups]
        told = [percent for percent in told if (percent >= 0).any()]
        return _STACKING[self.stacking](told) if told else None

    def that_count(self, groups: tuple[tuple[int, ...], ...], percents: list[Ints]) -> list[tuple[str, int]]:
        """The names and percents of those that count for a single event, as `factor` takes them."""
        best = (max(places, key=lambda place: int(percents[place][0])) for places in groups)
        told = [(self.all[place].name, int(percents[place][0])) for place in best]
        told = [(name, percent) for name, percent in told if percent >= 0]
        if self.stacking == "best" and told:
            return [max(told, key=lambda one: one[1])]
        return told


class _Multiplier:
    def __init__(self, multiplier: Multiplier, programme: Programme, labels: Labels):
        self.condition = Condition(multiplier.when, programme, labels)
        self.name, self.rules = multiplier.name, multiplier.rules
        # One without a group is a group of its own; no group has a name with a dot.
        self.group = multiplier.group or f".{multiplier.name}"
        by_tier = multiplier.percent_by_tier
        self.by_tier = np.array([by_tier.get(tier.name, multiplier.percent) for tier in programme.tiers])
        self.same_for_all = not by_tier

    def percent(self, events: Events, tier: Ints, birthday: Ints) -> Ints:
        percent: Ints = self.by_tier[:1] if self.same_for_all else self.by_tier[tier]
        holds: Flags | None = self.condition.holds(events, tier, birthday)
        return np.broadcast_to(percent, len(tier)) if holds is None else np.where(holds, percent, -1)


def _largest(percents: list[Ints]) -> Ints:
    found = percents[0]
    for percent in percents[1:]:
        found = np.maximum(found, percent)
    return found


def _multiplied(told: list[Ints]) -> Factor:
    largest = 1
    for percent in told:
        largest *= max(int(percent.max()), 100)
    exact = np.int64 if largest <= LARGEST else object
    tops: _Exact = np.ones(len(told[0]), exact)
    for percent in told:
        tops = tops * np.where(percent >= 0, percent, 100).astype(exact)
    return Factor(tops, 100 ** len(told))


def _added(told: list[Ints]) -> Factor:
    extra = sum(np.where(percent >= 0, percent - 100, 0) for percent in told)
    return Factor(np.maximum(100 + extra, 0), 100)


def _best(told: list[Ints]) -> Factor:
    largest = _largest(told)
    return Factor(np.where(largest >= 0, largest, 100), 100)


_STACKING: dict[str, Callable[[list[Ints]], Factor]] = {
    "multiply": _multiplied,
    "add": _added,
    "best": _best,
}
