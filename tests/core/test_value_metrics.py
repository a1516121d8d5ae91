"""What members are worth, on real purchases, against libraries that count it their own way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import CensoredData, ecdf

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.metrics.dictionary import columns_of, evaluate
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from tests.core.cdnow import master

PROGRAMME = Programme(name="CDNOW", currency="USD")


@pytest.fixture(scope="module")
def rows(shared: Path) -> pd.DataFrame:
    """The sales of CDNOW's master file, with their days."""
    found = master(shared)
    return found.assign(day=found["occurred_at"].dt.tz_localize(None))


@pytest.fixture(scope="module")
def cdnow(rows: pd.DataFrame) -> History:
    return history_from_frames({"purchases": rows}, PROGRAMME)


def values(history: History, names: list[str], step=None, by=()) -> pd.DataFrame:
    span = periods(first_day(history), as_of(history), step)
    return evaluate(period_facts(history, PROGRAMME, span, by, columns=columns_of(names)), names, PROGRAMME)


@pytest.mark.shared
def test_the_repurchase_cycle_is_the_median_of_scipys_survival_curve(rows, cdnow) -> None:
    days = rows[["member_id", "day"]].drop_duplicates().sort_values(["member_id", "day"])
    following = days.groupby("member_id")["day"].shift(-1)
    ended = following.notna().to_numpy()
    until = following.fillna(days["day"].max())
    length = (until - days["day"]).dt.days.to_numpy()
    staying = ecdf(CensoredData(uncensored=length[ended], right=length[~ended])).sf
    median = staying.quantiles[np.argmax(staying.probabilities <= 0.5)]
    found = values(cdnow, ["repurchase_cycle"])["repurchase_cycle"].iloc[0]
    assert found == median


@pytest.mark.shared
def test_the_top_fifth_is_that_of_a_sorted_table(rows, cdnow) -> None:
    month = rows[rows["day"].dt.strftime("%Y-%m") == "1998-03"].groupby("member_id")["amount"].sum()
    fifth = month.nlargest(-(-len(month) // 5)).sum() / month.sum()
    found = values(cdnow, ["top_fifth_share"], "month").set_index("period_end")["top_fifth_share"]
    assert found[pd.Timestamp("1998-03-31")] == pytest.approx(fifth)


@pytest.mark.shared
def test_the_retention_curve_is_that_of_a_pivot_table(rows, cdnow) -> None:
    months = rows.assign(month=rows["day"].dt.to_period("M"))
    joined = months.groupby("member_id")["month"].transform("min")
    age = (months["month"] - joined).map(lambda offset: offset.n)
    table = pd.crosstab(joined.astype(str), age, values=months["member_id"], aggfunc="nunique")
    shares = table.div(table[0], axis=0)
    found = values(cdnow, ["retention_curve"], by=["join_month", "membership_month"])
    assert len(found) == 18 + 17 + 16
    for row in found.to_dict(orient="records"):
        expected = shares.loc[row["join_month"], int(row["membership_month"])]
        assert row["retention_curve"] == pytest.approx(expected)
    assert set(found["join_month"]) == {"1997-01", "1997-02", "1997-03"}


@pytest.mark.shared
def test_visits_are_days_of_customers(rows, cdnow) -> None:
    days = rows[["member_id", "day"]].drop_duplicates()
    length = (days["day"].max() - days["day"].min()).days + 1
    found = values(cdnow, ["visits_per_day"])["visits_per_day"].iloc[0]
    assert found == pytest.approx(len(days) / length)


def test_first_buyers_are_looked_at_from_91_to_180_days_after_and_are_back_within_90() -> None:
    first = pd.Timestamp("2025-01-10 12:00", tz="UTC")
    after = {"a": (0, 90), "b": (0, 91)}
    at = [(member, first + pd.Timedelta(days=n)) for member, days in after.items() for n in days]
    sales = pd.DataFrame(at, columns=["member_id", "occurred_at"]).assign(amount=100, kind="sale")
    sales["purchase_id"] = [f"p{n}" for n in range(len(sales))]
    history = history_from_frames({"purchases": sales}, PROGRAMME)
    day = int(history.purchases.day.min())
    names, found = ["first_buyers", "first_buyers_again"], []
    for ahead in (90, 91, 180, 181):
        close = periods(day + ahead, day + ahead, "day")
        found += period_facts(history, PROGRAMME, close, columns=names)[names].to_numpy().tolist()
    assert found == [[0, 0], [2, 1], [2, 1], [0, 0]]
