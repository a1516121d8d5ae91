"""Who makes up a number: what each member adds to a metric, so that all of them together are the metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from loyalty_core.counting.cuts import MEMBER, cut_by_member
from loyalty_core.counting.families import FAMILIES, families_for
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import counted, facts_frame
from loyalty_core.history import History
from loyalty_core.metrics.metric import Metric
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

TOP, BOTTOM = "top", "bottom"


def can_be_told_by_member(metric: Metric, where: Mapping[str, Sequence[str]] | None = None) -> bool:
    """Whether members add up to the metric: sums over members, and quotients of such sums; a count per
    label of a slice only where the filters let one label pass."""
    of_each = frozenset[str]().union(*(family.columns for family in FAMILIES if family.of_each_member))
    is_one = metric.per is None or (not metric.bottom and len((where or {}).get(metric.per, ())) == 1)
    return metric.worked_out is None and is_one and metric.columns <= of_each


def by_member(
    metric: Metric,
    history: History,
    programme: Programme,
    period: Periods,
    where: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """What each member adds to the metric in one period; those who add nothing are left out.

    Rows of member_id, `top` (in the metric's shown unit; what a ratio counts above its line) and, of a
    ratio, `bottom` (what it divides by), largest first, of equal ones the smaller id. Summed they are what
    the metric is, or is the quotient of. ValueError where it `can_be_told_by_member` not.
    """
    if not can_be_told_by_member(metric, where):
        raise ValueError(f"{metric.name} is no sum over members")
    grid = Grid(period, cut_by_member(history, programme, where))
    families = families_for(grid.cut, metric.columns)
    facts = facts_frame(grid, counted(history, programme, grid, families))
    if metric.per is not None and where:
        facts[metric.per] = where[metric.per][0]
    top, bottom = metric.parts(facts, programme)
    found = pd.DataFrame({MEMBER: facts[MEMBER], TOP: top} | ({} if bottom is None else {BOTTOM: bottom}))
    adds = found[MEMBER].notna() & np.any(found.drop(columns=MEMBER) != 0, axis=1)
    told: pd.DataFrame = found[adds].sort_values([TOP, MEMBER], ascending=[False, True], ignore_index=True)
    return told
