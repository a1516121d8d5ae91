"""The tiers of a programme as members move through them: what reaches each, and what a look comes to.

The rules are those that `tier_standing` tells; here they are decided, and nobody is moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, add_months, next_turn
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.holds import FREE
from loyalty_core.tiers.requirements import Totals, levels_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Members as a look at the start of a day finds them.

    `held` is the highest tier that each holds beyond the start of the day, 0 without one; `grace_until`
    is NEVER where no grace runs.
    """

    tier: Ints
    since: Ints
    joined_on: Ints
    held: Ints
    grace_until: Ints

    def part(self, which: Ints) -> Looked:
        """Some of them."""
        return Looked(**{name: getattr(self, name)[which] for name in self.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look comes to: the tier after it, who keeps theirs anew, for whom grace begins."""

    tier: Ints
    kept: Flags
    in_grace: Flags


class Ladder:
    """The tiers from the lowest, by place: `levels`, `asks` where something keeps one; and the `rule` of all.

    The lowest needs nothing that keeps it, and is never lost.
    """

    def __init__(self, programme: Programme):
        self.rule = programme.qualification
        self.levels = levels_of(programme)
        self.asks = np.array([level.asks for level in self.levels])
        self.asks[0] = True
        self._landing = np.array([level.landing for level in self.levels], np.int32)
        self._valid_months = np.array([level.valid_months for level in self.levels])
        self._fee_months = np.array([level.fee_months for level in self.levels])

    @property
    def for_good(self) -> frozenset[int]:
        """The tiers that nothing keeps and no time ends."""
        levels = enumerate(self.levels)
        return frozenset(n for n, level in levels if not self.asks[n] and not level.valid_months)

    def held_until(self, tier: Ints, day: Ints) -> Ints:
        """Until when a tier entered on `day` is held; NEVER where it has no time and nothing keeps it."""
        until, months = self._without_time(tier), self._valid_months[tier]
        if len(timed := months.nonzero()[0]):
            until[timed] = add_months(day[timed], months[timed])
        return until

    def renewed_until(self, tier: Ints, since: Ints, day: Ints) -> Ints:
        """Until when a tier is held that was kept on `day`: whole periods since it was entered."""
        until, months = self._without_time(tier), self._valid_months[tier]
        if len(timed := months.nonzero()[0]):
            until[timed] = next_turn(since[timed], months[timed], day[timed])
        return until

    def paid_until(self, tier: Ints, held_until: Ints, day: Ints) -> Ints:
        """Until when a tier is held that is given on `day`: its months of a fee after what is already paid
        for, or else its time."""
        paid = np.maximum(held_until, day)
        paid, months = np.where(paid == NEVER, day, paid), self._fee_months[tier]
        return np.where(months > 0, add_months(paid, months), self.held_until(tier, day))

    def reached(self, tier: Ints, joined_on: Ints, day: Ints, last_day: Ints, totals: Totals) -> Ints:
        """The highest tier that measures reach up to `last_day`, for members of a tier who would enter it on
        `day`."""
        best = np.zeros(len(tier), np.int32)
        for number, level in enumerate(self.levels):
            if not level.is_open:
                continue
            may = level.reached(totals, last_day - joined_on)
            if level.member_months:
                may &= add_months(joined_on, level.member_months) <= day
            if level.from_below:
                may &= tier == number - 1
            np.copyto(best, np.int32(number), where=may)
        return best

    def verdict(self, members: Looked, day: Ints, totals: Totals) -> Verdict:
        """What a look at the start of `day` comes to, with what was done up to the day before."""
        tier, eve = members.tier, day - 1
        reached = self.reached(tier, members.joined_on, day, eve, totals)
        up = reached > tier
        age_days = eve - members.joined_on
        kept = tier == 0
        for number, level in enumerate(self.levels[1:], 1):
            kept |= (tier == number) & level.kept(totals, age_days)
        held, grace = members.held >= np.maximum(tier, 1), members.grace_until
        asked = ~up & ~held & ~((grace > day) & (grace != NEVER))
        over = asked & ~self.asks[tier]
        fails = asked & ~over & ~kept & ~self._safe(members.since, day)
        in_grace = fails & (grace != day) & (self.rule.grace_days > 0)
        falls = fails & ~in_grace
        after = np.where(up, reached, tier)
        down = np.flatnonzero(over | falls)
        if down.size:
            of_down = {one: of[down] for one, of in totals.items()}
            earned = self._earned_below(members.part(down), age_days[down], of_down)
            soft = falls[down] & (self.rule.downgrade == "one_level")
            after[down] = np.maximum(earned, np.where(soft, self._landing[tier[down]], 0))
        return Verdict(tier=after, kept=asked & ~over & ~fails, in_grace=in_grace)

    def _earned_below(self, members: Looked, age_days: Ints, totals: Totals) -> Ints:
        """The highest tier below the present one that is kept, reached or held."""
        best = members.held
        for number, level in enumerate(self.levels):
            if level.is_open:
                met = level.kept(totals, age_days) | level.reached(totals, age_days)
                best = np.where((members.tier > number) & met, np.maximum(best, number), best)
        return best

    def _safe(self, since: Ints, day: Ints) -> Flags:
        """True where nobody falls, whatever is kept: `downgrade` never, or within the minimum stay."""
        if self.rule.downgrade == "never":
            return np.ones(len(since), bool)
        stay = self.rule.minimum_stay_months
        return add_months(since, stay) > day if stay else np.zeros(len(since), bool)

    def _without_time(self, tier: Ints) -> Ints:
        return np.where(self.asks[tier], FREE, NEVER)
