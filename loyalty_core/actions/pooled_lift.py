"""What several campaigns with a hold-out brought together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from loyalty_core.intervals import Z_95

Counts = npt.NDArray[np.float64]


def pooled_lift(
    responded: Counts, treated: Counts, others_responded: Counts, held_out: Counts
) -> tuple[float, float, float] | None:
    """The rate among treated less that among held out, each campaign by itself, and its 95 % interval.

    Mantel and Haenszel's risk difference over the campaigns, with the variance of Greenland and Robins (1985,
    Biometrics 41); None where no campaign had both.
    """
    both = (treated > 0) & (held_out > 0)
    a, n, c, m = (one[both].astype(float) for one in (responded, treated, others_responded, held_out))
    if not both.any():
        return None
    everybody = n + m
    weight = float(np.sum(n * m / everybody))
    lift = float(np.sum((a * m - c * n) / everybody)) / weight
    spread = (a * (n - a) * m**3 + c * (m - c) * n**3) / (n * m * everybody**2)
    reach = Z_95 * float(np.sqrt(spread.sum())) / weight
    return lift, lift - reach, lift + reach
