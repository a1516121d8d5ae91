"""Members who may leave at any time: Pareto/NBD (Schmittlein, Morrison, Colombo 1987).

While alive a member buys at a rate λ ~ Gamma(r, α) a week, and leaves with hazard μ ~ Gamma(s, β). With
G(t) = (α + t)^−(r+x) (β + t)^−s and k = r + s + x, the chance of having left between t and for ever is

    s ∫ (α + u)^−(r+x) (β + u)^−(s+1) du over u > t  =  G(t) · (s ÷ k) · F(t),
    F(t) = ₂F₁(1, r + x; k + 1; (α − β) ÷ (α + t)),

one form for α above and below β, which neither overflows nor cancels: F lies between 1 and k ÷ s. Its
continued fraction (Gauss) converges geometrically.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.pasts import Pasts

NEAR_ONE = 1e-9
EXACT = 1e-14
TINY = 1e-6
SETTLED = 1e-12
MOST_TERMS = 800
FAR = -2000.0
LARGEST_LOG = 700.0
_ROUNDS = 60  # of the search for a day of leaving; Newton needs about six


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """Parameters of Pareto/NBD, and what follows from them for members of known past."""

    r: float
    alpha: float
    s: float
    beta: float

    KEY: ClassVar[str] = "pareto_nbd"
    NAME: ClassVar[str] = "Pareto/NBD"

    @classmethod
    def starts(cls, past: Pasts) -> list[tuple[float, ...]]:
        """Where to begin the search."""
        usual_age = max(float(np.average(past.age, weights=past.weight)), 2.0)
        return [(0.5, usual_age / 4, 0.5, usual_age / 4), (1.0, usual_age / 2, 0.3, usual_age)]

    def log_likelihood(self, past: Pasts) -> Floats:
        """Of each past, not multiplied by its members."""
        from scipy.special import gammaln

        counts, at = past.counted
        common = gammaln(self.r + counts) - gammaln(self.r)
        common = common + self.r * np.log(self.alpha) + self.s * np.log(self.beta)
        share = self.s / (self.r + self.s + past.x)
        left = self._log_g(past.x, past.tx) + np.log(share * self._f(past.x, past.tx))
        # Zero in exact numbers where nobody buys at all; rounding may bring it a hair below.
        rest = np.maximum(1 - share * self._f(past.x, past.age), 0.0)
        with np.errstate(divide="ignore"):
            stayed = self._log_g(past.x, past.age) + np.log(rest)
        total: Floats = common[at] + np.logaddexp(left, stayed)
        return total

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        """P(alive | x, tx, T)."""
        chance: Floats = 1 / (1 + self._odds_gone(x, tx, age))
        return chance

    def expected(self, weeks: Floats) -> Floats:
        """E[X(t)]: repeat purchases of a newcomer in the first t weeks."""
        t = np.atleast_1d(np.asarray(weeks, np.float64))
        total: Floats = self.r * self.beta / self.alpha * self._there(self.beta, t)
        return total

    def coming(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> Floats:
        """Mean number of purchase days in the coming weeks, given each member's past."""
        rate = (self.r + x) / (self.alpha + age)
        known = self.beta + age
        total: Floats = self.alive(x, tx, age) * rate * known * self._there(known, np.asarray(weeks))
        return total

    @np.errstate(divide="ignore", over="ignore", invalid="ignore")
    def left_at(self, x: Floats, tx: Floats, age: Floats, luck: Floats) -> Floats:
        """Age at which members known to be gone left: the quantile `luck` (0 … 1) of its distribution.

        With w = ((α + tx) ÷ (α + t))^k the day is nearly uniform in w, so Newton's steps, kept between
        bounds, settle at once; where parameters far from any data make no number of a step, the bounds are
        halved. Given the day t, λ ~ Gamma(r + x) ÷ (α + t) and μ ~ Gamma(s + 1) ÷ (β + t).
        """
        k = self.r + self.s + x
        origin = self.alpha + tx
        end = (origin / (self.alpha + age)) ** k
        total = self._upto(x, origin, end)
        w, low, high = 1 - luck * (1 - end), end.copy(), np.ones(len(x))
        settled = np.zeros(len(x), bool)
        for _ in range(_ROUNDS):
            surplus = self._upto(x, origin, w) - luck * total
            low, high = np.where(surplus > 0, w, low), np.where(surplus > 0, high, w)
            density = (1 + (self.beta - self.alpha) / origin * w ** (1 / k)) ** -(self.s + 1)
            step = w + surplus / density
            inside = (step >= low) & (step <= high)
            after = np.where(settled, w, np.where(inside, step, (low + high) / 2))
            settled |= np.abs(after - w) <= SETTLED * after  # and stays, whatever the others still need
            w = after
            if settled.all():
                break
        return np.clip(origin * w ** (-1 / k) - self.alpha, tx, age)

    def _upto(self, x: Floats, origin: Floats, w: Floats) -> Floats:
        """The integral of (1 + c v^(1/k))^−(s+1) over v from w to 1, c = (β − α) ÷ origin."""
        k = self.r + self.s + x
        later = origin * w ** (-1 / k)
        ratio = (self.beta - self.alpha) / origin
        terms = self._terms

        def tail(value: Floats, at: Floats) -> Floats:
            stretch: Floats = value * (1 + ratio * value ** (1 / k)) ** -self.s
            return stretch * _gauss(self.r + x, k + 1, (self.alpha - self.beta) / at, terms)

        difference: Floats = tail(np.ones(len(x)), origin) - tail(w, later)
        return difference

    def _odds_gone(self, x: Floats, tx: Floats, age: Floats) -> Floats:
        share = self.s / (self.r + self.s + x)
        longer = self._log_g(x, tx) - self._log_g(x, age)
        since = np.exp(np.minimum(longer, LARGEST_LOG))  # then nobody is alive, whatever the number
        odds: Floats = share * (since * self._f(x, tx) - self._f(x, age))
        return np.maximum(odds, 0.0)

    def _log_g(self, x: Floats, t: Floats) -> Floats:
        logs: Floats = -(self.r + x) * np.log(self.alpha + t) - self.s * np.log(self.beta + t)
        return logs

    def _f(self, x: Floats, t: Floats) -> Floats:
        z = (self.alpha - self.beta) / (self.alpha + t)
        return _gauss(self.r + x, self.r + self.s + x + 1, z, self._terms)

    @property
    def _terms(self) -> int:
        """Terms of the fraction: enough for age 0, which takes most."""
        return _terms(1 - self.beta / self.alpha)

    def _there(self, known: Floats | float, weeks: Floats) -> Floats:
        """The mean time still there of the coming weeks, per week of `known`; its limit at s = 1."""
        longer = np.log1p(weeks / known)
        if abs(self.s - 1) < NEAR_ONE:
            return np.asarray(longer)
        return np.asarray(-np.expm1(-(self.s - 1) * longer) / (self.s - 1))


