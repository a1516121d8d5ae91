"""Members who may leave after a purchase: BG/NBD and MBG/NBD.

Fader, Hardie, Lee 2005, Marketing Science 24(2): while alive a member buys at a rate λ ~ Gamma(r, α) a
week, and leaves for good after a repeat purchase with probability p ~ Beta(a, b). Batislam, Denizel,
Filiztekin 2007 (MBG/NBD): the member may leave after the first purchase, too. With x repeats a member
has had x chances to leave (MBG: x + 1) and, being alive, taken none; in all else the two are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.fitting import log_of_sum
from loyalty_core.customers.pasts import Pasts, different

SMALL = 1e-4
NODES = 48  # of the quadrature over the chance of leaving


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Parameters of BG/NBD, and what follows from them for members of known past."""

    r: float
    alpha: float
    a: float
    b: float

    KEY: ClassVar[str] = "bg_nbd"
    NAME: ClassVar[str] = "BG/NBD"
    CHANCES_AT_START: ClassVar[int] = 0  # to leave, before any repeat purchase

    @classmethod
    def starts(cls, past: Pasts) -> list[tuple[float, ...]]:
        """Where to begin the search."""
        usual_age = max(float(np.average(past.age, weights=past.weight)), 2.0)
        return [(0.5, usual_age / 4, 1.0, 2.0), (0.5, usual_age / 4, 0.3, 6.0)]

    def log_likelihood(self, past: Pasts) -> Floats:
        """Of each past (eq. 6), not multiplied by its members."""
        from scipy.special import betaln, gammaln

        counts, at = past.counted
        chances = counts + self.CHANCES_AT_START
        common = gammaln(self.r + counts) - gammaln(self.r) + self.r * np.log(self.alpha)
        common = common - betaln(self.a, self.b)
        stays = (common + betaln(self.a, self.b + chances))[at]
        leaves = (common + betaln(self.a + 1, self.b + np.maximum(chances, 1) - 1))[at]
        until_last, until_now = (np.log(self.alpha + times)[rows] for times, rows in past.times)
        alive = stays - (self.r + past.x) * until_now
        gone = leaves - (self.r + past.x) * until_last
        total: Floats = np.where(chances[at] > 0, log_of_sum(alive, gone), alive)
        return total

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """P(alive | x, tx, T); of BG/NBD 1 before the first repeat purchase."""
        chances = x + self.CHANCES_AT_START
        log_odds = np.log(self.a / (self.b + np.maximum(chances, 1) - 1)) + (self.r + x) * np.log(
            (self.alpha + age) / (self.alpha + tx)
        )
        gone = np.exp(-np.logaddexp(0.0, -log_odds))
        return np.where(chances > 0, 1 - gone, 1.0)

    def expected(self, weeks: Floats) -> Floats:
        """E[X(t)]: repeat purchases of a newcomer in the first t weeks."""
        nothing = np.zeros(np.size(weeks))
        return self.coming(nothing, nothing, nothing, np.atleast_1d(weeks))

    def coming(self, x: Floats, tx: Floats, age: Floats, weeks: Floats | float) -> Floats:
        """Mean number of purchase days in the coming weeks, given each member's past (eq. 10)."""
        return self.coming_and_pairs(x, tx, age, weeks)[0]

    def coming_and_pairs(
        self, x: Floats, tx: Floats, age: Floats, weeks: Floats | float
    ) -> tuple[Floats, Floats]:
        """Mean of X, and of X (X − 1), of the purchase days in the coming weeks, given each member's past.

        Who is alive buys at a rate λ and leaves with chance p after each purchase, so given both
        E[X] = (1 − e) ÷ p and E[X (X − 1)] = 2 (1 − p) (1 − e (1 + λpt)) ÷ p², with e = exp(−λpt). λ is
        integrated over its gamma posterior in closed form, p over its beta by Gauss–Jacobi quadrature,
        which unlike the closed form of the mean holds for a = 1, too.
        """
        (counts, ages, ahead), at = different(x, age, np.broadcast_to(np.asarray(weeks, np.float64), len(x)))
        mean, pairs = self._while_alive(counts, ages, ahead)
        alive = self.alive(x, tx, age)
        return alive * mean[at], alive * pairs[at]

    def _while_alive(self, x: Floats, age: Floats, weeks: Floats) -> tuple[Floats, Floats]:
        """As `coming_and_pairs` of members who have not left: then the last purchase tells nothing."""
        counts, at = np.unique(x, return_inverse=True)
        nodes = [_beta_nodes(self.a, self.b + count + self.CHANCES_AT_START) for count in counts]
        p, weight = (np.array(one)[at] for one in zip(*nodes, strict=True))
        shape, observed = (self.r + x)[:, None], (self.alpha + age)[:, None]
        stretch = p * weeks[:, None]
        part = stretch / (observed + stretch)
        log_stays = shape * np.log1p(-part)
        stays = np.exp(log_stays)  # the mean of exp(−λpt)
        rising = shape * part * stays  # the mean of λpt exp(−λpt)
        # Where hardly anybody leaves the difference would drown in rounding: two terms of its series.
        faint = shape * part < SMALL
        series = shape * (shape + 1) / 2 * part**2 * (1 - 2 * (shape - 1) * part / 3)
        mean = (weight * -np.expm1(log_stays) / p).sum(axis=1)
        pairs = (weight * 2 * (1 - p) * np.where(faint, series, 1 - stays - rising) / p**2).sum(axis=1)
        return mean, pairs


@dataclass(frozen=True, slots=True)
class MbgNbd(BgNbd):
    """Parameters of MBG/NBD, in which the first purchase is a chance to leave like any other."""

    KEY: ClassVar[str] = "mbg_nbd"
    NAME: ClassVar[str] = "MBG/NBD"
    CHANCES_AT_START: ClassVar[int] = 1


@lru_cache(maxsize=4096)
def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights for Beta(a, b).

    By Golub and Welsch (1969), since the weights of scipy.special.roots_jacobi overflow for large b.
    """
    from scipy.linalg import eigh_tridiagonal

    k = np.arange(1, NODES)
    left, right = b - 1, a - 1  # the exponents of 1 − z and 1 + z
    both = 2 * k + left + right
    first = (right - left) / (left + right + 2)
    middle = np.append(first, (right**2 - left**2) / (both * (both + 2)))
    # The general term is 0 ÷ 0 at k = 1 where the exponents add up to −1.
    beside = 4 * k * (k + left) * (k + right) * (k + left + right) / (both**2 * (both**2 - 1))
    beside[0] = 4 * (1 + left) * (1 + right) / ((left + right + 2) ** 2 * (left + right + 3))
    z, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    return (1 + z) / 2, vectors[0] ** 2
