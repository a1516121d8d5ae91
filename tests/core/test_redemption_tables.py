"""The expert's tables say what the metrics say, cohort by cohort."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.finance.development import development_factors, redemption_triangle
from loyalty_core.finance.redemption_tables import redeemed_at_once, redemption_tables
from loyalty_core.metrics.dictionary import evaluate
from loyalty_core.periods import periods
from loyalty_core.points.lot_ledger import lot_ledger
from loyalty_core.rules.programme import programme_from_dict
from tests.core.generated import BEGIN, Case, generated
from tests.core.oracle_finance import Told

NAMES = ["ultimate_redemption_rate", "points_liability", "points_expected"]


def costly(seed: int, members: int = 12) -> Case:
    case = generated(seed, members)
    return Case(case.document | {"cost_per_point": "0.013"}, case.rows)


def day_of(days: int) -> int:
    return int(np.datetime64(BEGIN + timedelta(days=days)).astype(int))


def metrics_of(case: Case, day: int, by=()) -> pd.DataFrame:
    facts = period_facts(case.history, case.programme, periods(day, day), by)
    return evaluate(facts, NAMES, case.programme)


@pytest.mark.parametrize("days", [90, 300, 520, 800])
@pytest.mark.parametrize("seed", range(5))
def test_the_tables_add_up_to_the_metrics(seed: int, days: int) -> None:
    case, day = costly(seed), day_of(days)
    tables, whole = redemption_tables(case.history, case.programme, day), metrics_of(case, day).iloc[0]
    a_point = 0.013
    rounding = 0.51 * a_point
    assert tables.cohorts["points_liability"].sum() == pytest.approx(whole["points_liability"], abs=rounding)
    assert float(tables.points_liability.estimate) == pytest.approx(whole["points_liability"], abs=rounding)
    rate = (tables.cohorts["ultimate_redemption_rate"] * tables.cohorts["issued"]).sum()
    assert rate / tables.cohorts["issued"].sum() == pytest.approx(whole["ultimate_redemption_rate"], abs=0.01)
    by_month = metrics_of(case, day, ["earn_month"]).set_index("earn_month")["points_liability"]
    found = tables.cohorts["points_liability"].rename(str)
    found.index = found.index.astype(str)
    pd.testing.assert_series_equal(
        found[found > 0], by_month[found[found > 0].index], atol=rounding, check_names=False
    )


@pytest.mark.parametrize("days", [90, 307, 520])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_redeemed_at_once_is_told_of_all_points_of_the_latest_months(seed: int, days: int) -> None:
    case, on = costly(seed), BEGIN + timedelta(days=days)
    entries = [one for one in case.rows["entries"] if one.get("account", "points") == "points"]
    told = Told(entries, case.document["time_zone"], on)
    triangle = redemption_triangle(lot_ledger(case.history, day_of(days)))
    for latest in (2, 6, 99):
        born = [month for month in told.cohorts[-latest:] if month <= told.whole_until]
        issued = sum(told.cohort(month, told.issued) for month in born)
        at_once = sum(told.so_far(month, 0) for month in born)
        found = redeemed_at_once(triangle, latest)
        assert found == pytest.approx(at_once / issued) if issued else np.isnan(found)


@pytest.mark.parametrize("seed", range(5))
def test_the_triangle_and_its_factors_are_those_of_the_lots(seed: int) -> None:
    case, day = costly(seed), day_of(500)
    tables = redemption_tables(case.history, case.programme, day)
    triangle = redemption_triangle(lot_ledger(case.history, day))
    points = tables.triangle.mul(tables.cohorts["issued"], axis=0) * 10**case.programme.point_decimals
    seen = triangle.seen & (triangle.issued[:, None] > 0)
    np.testing.assert_allclose(points.to_numpy()[seen], triangle.cumulative[seen])
    assert tables.triangle.isna().to_numpy()[~seen].all()
    factors = development_factors(triangle.cumulative, triangle.seen)[: len(tables.factors) - 1]
    told = np.isfinite(factors) & (tables.factors["developed"].to_numpy()[:-1] > 0)
    np.testing.assert_allclose(tables.factors["factor"].to_numpy()[:-1][told], factors[told])
    parts = tables.cohorts[["open", "redeemed", "expired"]].sum(axis=1)
    np.testing.assert_allclose(parts, tables.cohorts["issued"])


def steady(seed: int) -> Case:
    """Each month for 20 months 300 new members earn 100 points; some 60 % of them redeem sooner or later."""
    random, rows = np.random.default_rng(seed), []
    for member, month in np.ndindex(300, 20):
        earned_on = pd.Timestamp("2023-02-10", tz="UTC") + pd.DateOffset(months=month)
        row = {"member_id": f"m{month}-{member}", "account": "points", "reason": None, "expires_on": None}
        rows.append(row | {"kind": "earn", "amount": 100, "occurred_at": earned_on})
        if random.random() < 0.6:
            later = earned_on + pd.Timedelta(days=int(random.exponential(90)))
            rows.append(row | {"kind": "redeem", "amount": -100, "occurred_at": later})
    end = pd.Timestamp("2024-10-01", tz="UTC")
    entries = [row | {"entry_id": str(n)} for n, row in enumerate(rows) if row["occurred_at"] < end]
    case = costly(0)
    return Case(case.document | {"time_zone": "UTC"}, {name: [] for name in case.rows} | {"entries": entries})


def test_the_band_lies_around_the_estimate_and_within_what_can_be() -> None:
    case = steady(3)
    day = int(np.datetime64("2024-09-30").astype(int))
    tables = redemption_tables(case.history, case.programme, day, np.random.default_rng(3), 200)
    for around in (tables.ultimate_redemption_rate, tables.points_liability):
        assert around.low < around.estimate < around.high
    assert tables.ultimate_redemption_rate.estimate == pytest.approx(0.6, abs=0.03)
    assert tables.points_liability.high <= tables.cohorts["open"].sum() * 0.013
    again = redemption_tables(case.history, case.programme, day, np.random.default_rng(3), 200)
    assert again.points_liability.high == tables.points_liability.high
    without = redemption_tables(case.history, case.programme, day)
    assert np.isnan(without.points_liability.high)
    assert without.points_liability.estimate == tables.points_liability.estimate


def test_while_nobody_has_redeemed_all_open_points_are_owed() -> None:
    """Even where all points of the oldest month have expired: a ledger derived from purchases is silent."""
    case = steady(1)
    kept = [row for row in case.rows["entries"] if row["kind"] == "earn"]
    gone = [row | {"kind": "expire", "amount": -100, "entry_id": row["entry_id"] + "x"} for row in kept[:1]]
    silent = Case(case.document, case.rows | {"entries": kept + gone})
    tables = redemption_tables(silent.history, silent.programme, day_of(600))
    points = 10**silent.programme.point_decimals
    assert float(tables.points_liability.estimate) == pytest.approx((len(kept) - 1) * 100 / points * 0.013)
    assert tables.cohorts["young"].all() and (tables.factors["developed"] == 0).all()


def test_without_points_the_tables_are_empty() -> None:
    case = costly(1, members=0)
    tables = redemption_tables(case.history, programme_from_dict(case.document), day_of(100))
    assert len(tables.cohorts) == len(tables.triangle) == len(tables.factors) == 0
    assert float(tables.points_liability.estimate) == 0
