"""Every number of the product: the declared metrics by name, and their values from period facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from loyalty_core.counting.cuts import SLICES
from loyalty_core.counting.period_facts import PERIOD
from loyalty_core.errors import InputError
from loyalty_core.metrics.business_metrics import BUSINESS
from loyalty_core.metrics.campaign_metrics import CAMPAIGNS
from loyalty_core.metrics.care_metrics import CARE
from loyalty_core.metrics.contact_metrics import CONTACTS
from loyalty_core.metrics.coupon_metrics import COUPONS
from loyalty_core.metrics.finance_metrics import FINANCE
from loyalty_core.metrics.member_metrics import MEMBERS
from loyalty_core.metrics.metric import SECTIONS, Kind, Metric, Section, Unit, Values
from loyalty_core.metrics.movement_metrics import MOVEMENT
from loyalty_core.metrics.point_metrics import POINTS
from loyalty_core.metrics.purchase_metrics import PURCHASES
from loyalty_core.metrics.quality_metrics import QUALITY
from loyalty_core.metrics.stored_value_metrics import CARDS_OWE
from loyalty_core.metrics.tier_metrics import TIERS
from loyalty_core.metrics.value_metrics import VALUE
from loyalty_core.names import near
from loyalty_core.rules.programme import Programme

__all__ = [
    "DEFINED",
    "METRICS",
    "SECTIONS",
    "Kind",
    "Metric",
    "Section",
    "Unit",
    "aimed_at",
    "columns_of",
    "evaluate",
    "metric_named",
    "metrics_for",
    "target_of",
]

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *MEMBERS,
        *MOVEMENT,
        *PURCHASES,
        *VALUE,
        *POINTS,
        *FINANCE,
        *COUPONS,
        *TIERS,
        *BUSINESS,
        *CONTACTS,
        *CAMPAIGNS,
        *CARE,
    )
}
# All that has a definition: what period facts tell, what prepaid cards owe, and how good the data itself is.
DEFINED: dict[str, Metric] = METRICS | CARDS_OWE | QUALITY


def metric_named(name: str) -> Metric:
    """The metric of that name; InputError naming the nearest otherwise."""
    if name not in METRICS:
        raise InputError(f"{name} is no metric; {near(name, METRICS)}")
    return METRICS[name]


def metrics_for(by: Collection[str], where: Collection[str] = ()) -> tuple[str, ...]:
    """Names of the metrics that can be cut and filtered by those slices, in the order of the dictionary."""
    used = {*by, *where}
    return tuple(
        metric.name
        for metric in METRICS.values()
        if used <= metric.slices and (metric.per is None or metric.per in by)
    )


def columns_of(names: Collection[str]) -> frozenset[str]:
    """The columns of period facts that those metrics rest on."""
    return frozenset(column for name in names for column in metric_named(name).columns)


def target_of(metric: Metric, programme: Programme, *, whole: bool = True, months: float = 1) -> float | None:
    """The programme's own target, else the default one; None where there is none.

    A count's target is for all members: it says nothing of a figure that is cut or filtered (not `whole`).
    A flow's is for a month: of a span of so many `months` as many times that is due.
    """
    stated = programme.targets.get(metric.name)
    target = metric.target if stated is None else float(stated)
    if target is None or not (whole or metric.kind is Kind.RATIO):
        return None
    return target * months if metric.kind is Kind.FLOW else target


def aimed_at(programme: Programme) -> tuple[str, ...]:
    """Names of the metrics that have a target, the programme's own or the trade's, and are one figure."""
    return tuple(
        name
        for name, metric in METRICS.items()
        if metric.per is None and target_of(metric, programme) is not None
    )


def evaluate(facts: pd.DataFrame, metrics: Sequence[str], programme: Programme) -> pd.DataFrame:
    """The metrics of each row of period facts: period_first, period_end, the slices, one column each.

    Money in currency units, points in points, shares as fractions. Counts are whole numbers where
    every value is known, everything else float64 with NaN for unknown (a ratio with denominator 0).
    InputError where a metric is unknown or cannot be cut the way the facts are.
    """
    cells = facts[[*PERIOD, *(name for name in SLICES if name in facts)]]
    asked = {name: metric_named(name) for name in metrics}
    values = {name: _tidy(metric, metric.value(facts, programme)) for name, metric in asked.items()}
    return pd.concat([cells, pd.DataFrame(values, index=cells.index)], axis=1)


def _tidy(metric: Metric, value: Values) -> Values | np.ndarray[tuple[int], np.dtype[np.int64]]:
    whole = metric.unit in (Unit.MEMBERS, Unit.PURCHASES, Unit.COUNT) and not np.isnan(value).any()
    return value.astype(np.int64) if whole else value
