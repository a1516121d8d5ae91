"""Whether intervals hold what they promise: hits counted, judged by chance, and what is to widen them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loyalty_core.arrays import Floats
from simulation.evidence import MEDIAN_OF_NORMAL

LEVELS = (50, 80, 90)  # per cent
MOST = 3.0  # that one origin may say: records fail now and then
FADING = 0.7  # what an origin says beside the next one: forecasts from longer records miss otherwise
Weekly = Mapping[str, Floats]


def hits(actual: Floats, samples: Floats, level: int) -> Floats:
    """Whether each actual value lies in the central interval of its samples (first axis).

    One more draw lies below the k-th of n with probability k / (n + 1) (Weibull 1939): quantiles that take
    the outermost samples for 0 and 100 % would hold 86 % of draws at 90 with 40 samples.
    """
    tail = (100 - level) / 200
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0, method="weibull")
    found: Floats = ((actual >= low) & (actual <= high)).astype(np.float64)
    return found


def chance_region(level: int, trials: int) -> tuple[float, float]:
    """Between which shares of hits a right interval lies in 95 of 100 cases, were the trials independent."""
    from scipy.stats import binom  # slow to import, and nothing else asks for it

    low, high = binom.ppf([0.025, 0.975], trials, level / 100) / max(trials, 1)
    return float(low), float(high)


def region_together(origins: Sequence[Sequence[Floats]], level: int) -> tuple[float, float]:
    """As `chance_region`, weeks and metrics missing together as the samples do.

    `origins` are the samples (replications × weeks) of each metric of each origin. One replication after
    the other is taken for what came and the others for its forecast; origins miss each on their own.
    """
    count = min(len(samples) for one in origins for samples in one)
    luck, held, weeks = np.random.default_rng(level), np.zeros(count), 0
    for one in origins:
        found = [
            [hits(samples[turn], np.delete(samples, turn, axis=0), level).sum() for turn in range(count)]
            for samples in one
        ]
        held += luck.permutation(np.sum(found, axis=0))
        weeks += sum(samples.shape[1] for samples in one)
    low, high = np.quantile(held / weeks, [0.025, 0.975], method="weibull")
    return float(low), float(high)


def widened(samples: Floats, factor: float) -> Floats:
    """Samples that many times as far apart around their mean; never below 0 where none of them is."""
    middle = samples.mean(axis=0)
    spread: Floats = middle + (samples - middle) * factor
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
