"""BG/NBD where all members are equally apt to leave: what is left of it when nothing tells them apart.

A short past in which hardly anybody left says how often members leave and not how they differ in it: the
likelihood rises for ever towards members who are all alike (a and b without end, a ÷ (a + b) = p). That
limit has one parameter less, and needs no hypergeometric series.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.fitting import Fit, fitted, log_of_sum
from loyalty_core.customers.pasts import Pasts

STARTS = ((1.0, 1.0, 0.01), (0.3, 5.0, 0.1))


class EqualLeaving:
    """Members buy as r and alpha tell, and leave after each purchase with the same odds p ÷ (1 − p).

    x repeats, the last at age tx, seen until age T, all in weeks.
    """

    def __init__(self, r: float, alpha: float, odds: float) -> None:
        self.r, self.alpha, self.odds, self.p = r, alpha, odds, odds / (1 + odds)

    def log_likelihood(self, past: Pasts) -> Floats:
        """Of each past: still there, or gone with the last purchase."""
        from scipy.special import gammaln

        x, shape = past.x, self.r + past.x
        counts, at = past.counted
        buying = (gammaln(self.r + counts) - gammaln(self.r))[at] + self.r * np.log(self.alpha)
        until_last, until_now = (np.log(self.alpha + times)[rows] for times, rows in past.times)
        there = x * np.log1p(-self.p) - shape * until_now
        gone = np.log(self.p) + (x - 1) * np.log1p(-self.p) - shape * until_last
        return np.asarray(buying + log_of_sum(there, np.where(x > 0, gone, -np.inf)))

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """The probability that a member has not left."""
        since = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + tx))
        left = self.odds * np.exp(np.minimum(since, 700))
        return np.asarray(np.where(x > 0, 1 / (1 + left), 1.0))

    def coming(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> Floats:
        """Purchases expected in the weeks ahead: (1 − e^(−λpt)) ÷ p over what is known of λ."""
        return self.coming_and_pairs(x, tx, age, weeks)[0]

    def coming_and_pairs(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> tuple[Floats, Floats]:
        """E[X] and E[X (X − 1)] of the weeks ahead, the latter 2 (1 − p) (1 − e^(−λpt) (1 + λpt)) ÷ p²."""
        shape, rate, lost = self.r + x, self.alpha + age, self.p * weeks
        none = np.exp(shape * (np.log(rate) - np.log(rate + lost)))
        one = none * shape * lost / (rate + lost)
        alive = self.alive(x, tx, age)
        pairs = 2 * (1 - self.p) * (1 - none - one) / self.p**2
        return alive * (1 - none) / self.p, alive * np.maximum(pairs, 0)


def equal_leaving_fitted(past: Pasts) -> Fit:
    """The most likely r, alpha and odds of leaving."""
    return fitted(lambda values: EqualLeaving(*values).log_likelihood(past), past.weight, STARTS)
