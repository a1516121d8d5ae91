"""Why a number changed: what each slice of the members added, split into mix and rate.

Of a ratio, a slice moves the whole in two ways: more or fewer belong to it, though it does as it did (mix),
or it does otherwise than before (rate). With shares w of the bottom, ratios r of a slice and R of the whole,

    mix = (w₁ − w₀)·(r₀ − R₀),    rate = w₁·(r₁ − r₀),

and all of them together are R₁ − R₀ (the decomposition of Kitagawa 1955, weighted by the present shares).
What adds up has no mix: a slice contributes its own change.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.metrics.metric import Metric, Values
from loyalty_core.rules.programme import Programme

MIX, RATE = "mix", "rate"
UNKNOWN = ""  # the label of those of whom the source says nothing


def can_be_explained(metric: Metric) -> bool:
    """Whether slices add up to the whole: sums, and quotients of sums."""
    return metric.worked_out is None and metric.per is None


def contributions(
    metric: Metric, programme: Programme, by: str, before: pd.DataFrame, now: pd.DataFrame
) -> pd.DataFrame:
    """What each label of the slice `by` contributed, from period facts of two periods cut by it.

    Columns `mix` and `rate` in the metric's shown unit (NaN in `mix` of what adds up), indexed by label;
    their sum is the change of the whole.
    """
    (tops, bottoms) = zip(*(_parts(metric, programme, by, facts) for facts in (before, now)), strict=True)
    labels = tops[0].index.union(tops[1].index, sort=False)
    top_before, top_now = (top.reindex(labels, fill_value=0.0).to_numpy() for top in tops)
    if bottoms[0] is None or bottoms[1] is None:
        return pd.DataFrame({MIX: np.nan, RATE: top_now - top_before}, labels)
    bottom_before, bottom_now = (bottom.reindex(labels, fill_value=0.0).to_numpy() for bottom in bottoms)
    share_before, share_now = (_shares(bottom) for bottom in (bottom_before, bottom_now))
    whole = top_before.sum() / bottom_before.sum() if bottom_before.sum() else np.nan
    # Whom the slice did not hold before did, as far as anybody knows, as all did.
    ratio_before = np.divide(
        top_before, bottom_before, out=np.full(len(labels), whole), where=bottom_before != 0
    )
    reached = np.divide(top_now, bottom_now.sum()) if bottom_now.sum() else np.full(len(labels), np.nan)
    mix = (share_now - share_before) * (ratio_before - whole)
    return pd.DataFrame({MIX: mix, RATE: reached - share_now * ratio_before}, labels)


def _parts(
    metric: Metric, programme: Programme, by: str, facts: pd.DataFrame
) -> tuple[pd.Series, pd.Series | None]:
    """The top in shown units and the bottom of each label; no bottom where the metric is no ratio."""
    labels = facts[by].astype(object).where(facts[by].notna(), UNKNOWN).to_numpy()
    top, bottom = (
        None if part is None else pd.Series(part, labels).groupby(level=0, sort=False).sum()
        for part in metric.parts(facts, programme)
    )
    assert top is not None
    return top, bottom


def _shares(values: Values) -> Values:
    total = values.sum()
    return np.asarray(values / total) if total else np.full(len(values), np.nan)
