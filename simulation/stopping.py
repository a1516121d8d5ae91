"""How many replications are enough: until the half-width of a mean stays within a tolerance.

Hoad, Robinson, Davies 2010, Journal of the Operational Research Society 61(11): begin with three; once
the half-width of the 95 % t interval is narrow enough, look ahead over five more (more after a hundred),
and stop only if it stays so in all of them. What was looked at counts: it was run anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import stdtrit

from loyalty_core.errors import InputError

CONFIDENCE = 0.95
FEWEST = 3
LOOK_AHEAD = 5


def half_width(values: Sequence[float]) -> float:
    """Of the t interval of the mean of independent values; infinite below two of them."""
    return _half(len(values), float(np.std(values, ddof=1))) if len(values) > 1 else float("inf")


def _half(n: int, deviation: float) -> float:
    return _quantile(n - 1) * deviation / float(np.sqrt(n))


def deviation(half: float, n: int) -> float:
    """Of one value, from the half-width of the mean of several."""
    return half / _quantile(n - 1) * float(np.sqrt(n))


@cache
def _quantile(freedom: int) -> float:
    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A gain as replications told it: their mean, the variance of one, and how many they were."""

    mean: float
    variance: float
    runs: int

    @property
    def half_width(self) -> float:
        """Of the interval of the mean."""
        return _half(self.runs, float(np.sqrt(self.variance)))

    @classmethod
    def of(cls, gains: Sequence[float]) -> Gain:
        """From two replications or more."""
        return cls(mean=float(np.mean(gains)), variance=float(np.var(gains, ddof=1)), runs=len(gains))

    @classmethod
    def told(cls, mean: float, half: float | None, runs: int) -> Gain | None:
        """From the half-width of its interval; None where one replication has none."""
        if half is None:
            return None
        return cls(mean=mean, variance=deviation(half, runs) ** 2, runs=runs)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The half-width that is narrow enough: an amount, or a share of the mean's size."""

    size: float
    relative: bool = False

    @classmethod
    def of(cls, given: float | str) -> Tolerance:
        """From "5%" (of the difference) or an amount in currency units; InputError for anything else."""
        text = str(given).strip()
        relative = text.endswith("%")
        try:
            size = float(text.removesuffix("%")) / (100 if relative else 1)
        except ValueError:
            size = float("nan")
        if not 0 < size < float("inf"):
            raise InputError(
                f"tolerance {given}: write an amount of money above 0, or a share of the difference like 5%"
            )
        return cls(size, relative)

    def holds(self, mean: float, half: float) -> bool:
        """Whether a mean is known as closely as wanted. A share of nothing is nothing."""
        return half <= (self.size * abs(mean) if self.relative else self.size)


def look_ahead(n: int) -> int:
    """How many replications past the n-th must agree that the n were enough."""
    return LOOK_AHEAD if n <= 100 else LOOK_AHEAD * n // 100


def enough(values: Sequence[float], tolerance: Tolerance) -> int | None:
    """After how many of the values, in their order, one may stop; None while that is not known.

    The answer does not change with what comes after it.
    """
    first: int | None = None
    mean = squares = 0.0
    for n, value in enumerate(values, start=1):
        gap = value - mean  # Welford's sums: one pass, and no cancellation
        mean += gap / n
        squares += gap * (value - mean)
        if n < FEWEST:
            continue
        if not tolerance.holds(mean, _half(n, (squares / (n - 1)) ** 0.5)):
            first = None
            continue
        first = n if first is None else first
        if n >= first + look_ahead(first):
            return n
    return None
