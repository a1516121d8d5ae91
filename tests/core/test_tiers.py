"""What tier a spend earns, what a review does, and when."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.days import to_date, to_day
from loyalty_core.programme import Programme, Qualification
from loyalty_core.tiers import review_days, reviewed, tier_for
from tests.core.drawn import ints

THRESHOLDS = ints([0, 1_000, 5_000])


@pytest.mark.parametrize(
    ("spend", "tier"), [(-50, 0), (0, 0), (999, 0), (1_000, 1), (4_999, 1), (5_000, 2), (10**15, 2)]
)
def test_a_tier_is_earned_when_its_threshold_is_reached(spend: int, tier: int) -> None:
    assert tier_for(ints([spend]), THRESHOLDS).tolist() == [tier]


tiers = st.integers(0, 5)


@given(tiers, tiers, st.sampled_from(["one_level", "to_earned", "never"]))
def test_a_review_never_gives_less_than_is_earned(tier: int, earned: int, downgrade: str) -> None:
    after = reviewed(ints([tier]), ints([earned]), Qualification(downgrade=downgrade))[0]
    assert after >= earned
    assert after == earned if earned >= tier else after <= tier


@pytest.mark.parametrize(("downgrade", "after"), [("one_level", 2), ("to_earned", 0), ("never", 3)])
def test_a_soft_landing_is_one_level(downgrade: str, after: int) -> None:
    assert reviewed(ints([3]), ints([0]), Qualification(downgrade=downgrade)).tolist() == [after]


def programme(reviews: object) -> Programme:
    return Programme(name="reviewed", qualification={"reviews": reviews})


def test_reviews_of_leap_days_happen_every_year() -> None:
    span = to_day(date(2023, 1, 1)), to_day(date(2025, 12, 31))
    days = review_days(programme(["02-29", "07-01"]), *span)
    assert [to_date(day).isoformat() for day in days] == [
        "2023-02-28", "2023-07-01", "2024-02-29", "2024-07-01", "2025-02-28", "2025-07-01",
    ]  # fmt: skip


def test_monthly_reviews_are_on_the_first_of_each_month() -> None:
    days = review_days(programme("monthly"), to_day(date(2024, 1, 2)), to_day(date(2024, 4, 1)))
    assert [to_date(day).isoformat() for day in days] == ["2024-02-01", "2024-03-01", "2024-04-01"]


def test_days_of_review_are_those_of_the_span_however_it_is_cut() -> None:
    rules = programme(["01-01", "03-31", "12-31"])
    first, last = to_day(date(2019, 12, 31)), to_day(date(2022, 1, 1))
    whole = review_days(rules, first, last)
    for cut in range(first, last, 13):
        parts = [review_days(rules, first, cut), review_days(rules, cut + 1, last)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
