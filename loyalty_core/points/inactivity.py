"""Clocks of inactivity: when the points of members are gone because nothing was done for too long.

A clock starts with points that come in while none is running; purchases and redemptions set it back.
Under another rule it goes on from where it stands; without one nothing stops it.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, add_months

_BEFORE_TIME = np.iinfo(np.int32).min


class InactivityClocks:
    """The clocks of n members; `gone_on` (int32) is the day on which each one's points are gone, NEVER where
    none runs.

    Without `months` no time is ever over. Where the rule may change, it is to be told to `remember` when
    clocks started, whatever the rule is.
    """

    def __init__(self, n: int, months: int | None, remember: bool):
        self.months = months
        self.gone_on: Ints = np.full(n, NEVER)
        self._since: Ints | None = np.full(n, NEVER) if remember else None

    def start(self, who: Ints, day: Ints, points: Ints) -> None:
        """Points come in: a clock begins where there are any and none is running."""
        if self.months is not None or self._since is not None:
            clock = self.gone_on if self._since is None else self._since
            begins = (clock[who] == NEVER) & (points > 0)
            self.set_back(who[begins], day[begins])

    def set_back(self, who: Ints, day: Ints) -> None:
        """Something was done on `day`, from which time runs anew."""
        if self._since is not None:
            self._since[who] = day
        if self.months is not None:
            self.gone_on[who] = add_months(day, self.months)

    def stop(self, who: Ints) -> None:
        """No clock runs for these members any more."""
        for clock in self._all:
            clock[who] = NEVER

    def change(self, months: int | None, day: int) -> None:
        """Another rule from the start of `day`; whose time would be over by then loses the points on it.

        ValueError where it was not remembered when clocks started.
        """
        if self._since is None:
            raise ValueError("a wallet that may come under another rule must remember when clocks started")
        self.months = months
        self.gone_on[:] = NEVER
        runs = np.flatnonzero(self._since < NEVER)
        if months is not None:
            self.gone_on[runs] = np.maximum(add_months(self._since[runs], months), np.int32(day))

    def adopt(self, other: InactivityClocks) -> None:
        """Take over the clocks of the same members under the same rule."""
        self.gone_on = other.gone_on.copy()
        if self._since is not None and other._since is not None:
            self._since = other._since.copy()

    def hand_over(self, giver: Ints, taker: Ints) -> None:
        """Of the clocks of each giver and the taker beside the later one goes on, as the taker's."""
        for clock in self._all:
            both = np.stack([clock[giver], clock[taker]])
            latest = np.where(both == NEVER, _BEFORE_TIME, both).max(axis=0)
            clock[taker] = np.where(latest == _BEFORE_TIME, NEVER, latest)
        self.stop(giver)

    @property
    def _all(self) -> list[Ints]:
        return [self.gone_on] if self._since is None else [self.gone_on, self._since]
