"""Which tier a spend reaches, and when reviews are."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from loyalty_core.days import NEVER, to_date, to_day
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_standing import TierStanding
from tests.core.drawn import ints


@pytest.mark.parametrize(
    ("spend", "tier"), [(-50, 0), (0, 0), (999, 0), (1_000, 1), (4_999, 1), (5_000, 2), (10**15, 2)]
)
def test_a_tier_is_reached_with_its_threshold(spend: int, tier: int) -> None:
    tiers = ({"name": "t0"}, {"name": "t1", "threshold": 10}, {"name": "t2", "threshold": 50})
    standing = TierStanding(Programme(name="three", tiers=tiers), ints([0]), ints([NEVER]))
    who, day = ints([0]), ints([7])
    standing.count(who, day, "spend", ints([spend]))
    assert standing.lift(who, day).tolist() == [tier]


def programme(reviews: object) -> Programme:
    return Programme(name="reviewed", qualification={"reviews": reviews})


def test_reviews_of_leap_days_happen_every_year() -> None:
    span = to_day(date(2023, 1, 1)), to_day(date(2025, 12, 31))
    days = programme(["02-29", "07-01"]).qualification.review_days(*span)
    assert [to_date(day).isoformat() for day in days] == [
        "2023-02-28", "2023-07-01", "2024-02-29", "2024-07-01", "2025-02-28", "2025-07-01",
    ]  # fmt: skip


def test_monthly_reviews_are_on_the_first_of_each_month() -> None:
    days = programme("monthly").qualification.review_days(to_day(date(2024, 1, 2)), to_day(date(2024, 4, 1)))
    assert [to_date(day).isoformat() for day in days] == ["2024-02-01", "2024-03-01", "2024-04-01"]


def test_days_of_review_are_those_of_the_span_however_it_is_cut() -> None:
    rules = programme(["01-01", "03-31", "12-31"])
    first, last = to_day(date(2019, 12, 31)), to_day(date(2022, 1, 1))
    whole = rules.qualification.review_days(first, last)
    for cut in range(first, last, 13):
        parts = [rules.qualification.review_days(first, cut), rules.qualification.review_days(cut + 1, last)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_reviews_on_anniversaries_are_no_days_of_the_calendar() -> None:
    assert len(programme("anniversary").qualification.review_days(0, 10_000)) == 0
