"""How much members spend: Gamma-Gamma (Fader, Hardie 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.pasts import Spends


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """An amount is Gamma(p) ÷ ν with ν ~ Gamma(q, v) for each member.

    Given x repeat days on which `spent` was paid, ν ~ Gamma(q + p·x, v + spent).
    """

    p: float
    q: float
    v: float

    KEY: ClassVar[str] = "gamma_gamma"
    NAME: ClassVar[str] = "Gamma-Gamma"

    @classmethod
    def starts(cls, past: Spends) -> list[tuple[float, ...]]:
        """Where to begin the search."""
        level = float(np.average(past.mean, weights=past.weight))
        return [(2.0, 3.0, level), (20.0, 5.0, level / 5)]

    @property
    def mean(self) -> float:
        """The average amount over members, in currency units; infinite for q ≤ 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    def log_likelihood(self, past: Spends) -> Floats:
        """Of the mean amount of each past, not multiplied by its members."""
        from scipy.special import gammaln

        count, at = past.counted
        p, q, v = self.p, self.q, self.v
        shape = p * count
        common = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(count)
        total: Floats = (
            common[at] + (p * past.x - 1) * past.log_mean - (p * past.x + q) * np.log(v + past.x * past.mean)
        )
        return total

    def moments(self, x: Floats, members: Floats, spent: Floats, squared: Floats) -> tuple[Floats, Floats]:
        """Of members with x repeats each, who spent so much together: the sums of the mean amount of a
        purchase day, and of 1 ÷ ν². `squared` is the sum of the squares of what each one spent; nan where
        there is no such moment.
        """
        shape = self.q + self.p * x
        level = members * self.v + spent
        level_squared = members * self.v**2 + 2 * self.v * spent + squared
        mean = np.where(shape > 1, self.p * level / np.where(shape > 1, shape - 1, 1), np.nan)
        below = np.where(shape > 2, (shape - 1) * (shape - 2), 1)
        return mean, np.where(shape > 2, level_squared / below, np.nan)
