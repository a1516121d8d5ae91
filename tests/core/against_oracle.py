"""The figures of period facts held against those of the plain-Python oracle."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from loyalty_core.days import to_date
from loyalty_core.metrics.dictionary import METRICS, Kind, Metric, evaluate
from loyalty_core.periods import Periods
from tests.core import (
    oracle,
    oracle_business,
    oracle_care,
    oracle_finance,
    oracle_interval,
    oracle_offers,
    oracle_tiers,
    oracle_value,
)
from tests.core.generated import Case

ORACLES = (
    oracle,
    oracle_value,
    oracle_finance,
    oracle_interval,
    oracle_business,
    oracle_offers,
    oracle_care,
    oracle_tiers,
)
ORACLE = {name: told for each in ORACLES for name, told in each.METRICS.items()}


def spans(chosen: Periods) -> list[oracle.Span]:
    """The periods as the oracle knows them."""
    befores = [chosen.before, *chosen.first[:-1]]
    days = zip(chosen.first, chosen.last, befores, strict=True)
    return [oracle.Span(*(to_date(day) for day in found)) for found in days]


def _labels(row: dict, by: tuple[str, ...]) -> dict[str, set]:
    return {name: {None if pd.isna(row[name]) else row[name]} for name in by}


def unlike_the_oracle(facts: pd.DataFrame, case: Case, chosen: Periods, by, where, names) -> list[tuple]:
    """Every figure of those names that period facts of such a cut give otherwise than the oracle."""
    values = evaluate(facts, names, case.programme)
    by_close = {span.last: span for span in spans(chosen)}
    kept = {name: {label or None for label in labels} for name, labels in where.items()}
    programme = oracle.Programme(case.rows, case.document)
    found = []
    for row in values.to_dict(orient="records"):
        labels = kept | _labels(row, by)
        if any(not labels[name] <= kept[name] for name in set(by) & set(kept)):
            found.append(("row outside the filter", labels))
        told = programme.within(labels)
        for name in names:
            expected = ORACLE[name](told, by_close[row["period_end"].date()])
            if not _same(row[name], expected, METRICS[name]):
                found.append((name, row["period_end"].date(), labels, row[name], expected))
    return found


def _same(value: float, expected: int | Fraction | None, metric: Metric) -> bool:
    if expected is None or pd.isna(value):
        return expected is None and pd.isna(value)
    if metric.kind is Kind.RATIO:
        return value == pytest.approx(float(expected), rel=1e-12, abs=1e-15)
    return value == float(expected)
