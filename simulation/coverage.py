"""Whether intervals hold what they promise: hits counted, judged by chance, and what is to widen them."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from simulation.streams import Floats

LEVELS = (50, 80, 90)  # per cent
_FIRM = 5  # weeks that speak for the interval as it is, before any are counted


def hits(actual: Floats, samples: Floats, level: int) -> Floats:
    """Whether each actual value lies in the central interval of its samples (first axis)."""
    tail = (100 - level) / 200
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    found: Floats = ((actual >= low) & (actual <= high)).astype(np.float64)
    return found


def chance_region(level: int, trials: int) -> tuple[float, float]:
    """Between which shares of hits a right interval lies in 95 of 100 cases, were the trials independent."""
    low, high = binom.ppf([0.025, 0.975], trials, level / 100) / max(trials, 1)
    return float(low), float(high)


def widened(samples: Floats, factor: Floats | float) -> Floats:
    """Samples drawn that many times as far apart around their mean; never below 0 where none of them is."""
    middle = samples.mean(axis=0)
    spread: Floats = middle + (samples - middle) * factor
    return np.where(samples.min(axis=0) >= 0, np.maximum(spread, 0.0), spread)


def widening(actual: Floats, samples: Floats) -> float:
    """How many times as wide as its samples a forecast turned out to be off; at least 1.

    The root of the mean square of standardised errors over all weeks, with a few weeks' worth of belief in
    the samples as they are. A week whose samples all agree has no say.
    """
    spread = samples.std(axis=0, ddof=1)
    told = spread > 0
    errors = (actual - samples.mean(axis=0))[told] / spread[told]
    return float(max(1.0, np.sqrt((np.sum(errors**2) + _FIRM) / (told.sum() + _FIRM))))
