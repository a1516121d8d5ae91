"""How much members spend: Gamma-Gamma (Fader, Hardie 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from loyalty_core.customers.pasts import Floats, Spends


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
            common[at]
            + (p * past.x - 1) * np.log(past.mean)
            - (p * past.x + q) * np.log(v + past.x * past.mean)
        )
        return total

    def moments(self, x: Floats, spent: Floats) -> tuple[Floats, Floats]:
        """Mean of the amount of a purchase day, and of 1 ÷ ν², given each past; nan where there is none."""
        shape, level = self.q + self.p * x, self.v + spent
        mean = np.where(shape > 1, self.p * level / np.where(shape > 1, shape - 1, 1), np.nan)
        square = np.where(shape > 2, level**2 / np.where(shape > 2, (shape - 1) * (shape - 2), 1), np.nan)
        return mean, square
