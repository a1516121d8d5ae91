"""Why a number changed: what each slice of the members added, split into mix and rate.

Of a ratio, a slice moves the whole in two ways: more or fewer belong to it, though it does as it did (mix),
or it does otherwise than before (rate). With shares w of the bottom, ratios r of a slice and R of the whole,

    mix = (w₁ − w₀)·(r₀ − R₀),    rate = w₁·(r₁ − r₀),

and all of them together are R₁ − R₀ (the decomposition of Kitagawa 1955, weighted by the present shares).
What adds up has no mix: a slice contributes its own change.

Members who are in several slices of a period (a new tier, a second store) count once in the whole, and in
each of these: what that makes of the change is told apart, so that nothing is left over.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from loyalty_core.counting.families import FAMILIES
from loyalty_core.metrics.metric import Metric, Values
from loyalty_core.rules.programme import Programme

MIX, RATE = "mix", "rate"
UNKNOWN = ""  # the label of those of whom the source says nothing
ROUNDED = 1e-4  # of all contributions: less is left over where cells are rounded each on its own
_NO_SUMS = frozenset[str]().union(*(family.columns for family in FAMILIES if not family.adds_up))


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a number changed, in its shown unit: `parts` has `mix` and `rate` of each label (NaN in `mix` of
    what adds up), `several` what comes of members who count under several labels. All are the whole change.
    """

    parts: pd.DataFrame
    several: float

    @property
    def change(self) -> float:
        """The change of the whole; NaN where it is unknown in one of the periods."""
        return float(self.parts.sum().sum()) + self.several

    @property
    def is_known(self) -> bool:
        """Whether there is a change to be explained, and slices that explain it."""
        return len(self.parts) > 0 and isfinite(self.change)


def can_be_explained(metric: Metric) -> bool:
    """Whether slices add up to the whole: sums, and quotients of sums."""
    return metric.worked_out is None and metric.per is None and not metric.columns & _NO_SUMS


def explained(
    metric: Metric,
    programme: Programme,
    by: str,
    cut: tuple[pd.DataFrame, pd.DataFrame],
    whole: tuple[pd.DataFrame, pd.DataFrame],
) -> Explained:
    """What each label of the slice `by` contributed to the change from the first period to the second, from
    period facts of both that are cut by it, and from those of the whole (a row each)."""
    parts = contributions(metric, programme, by, *cut)
    before, now = (float(metric.value(facts, programme)[0]) for facts in whole)
    several = now - before - parts.sum().sum()
    is_rounded = abs(several) <= ROUNDED * parts.abs().sum().sum()
    return Explained(parts, 0.0 if is_rounded else several)


def contributions(
    metric: Metric, programme: Programme, by: str, before: pd.DataFrame, now: pd.DataFrame
) -> pd.DataFrame:
    """What each label of the slice `by` contributed, from period facts of two periods cut by it.

    Columns `mix` and `rate` in the metric's shown unit (NaN in `mix` of what adds up), indexed by label;
    their sum is the change of the whole where nobody counts under several labels.
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
