"""What an experiment found over its whole horizon: one figure per metric instead of one per month."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from loyalty_core.metrics.dictionary import METRICS, Kind
from simulation.comparison import Comparison
from simulation.figures import COMPARED, KEYS, TOLD


def _told(name: str) -> bool:
    metric = METRICS[name]
    if metric.kind is not Kind.RATIO:
        return True
    parts = (metric.top, *metric.bottom)
    return all(part in COMPARED for part in parts) and len({METRICS[str(part)].kind for part in parts}) == 1


# Metrics of all members that `over_horizon` tells: of ratios those whose parts are compared.
OF_HORIZON = tuple(name for name in TOLD if _told(name))


def over_horizon(found: Comparison) -> Comparison:
    """The same experiment with one period: flows added up within each replication, stocks at its close.

    A ratio of two flows that were compared too is the ratio of their sums; any other ratio stands as
    it is at the close.
    """
    pairs = {number: (_whole(base), _whole(other)) for number, (base, other) in found.pairs.items()}
    return replace(found, pairs=pairs)


def _whole(figures: pd.Series[float]) -> pd.Series[float]:
    wide = pd.DataFrame(figures.unstack("metric"))
    close = wide.index.get_level_values("period_end").max()
    whole = pd.DataFrame(wide.xs(close, level="period_end")).copy()
    flows = [name for name in wide.columns if METRICS[name].kind is Kind.FLOW]
    # min_count: a flow unknown in every month stays unknown.
    whole[flows] = wide[flows].groupby(level="member_tier").sum(min_count=1)
    for name in wide.columns:
        metric = METRICS[name]
        if metric.kind is Kind.RATIO and {metric.top, *metric.bottom} <= set(flows):
            bottom = whole[list(metric.bottom)].sum(axis=1)
            whole[name] = whole[metric.top] / bottom.where(bottom != 0)
    named = {(metric, tier) for _, metric, tier in figures.index}
    found = {
        (close, metric, tier): float(value)
        for metric in wide.columns
        for tier, value in whole[metric].items()
        if (metric, tier) in named
    }
    return pd.Series(found, dtype="float64").rename_axis(KEYS)
