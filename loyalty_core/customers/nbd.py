"""Members who never leave: the negative binomial distribution (Ehrenberg 1959), the plain model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.pasts import Pasts


@dataclass(frozen=True, slots=True)
class Nbd:
    """Parameters of NBD: members buy at rates λ ~ Gamma(r, α) a week, for ever."""

    r: float
    alpha: float

    KEY: ClassVar[str] = "nbd"
    NAME: ClassVar[str] = "NBD"

    @classmethod
    def starts(cls, past: Pasts) -> list[tuple[float, ...]]:
        """Where to begin the search."""
        usual_age = max(float(np.average(past.age, weights=past.weight)), 2.0)
        return [(0.5, usual_age / 4), (2.0, usual_age)]

    def log_likelihood(self, past: Pasts) -> Floats:
        """Of each past, not multiplied by its members."""
        from scipy.special import gammaln

        counts, at = past.counted
        common = gammaln(self.r + counts) - gammaln(self.r) + self.r * np.log(self.alpha)
        total: Floats = common[at] - (self.r + past.x) * np.log(self.alpha + past.age)
        return total

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """Everybody is."""
        return np.ones(len(x))

    def expected(self, weeks: Floats) -> Floats:
        """E[X(t)]: repeat purchases of a newcomer in the first t weeks."""
        total: Floats = self.r / self.alpha * np.atleast_1d(np.asarray(weeks, np.float64))
        return total

    def coming(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> Floats:
        """Mean number of purchase days in the coming weeks, given each member's past."""
        total: Floats = (self.r + x) / (self.alpha + age) * weeks
        return total
