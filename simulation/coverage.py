"""Whether intervals hold what they promise: hits counted, judged by chance, and what is to widen them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, stdtrit

from loyalty_core.arrays import Floats
from simulation.evidence import MEDIAN_OF_NORMAL

LEVELS = (50, 80, 90)  # per cent
MOST = 3.0  # that one origin may say: records fail now and then
FADING = 0.7  # what an origin says beside the next one: forecasts from longer records miss otherwise
TAILS = 5  # degrees of freedom: demand has weeks that are far from all others, and origins are few
_FARTHEST = 6.0  # standard deviations: beyond it a probability is 1 to the computer
Weekly = Mapping[str, Floats]


def hits(actual: Floats, samples: Floats, level: int) -> Floats:
    """Whether each actual value lies in the central interval of its samples (first axis)."""
    tail = (100 - level) / 200
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    found: Floats = ((actual >= low) & (actual <= high)).astype(np.float64)
    return found


def chance_region(level: int, trials: int) -> tuple[float, float]:
    """Between which shares of hits a right interval lies in 95 of 100 cases, were the trials independent."""
    from scipy.stats import binom  # slow to import, and nothing else asks for it

    low, high = binom.ppf([0.025, 0.975], trials, level / 100) / max(trials, 1)
    return float(low), float(high)


def widened(samples: Floats, factor: Floats | float) -> Floats:
    """Samples that many times as far apart around their mean, and where they were spread like a normal
    distribution now like Student's t; never below 0 where none of them is."""
    middle, deviation = samples.mean(axis=0), _deviation(samples)
    steps = (samples - middle) / np.where(deviation > 0, deviation, 1.0)
    steps = stdtrit(TAILS, ndtr(np.clip(steps, -_FARTHEST, _FARTHEST)))
    spread: Floats = middle + steps * deviation * factor
    return np.where(samples.min(axis=0) >= 0, np.maximum(spread, 0.0), spread)


def widening(told: Sequence[tuple[Weekly, Weekly]], metrics: Sequence[str]) -> float:
    """How many times as wide as their samples forecasts of those metrics turned out to be off; below 1 where
    they were nearer than the samples say.

    `told` are what came and the samples of each origin, the earliest first. The scale of the standardised
    errors of an origin is told by their median, so that a week in which records failed does not widen all
    others; of the origins the root of the weighted mean square, in which the latest and the belief in the
    samples as they are weigh 1 each and every earlier one `FADING` times the next. Weeks whose samples all
    agree, and metrics that never came, have no say.
    """
    squares, weights = [1.0], [1.0]
    for back, (actual, samples) in enumerate(reversed(told)):
        errors = [_standardised(actual[name], samples[name]) for name in metrics if actual[name].any()]
        scales = [float(np.median(np.abs(one))) / MEDIAN_OF_NORMAL for one in errors if len(one)]
        if scales:
            squares.append(min(float(np.mean(np.square(scales))), MOST**2))
            weights.append(FADING**back)
    return float(np.sqrt(np.average(squares, weights=weights)))


def _standardised(actual: Floats, samples: Floats) -> Floats:
    spread = _deviation(samples)
    told = spread > 0
    errors: Floats = (actual - samples.mean(axis=0))[told] / spread[told]
    return errors


def _deviation(samples: Floats) -> Floats:
    found: Floats = samples.std(axis=0, ddof=1)
    return found
