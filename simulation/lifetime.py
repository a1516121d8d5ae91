"""How long members stay who may leave at any time, not only after a purchase (Pareto/NBD)."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from simulation.population import Temper
from simulation.season import Clock


class Lifetime:
    """When each of n members leaves whatever happens, in weeks of operational time."""

    def __init__(self, begins: Floats, lasts: Floats) -> None:
        self._begins, self._ends = begins, begins + lasts
        self._factor = np.ones(len(begins))

    @classmethod
    def of(cls, temper: Temper, joined_on: Ints, clock: Clock) -> Lifetime | None:
        """As drawn, from the run's first day or else the end of the day of joining; None where nobody
        leaves but after a purchase."""
        if temper.leaves_after is None:
            return None
        begins = np.where(joined_on >= clock.first_day, joined_on + 1, clock.first_day)
        return cls(clock.weeks(begins), temper.leaves_after)

    def reaches(self, who: Ints, weeks: Floats) -> Flags:
        """Whether each member is still there at those times."""
        there: Flags = weeks <= self._ends[who]
        return there

    def last_to(self, who: Ints, weeks: Floats) -> None:
        """Whoever is brought back then was not gone."""
        self._ends[who] = np.maximum(self._ends[who], weeks)

    def hasten(self, who: Ints, weeks: Floats, factor: Floats) -> None:
        """Let members leave at so many times their own hazard from those times on."""
        left = self._ends[who] - weeks
        self._ends[who] = weeks + left * (self._factor[who] / factor)
        self._factor[who] = factor

    def lengthen(self, times: float) -> None:
        """Let all stay so many times as long."""
        self._ends = self._begins + (self._ends - self._begins) * times
