"""What the tiers of a programme ask for, in the integers that deeds are counted in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import NamedTuple

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure, Requirement, Tier, Window


class Counted(NamedTuple):
    """A measure and the window it is counted in; `months` is 0 for windows other than rolling."""

    measure: Measure
    window: Window
    months: int


Totals = Mapping[Counted, Ints]
_NEVER_ENOUGH = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Asked:
    """The least of each thing counted, and how many of these must be met."""

    least: Mapping[Counted, int]
    met: int

    def met_by(self, totals: Totals, percent: int = 100) -> Flags:
        """Where totals come to what is asked, or to that percentage of it."""
        counted = [totals[one] >= -(-percent * least // 100) for one, least in self.least.items()]
        met: Flags = np.sum(counted, axis=0) >= self.met if len(counted) > 1 else counted[0]
        return met

    def progress(self, totals: Totals) -> Ints:
        """How far the members are, in thousandths, 0 … 1000: that of the last measure they need."""
        shares = [np.clip(1000 * totals[one] // least, 0, 1000) for one, least in self.least.items()]
        nth: Ints = np.sort(shares, axis=0)[-self.met]
        return nth

    def missing(self, totals: Totals, measure: Measure) -> Ints:
        """How much of a measure is still missing, in its units; 0 where nothing of it is asked."""
        missing = [np.maximum(least - totals[one], 0) for one, least in self.least.items()]
        asked = [units for one, units in zip(self.least, missing, strict=True) if one.measure == measure]
        most: Ints = np.max(asked, axis=0) if asked else np.zeros_like(missing[0])
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One tier as members move through it; `landing` is where one level down leads.

    `valid_months` and `fee_months` are 0 where the tier has none. The lowest asks for nothing.
    """

    reach: Asked | None
    newcomer: Asked | None
    newcomer_days: int
    keep: Asked | None
    member_months: int
    from_below: bool
    valid_months: int
    fee_months: int
    landing: int
    timed: bool  # it can be held until a day

    @property
    def is_open(self) -> bool:
        """True where measures reach it."""
        return self.reach is not None or self.newcomer is not None

    @property
    def asks(self) -> bool:
        """True where something keeps it; otherwise only its time, or nothing, ends it."""
        return self.reach is not None or self.keep is not None

    @property
    def reaching(self) -> tuple[Counted, ...]:
        """All that is counted to reach it."""
        return tuple(one for asked in (self.reach, self.newcomer) if asked for one in asked.least)

    @property
    def counted(self) -> tuple[Counted, ...]:
        """All that is counted to reach and to keep it."""
        return self.reaching + tuple(self.keep.least if self.keep else ())

    def reached(self, totals: Totals, age_days: Ints, percent: int = 100) -> Flags:
        """Whose deeds reach it, or that percentage, `age_days` after joining; admission is not asked."""
        no = np.zeros(age_days.shape, bool)
        reached = no if self.reach is None else self.reach.met_by(totals, percent)
        if self.newcomer is None:
            return reached
        return np.where(age_days < self.newcomer_days, self.newcomer.met_by(totals, percent), reached)

    def reachable(self, age_days: Ints) -> Flags:
        """Whom measures may lift to it so long after joining; admission is not asked."""
        return np.full(age_days.shape, self.reach is not None) | self._new(age_days)

    def progress(self, totals: Totals, age_days: Ints) -> Ints:
        """How far deeds of those whom it is `reachable` for are towards reaching it, in thousandths."""
        reach = np.zeros(age_days.shape, np.int64) if self.reach is None else self.reach.progress(totals)
        if self.newcomer is None:
            return reach
        return np.where(self._new(age_days), self.newcomer.progress(totals), reach)

    def missing(self, totals: Totals, age_days: Ints, measure: Measure) -> Ints:
        """How much of a measure those whom it is `reachable` for still miss, as `Asked.missing`."""
        reach = (
            np.zeros(age_days.shape, np.int64) if self.reach is None else self.reach.missing(totals, measure)
        )
        if self.newcomer is None:
            return reach
        return np.where(self._new(age_days), self.newcomer.missing(totals, measure), reach)

    def missing_to_keep(self, totals: Totals, age_days: Ints, measure: Measure) -> Ints:
        """As `missing`, of what keeps it."""
        return self.keep.missing(totals, measure) if self.keep else self.missing(totals, age_days, measure)

    def _new(self, age_days: Ints) -> Flags:
        if self.newcomer is None:
            return np.zeros(age_days.shape, bool)
        new: Flags = age_days < self.newcomer_days
        return new

    def kept(self, totals: Totals, age_days: Ints) -> Flags:
        """Whose deeds keep it: what `keep` asks, without one what reaches it."""
        return self.keep.met_by(totals) if self.keep else self.reached(totals, age_days)


def levels_of(programme: Programme) -> tuple[Level, ...]:
    """The programme's tiers from the lowest; InputError where an amount is finer than its unit."""
    levels: list[Level] = []
    for tier in programme.tiers:
        landing = max((n for n, level in enumerate(levels) if level.reach), default=0)
        levels.append(_level(programme, tier, landing, lowest=not levels))
    return tuple(levels)


def least_to_rise(levels: Sequence[Level]) -> Ints | None:
    """For each tier the least that may lead to one above, where all that reaches tiers is counted by one
    measure in one window; else None."""
    if len({one for level in levels for one in level.reaching}) != 1:
        return None
    found = np.full(len(levels), _NEVER_ENOUGH, np.int64)
    for number, level in enumerate(levels):
        ways = [asked for asked in (level.reach, level.newcomer) if asked]
        least = min((min(asked.least.values()) for asked in ways), default=_NEVER_ENOUGH)
        found[:number] = np.minimum(found[:number], least)
    return found


def asked_of(programme: Programme, requirement: Requirement) -> Asked:
    """The requirement in integers, its window and months taken from the qualification if left out."""
    rule = programme.qualification
    window = requirement.window or rule.window
    months = (requirement.months or rule.months) if window == "rolling" else 0
    least = {
        Counted(measure, window, months): _least(programme, measure, value)
        for measure, value in requirement.at_least.items()
    }
    return Asked(least, len(least) if requirement.met == "all" else requirement.met)


def reaching(tier: Tier) -> Requirement | None:
    """What measures must come to for the tier, `threshold` written out; None where none reach it."""
    if tier.by_threshold and tier.threshold:
        return Requirement(at_least={"spend": tier.threshold})
    return tier.reach


def _level(programme: Programme, tier: Tier, landing: int, *, lowest: bool) -> Level:
    def asked(requirement: Requirement | None) -> Asked | None:
        return asked_of(programme, requirement) if requirement and not lowest else None

    reach = asked(reaching(tier))
    unasked = reach is None and tier.keep is None
    given = tier.entry != "open" or any(offer.valid_months for offer in tier.direct)
    return Level(
        reach=reach,
        newcomer=asked(tier.newcomer),
        newcomer_days=tier.newcomer_days,
        keep=asked(tier.keep),
        member_months=tier.admission.member_months,
        from_below=tier.admission.from_below,
        valid_months=tier.valid_months or 0,
        fee_months=tier.fee_months if tier.entry == "paid" else 0,
        landing=landing,
        timed=not lowest and (bool(tier.valid_months) or unasked or given),
    )


def _least(programme: Programme, measure: Measure, value: Decimal) -> int:
    if measure == "spend":
        return programme.minor(value)
    if measure in ("status_points", "redeemed_points"):
        return programme.point_units(value)
    return ceil(value)
