"""Intervals of shares that were observed among a number of members or fields; NaN where there was none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]
Z_95 = 1.959963984540054  # 97.5 % of a normal distribution lie below


def wilson(hits: Shares, n: Shares) -> tuple[Shares, Shares]:
    """Low and high end of the 95 % score interval of a share (Wilson 1927)."""
    n = np.where(n > 0, n, np.nan)
    middle = 2 * hits + Z_95**2
    reach = Z_95 * np.sqrt(Z_95**2 + 4 * hits * (1 - hits / n))
    low, high = (middle - reach) / (2 * (n + Z_95**2)), (middle + reach) / (2 * (n + Z_95**2))
    return np.maximum(low, 0), np.minimum(high, 1)


def difference(hits: Shares, n: Shares, other_hits: Shares, other_n: Shares) -> tuple[Shares, Shares]:
    """Low and high end of the 95 % interval of one share less another (Newcombe 1998, method 10)."""
    low, high = wilson(hits, n)
    other_low, other_high = wilson(other_hits, other_n)
    share, other = hits / np.where(n > 0, n, np.nan), other_hits / np.where(other_n > 0, other_n, np.nan)
    down = np.sqrt((share - low) ** 2 + (other_high - other) ** 2)
    up = np.sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - down, share - other + up


def exact_low(hits: Shares, n: Shares) -> Shares:
    """The share that is exceeded with 95 % confidence, one-sided (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv  # slow to import, and one metric asks for it

    low = betaincinv(np.maximum(hits, 1), n - hits + 1, 0.05)
    return np.where(n > 0, np.where(hits > 0, low, 0.0), np.nan)
