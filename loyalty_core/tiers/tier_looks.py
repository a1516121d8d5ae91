"""What a look at members comes to: who rises, who keeps the tier, for whom grace begins, who falls.

The rules are those that `tier_standing` tells; here they are decided, and nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, add_months
from loyalty_core.tiers.requirements import Totals

if TYPE_CHECKING:
    from loyalty_core.tiers.tier_standing import TierStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look comes to: the tier after it, who keeps theirs anew, for whom grace begins."""

    tier: Ints
    kept: Flags
    in_grace: Flags


def verdict_of(standing: TierStanding, who: Ints, day: Ints, totals: Totals) -> Verdict:
    """What a look at the start of `day` comes to, with what was done up to the day before."""
    tier, eve = standing.tier[who], day - 1
    reached = reached_by(standing, who, day, eve, totals)
    up = reached > tier
    age_days = eve - standing.joined_on[who]
    kept = tier == 0
    for number, level in enumerate(standing.levels[1:], 1):
        kept |= (tier == number) & level.kept(totals, age_days)
    held, grace = standing.holds.floor(who, day) >= np.maximum(tier, 1), standing.grace_ends(who)
    asked = ~up & ~held & ~((grace > day) & (grace != NEVER))
    over = asked & ~standing.asks[tier]
    fails = asked & ~over & ~kept & ~_safe(standing, who, day)
    in_grace = fails & (grace != day) & (standing.rule.grace_days > 0)
    falls = fails & ~in_grace
    after = np.where(up, reached, tier)
    down = np.flatnonzero(over | falls)
    if down.size:
        earned = _earned_below(standing, who[down], day[down], {one: of[down] for one, of in totals.items()})
        soft = falls[down] & (standing.rule.downgrade == "one_level")
        after[down] = np.maximum(earned, np.where(soft, standing.landing[tier[down]], 0))
    return Verdict(tier=after, kept=asked & ~over & ~fails, in_grace=in_grace)


def reached_by(standing: TierStanding, who: Ints, day: Ints, last_day: Ints, totals: Totals) -> Ints:
    """The highest tier that measures reach up to `last_day`, for one who would enter it on `day`."""
    joined_on, best = standing.joined_on[who], np.zeros(len(who), np.int32)
    for number, level in enumerate(standing.levels):
        if not level.is_open:
            continue
        may = level.reached(totals, last_day - joined_on)
        if level.member_months:
            may &= add_months(joined_on, level.member_months) <= day
        if level.from_below:
            may &= standing.tier[who] == number - 1
        np.copyto(best, np.int32(number), where=may)
    return best


def _earned_below(standing: TierStanding, who: Ints, day: Ints, totals: Totals) -> Ints:
    """The highest tier below the present one that is kept, reached or held; as of the eve of `day`."""
    tier, age_days = standing.tier[who], day - 1 - standing.joined_on[who]
    best = standing.holds.floor(who, day)
    for number, level in enumerate(standing.levels):
        if level.is_open:
            met = level.kept(totals, age_days) | level.reached(totals, age_days)
            best = np.where((tier > number) & met, np.maximum(best, number), best)
    return best


def _safe(standing: TierStanding, who: Ints, day: Ints) -> Flags:
    """True where nobody falls, whatever is kept: `downgrade` never, or within the minimum stay."""
    if standing.rule.downgrade == "never":
        return np.ones(len(who), bool)
    stay = standing.rule.minimum_stay_months
    return add_months(standing.since[who], stay) > day if stay else np.zeros(len(who), bool)
