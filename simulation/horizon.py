"""What an experiment found over its whole horizon: one figure per metric instead of one per month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from loyalty_core.metrics import METRICS, Kind
from simulation.comparison import KEYS, Comparison


def over_horizon(found: Comparison) -> Comparison:
    """The same experiment with one period: flows added up within each replication, stocks at its close.

    A ratio of two flows that were compared too is the ratio of their sums; any other ratio stands as
    it is at the close.
    """
    pairs = {number: (_whole(base), _whole(other)) for number, (base, other) in found.pairs.items()}
    return replace(found, pairs=pairs)


def _whole(figures: pd.Series[float]) -> pd.Series[float]:
    table = figures.unstack("period_end")
    close = table[max(table.columns)]
    metric = table.index.get_level_values("metric")
    flow = np.array([METRICS[name].kind is Kind.FLOW for name in metric])
    # min_count: a flow unknown in every month stays unknown.
    values = close.where(~flow, table.sum(axis=1, min_count=1))
    for name in dict.fromkeys(metric):
        values = _ratio_of_sums(values, name, metric)
    whole = values.rename("value").to_frame().assign(period_end=max(table.columns))
    return whole.set_index("period_end", append=True)["value"].reorder_levels(KEYS)


def _ratio_of_sums(values: pd.Series[float], name: str, metric: pd.Index[str]) -> pd.Series[float]:
    declared, flows = METRICS[name], {n for n in metric if METRICS[n].kind is Kind.FLOW}
    parts = {declared.top, *declared.bottom}
    if declared.kind is not Kind.RATIO or not parts <= flows:
        return values
    top = values[metric == declared.top].droplevel("metric")
    bottom = sum(values[metric == part].droplevel("metric") for part in declared.bottom)
    ratio = (top / bottom).replace([np.inf, -np.inf], np.nan)
    return values.where(metric != name, ratio.reindex(values.index.droplevel("metric")).to_numpy())
