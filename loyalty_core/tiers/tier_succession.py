"""Where members stand among the tiers of a programme that follows another one.

A member keeps the tier of the same name, or of which that is a former name; one that is gone leads to
the nearest below it that there still is. A tier of another name is entered on the day of the change. With
a tier that stays, renamed or not, goes on what was promised with it: a time until which it is held, and
grace that runs. Who holds a tier for good holds it so where the new programme would hold it for good, too.
All else is as the new programme says from then on: a tier that had no time of its own and now has one is
held in whole periods from the day of entering.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.days import NEVER
from loyalty_core.rules.tier_rules import Tier
from loyalty_core.tiers.holds import FREE
from loyalty_core.tiers.tier_standing import TierStanding


def hand_over(
    old: TierStanding, old_tiers: Sequence[Tier], new: TierStanding, new_tiers: Sequence[Tier], day: int
) -> None:
    """Let `new`, in which nothing has happened, go on from `old` at the start of `day`.

    About those who joined before it. Settle the day before first, and count deeds afterwards.
    """
    places = {name: n for n, tier in enumerate(new_tiers) for name in (*tier.formerly, tier.name)}
    place = np.array([places.get(tier.name, -1) for tier in old_tiers])
    names = {tier.name for tier in new_tiers}
    same_name = np.array([tier.name in names for tier in old_tiers])
    who = np.flatnonzero(old.joined_on < day)
    had, eve = old.tier[who], np.full(len(who), day - 1, np.int32)
    stays = place[had] >= 0
    there = np.maximum.accumulate(np.where(place >= 0, np.arange(len(place)), -1))
    tier = np.where(there >= 0, place[there], 0).astype(np.int32)[had]
    new.holds.carry(who, old.holds, place, eve, new.ladder.for_good)
    held, grace = new.holds.until(who, tier), old.grace_ends(who)
    new.resume(who, eve, tier, np.where(same_name[had], old.since[who], np.int32(day)))
    runs = stays & (tier > 0) & new.ladder.asks[tier] & (grace > eve) & (grace < NEVER)
    timed = (held > eve) & (held < NEVER)
    on = timed | runs
    new.go_on(who[on], eve[on], np.where(runs, FREE, held)[on], np.where(runs, grace, NEVER)[on])
