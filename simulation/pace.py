"""When each member buys next: a unit exponential of hazard, used up at the member's present rate.

Time is operational (weeks of average demand, see `Clock`). Because the exponential has no memory, a
rate may change at any instant: what is left of the hazard is used up at the new one.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints

# Purchases a week: the least that anybody waits at. Who waited at 0 could not be told from who waits no more.
HARDLY_EVER = 1e-9


class Pace:
    """The next purchase of n members, `due` in weeks of operational time; infinite where none will come."""

    def __init__(self, n: int) -> None:
        self.due = np.full(n, np.inf)
        self._since = np.zeros(n)
        self._hazard = np.full(n, np.inf)
        self._rate = np.ones(n)

    def begin(self, who: Ints, weeks: Floats, hazard: Floats, rate: Floats) -> None:
        """Wait for the next purchase from `weeks` on, at `rate` purchases a week."""
        self._since[who], self._hazard[who], self._rate[who] = weeks, hazard, rate
        self.due[who] = weeks + hazard / rate

    def change(self, who: Ints, weeks: Floats | float, rate: Floats) -> None:
        """Go on waiting at another rate from `weeks` on, which is not before the wait began."""
        left = self._hazard[who] - self._rate[who] * (weeks - self._since[who])
        # Rounding may leave a hair less than nothing to someone who is due this very instant.
        self.begin(who, np.broadcast_to(weeks, who.shape), np.maximum(left, 0.0), rate)

    def hasten(self, who: Ints, weeks: Floats, factor: Floats) -> None:
        """Go on waiting so many times as fast from `weeks` on."""
        self.change(who, weeks, self._rate[who] * factor)

    def stop(self, who: Ints) -> None:
        """Nothing more will come."""
        self.begin(who, np.zeros(len(who)), np.full(len(who), np.inf), np.ones(len(who)))
