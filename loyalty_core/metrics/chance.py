"""By how much numbers differ by chance alone, so that nobody takes that for news."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from loyalty_core.metrics.dictionary import evaluate, metric_named
from loyalty_core.metrics.metric import Kind, Metric, Unit, Values
from loyalty_core.rules.programme import Programme

BY_CHANCE = " by chance"
COUNTED = (Unit.MEMBERS, Unit.PURCHASES, Unit.COUNT)


def evaluate_with_chance(facts: pd.DataFrame, metrics: Sequence[str], programme: Programme) -> pd.DataFrame:
    """As `evaluate`, and beside each metric its deviation, under its name and `BY_CHANCE`."""
    told = evaluate(facts, metrics, programme)
    return told.join(deviations(facts, metrics, programme).add_suffix(BY_CHANCE))


def deviations(facts: pd.DataFrame, metrics: Sequence[str], programme: Programme) -> pd.DataFrame:
    """One standard deviation of each metric in each row of period facts, in shown units; NaN where unknown.

    A flow differs as counts of Poisson do. A stock differs less between two closes, since most of those in it
    are in it at both: it is taken to have half that variance. A share differs by as many as it is a share of
    (binomial, with one more of either kind supposed, so that all or none of a few are not certain); of points
    and money that is next to nothing, since they come many at a time. Other amounts are not told of.
    """
    found = {name: _deviation(metric_named(name), facts, programme) for name in metrics}
    return pd.DataFrame(found, index=facts.index)


def _deviation(metric: Metric, facts: pd.DataFrame, programme: Programme) -> Values:
    if metric.unit in COUNTED:
        counted = np.maximum(metric.value(facts, programme), 0)
        return np.asarray(np.sqrt(counted / 2 if metric.kind is Kind.STOCK else counted))
    if metric.unit is not Unit.SHARE or metric.worked_out is not None:
        return np.full(len(facts), np.nan)
    top, bottom = metric.parts(facts, programme)
    assert bottom is not None
    of = np.where(bottom > 0, bottom, np.nan)
    share = np.clip((top + 1) / (of + 2), 0, 1)
    return np.asarray(np.sqrt(share * (1 - share) / of))