def _gauss(b: Floats, c: Floats, z: Floats, terms: int) -> Floats:
    """₂F₁(1, b; c; z) for z < 1 and c > b > 0, each from itself alone: members never touch each other."""
    from scipy.special import hyp2f1

    b, c, z = np.broadcast_arrays(b, c, z)
    far = z < FAR  # where the fraction would take very many terms, and Pfaff's form is safe
    if not far.any():
        return _fraction(b, c, z, terms)
    value = np.empty(z.shape)
    with np.errstate(all="ignore"):
        value[far] = hyp2f1(1, c[far] - b[far], c[far], z[far] / (z[far] - 1)) / (1 - z[far])
    lost = far & ~np.isfinite(value)  # its gamma functions overflow, but then the series ends soon
    value[lost] = _series(c[lost] - b[lost], c[lost], z[lost] / (z[lost] - 1)) / (1 - z[lost])
    value[~far] = _fraction(b[~far], c[~far], z[~far], terms)
    return value


def _terms(z: float) -> int:
    """How many terms of the fraction bring its error below `EXACT`."""
    root = np.sqrt(1 - max(z, FAR))
    left = abs((1 - root) / (1 + root))  # what a term leaves of the error
    return min(int(np.log(EXACT) / np.log(np.clip(left, TINY, 1 - TINY))) + 2, MOST_TERMS)


def _fraction(b: Floats, c: Floats, z: Floats, terms: int) -> Floats:
    """The same by its continued fraction, from the far end."""
    value = np.ones(z.shape)
    for n in range(-(-terms // 2), 0, -1):
        value = 1 - n * (c - 1 - b + n) / ((c + 2 * n - 2) * (c + 2 * n - 1)) * z / value
        m = n - 1
        value = 1 - (b + m) * (c - 1 + m) / ((c - 1 + 2 * m) * (c + 2 * m)) * z / value
    result: Floats = 1 / value
    return result


def _series(b: Floats, c: Floats, z: Floats) -> Floats:
    """The same for 0 < z < 1 and c much larger than b, term by term."""
    term, total = np.ones(z.shape), np.ones(z.shape)
    for n in range(MOST_TERMS):
        term = term * (b + n) / (c + n) * z
        total = total + term
    return total
