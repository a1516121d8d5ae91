"""The day on which points are gone, for every day of two years, against counting day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loyalty_core.days import NEVER
from loyalty_core.points.expiring import expires_on
from loyalty_core.rules.point_rules import Expiry
from tests.core.drawn import date_or_none, days
from tests.core.plain_ledger import expiry

EVERY_DAY = [date(2019, 7, 1) + timedelta(days=n) for n in range(2 * 366)]  # with 29 February 2020


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"months": 1},
        {"months": 12},
        {"months": 1, "rounded_to": "month"},
        {"months": 6, "rounded_to": "quarter"},
        {"months": 12, "rounded_to": "year"},
        {"on": "01-01"},
        {"on": "02-29"},
        {"on": "12-31", "months": 1},
        {"on": "02-29", "months": 24},
    ],
    ids=str,
)
def test_points_are_gone_on_the_day_that_the_rule_names(rule: dict) -> None:
    gone = expires_on(Expiry(**rule), days(EVERY_DAY))
    assert [date_or_none(day) for day in gone] == [expiry(rule, day) for day in EVERY_DAY]


@pytest.mark.parametrize(
    ("rule", "earned", "gone"),
    [
        ({"months": 1}, date(2020, 1, 31), date(2020, 2, 29)),
        # To the end of the month: the whole of 29 February is theirs.
        ({"months": 1, "rounded_to": "month"}, date(2020, 1, 31), date(2020, 3, 1)),
        ({"months": 1, "rounded_to": "month"}, date(2020, 1, 1), date(2020, 3, 1)),
        ({"months": 12, "rounded_to": "quarter"}, date(2020, 3, 31), date(2021, 4, 1)),
        ({"months": 12, "rounded_to": "year"}, date(2020, 12, 31), date(2022, 1, 1)),
        # Points earned on the day itself wait for the next one, without months.
        ({"on": "03-31"}, date(2020, 3, 31), date(2021, 3, 31)),
        ({"on": "03-31"}, date(2020, 3, 30), date(2020, 3, 31)),
        ({"on": "03-31", "months": 12}, date(2020, 3, 31), date(2021, 3, 31)),
        ({"on": "03-31", "months": 12}, date(2020, 4, 1), date(2022, 3, 31)),
        ({"on": "02-29"}, date(2020, 2, 29), date(2021, 2, 28)),
    ],
)
def test_what_a_rule_means_on_a_day(rule: dict, earned: date, gone: date) -> None:
    assert expires_on(Expiry(**rule), days([earned])).tolist() == days([gone]).tolist()


def test_inactivity_alone_names_no_day() -> None:
    assert expires_on(Expiry(inactivity_months=6), days([date(2020, 1, 1)])).tolist() == [NEVER]


def test_nobody_is_asked_about() -> None:
    assert len(expires_on(Expiry(on="03-31"), days([]))) == 0
