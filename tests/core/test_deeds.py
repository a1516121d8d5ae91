"""What counts for tiers, read from a history: sales that were taken back whole, and days of membership."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from loyalty_core.histories import history_from_frames
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.tiers.deeds import deeds, taken_back
from tests.core.drawn import history_of, ints
from tests.core.plain_programme import Purchase

CLUB = Programme(name="club")


def history(amounts: list[int], of: list[int]):
    """One member's purchases, one a day from 1 January 2024; `of` are the places of the sales refunded."""
    bought = [
        (0, Purchase(datetime(2024, 1, day, 12, tzinfo=UTC), amount)) for day, amount in enumerate(amounts, 1)
    ]
    made = history_of([(date(2024, 1, 1), date(2024, 1, 31))], bought)
    return replace(made, purchases=replace(made.purchases, refund_of=ints(of)))


@pytest.mark.parametrize(
    ("refunds", "undoing"),
    [
        ([-100], [2]),
        ([-99], []),
        ([-60, -39], []),
        ([-60, -40], [3]),
        ([-60, -41, -5], [3]),
        ([-200, -100], [2]),
    ],
)
def test_a_sale_counts_no_more_once_it_is_taken_back_whole(refunds: list[int], undoing: list[int]) -> None:
    made = history([100, 100, *refunds], [-1, -1, *[0] * len(refunds)])
    assert taken_back(made.purchases).nonzero()[0].tolist() == undoing
    counted = deeds(made, CLUB, "purchases")
    assert counted.amount.sum() == 2 - len(undoing)
    assert deeds(made, CLUB, "spend").amount.sum() == 200 + sum(refunds)


def test_refunds_of_nothing_known_and_of_other_sales_are_not_added_up() -> None:
    made = history([100, 100, -60, -40, -50], [-1, -1, 0, 1, -1])
    assert not taken_back(made.purchases).any()


def test_deeds_count_from_the_day_of_joining_to_the_day_of_leaving() -> None:
    made = history([1, 2, 4, 8], [-1] * 4)
    members = replace(made.members, joined_on=made.purchases.day[1:2], left_on=made.purchases.day[2:3])
    assert deeds(replace(made, members=members), CLUB, "spend").amount.tolist() == [2, 4]


def test_an_activity_scores_what_the_programme_said_of_it_on_its_day() -> None:
    facts = {
        "members": pd.DataFrame(
            {"member_id": ["a"], "valid_from": ["2024-01-01"], "joined_on": ["2024-01-01"]}
        ),
        "activities": pd.DataFrame(
            {
                "activity_id": ["1", "2", "3"],
                "member_id": ["a"] * 3,
                "kind": ["visit", "visit", "flight"],
                "occurred_at": [f"2024-01-{day:02} 12:00:00+00:00" for day in (9, 10, 10)],
            }
        ),
    }
    before, later = (
        programme_from_dict(
            {
                "name": "club",
                "time_zone": "UTC",
                "effective_on": on,
                "tiers": [{"name": "all"}, {"name": "top", "reach": {"at_least": {"activity_score": 9}}}],
                "qualification": {"activity_scores": scores},
            }
        )
        for on, scores in ((None, {"visit": 5}), ("2024-01-10", {"visit": 2, "flight": 1}))
    )
    told = history_from_frames(facts, later)
    assert sorted(deeds(told, later, "activity_score").amount.tolist()) == [1, 2, 2]
    assert sorted(deeds(told, later.after([before]), "activity_score").amount.tolist()) == [1, 2, 5]
