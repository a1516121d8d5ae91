"""What members work towards: the price of the next reward, and what the next tier asks for."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.behaviour import progress_between


class Goals:
    """The goals that a programme sets."""

    def __init__(self, programme: Programme) -> None:
        prices = np.array([programme.point_units(one.points) for one in programme.rewards], np.int64)
        self._of_points = np.unique(prices)
        rule = programme.qualification
        # Where the window moves along with the days and deeds lift at once, there is always another day.
        moving = rule.window in ("rolling", "since_joining")
        self.are_missed = len(programme.tiers) > 1 and (not moving or rule.upgrade == "at_review")
        self._of_spend = np.array([one for one in programme.thresholds_minor if one], np.int64)
        asked = [(tier.reach, tier.newcomer) for tier in programme.tiers]
        self._marks = (self._of_points.tolist(), programme.thresholds_minor, asked, rule.window, rule.months)

    def alike(self, other: Goals) -> bool:
        """Whether both are the same goals."""
        return self._marks == other._marks

    def progress(self, accounts: Accounts, who: Ints, day: Ints | int) -> Floats:
        """How far each member is towards the nearer goal at the close of a day: 0 … 1, 0 past the last.

        From price to price and from threshold to threshold of spend; towards tiers by other measures
        from nothing, as the tiers themselves reckon.
        """
        to_reward = progress_between(accounts.balance[who], self._of_points)
        return np.maximum(to_reward, self._to_tier(accounts, who, day))

    def _to_tier(self, accounts: Accounts, who: Ints, day: Ints | int) -> Floats:
        if len(self._of_spend) or not accounts.standing.measures:
            return progress_between(accounts.qualifying(who, day), self._of_spend)
        days = np.broadcast_to(np.asarray(day, np.int32), who.shape)
        thousandths = accounts.standing.progress(who, days)
        return np.where(thousandths < 1000, thousandths / 1000, 0.0)
