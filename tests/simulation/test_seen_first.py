"""Reading off a past whose records begin late: who seems to join, and sales that share a day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loyalty_core.customers.pasts import rhythm
from loyalty_core.history_parts import rows_of
from simulation.behaviour import Joining, Purchasing
from simulation.joining import faded, joined_of_late
from simulation.model_choice import crowding
from simulation.newcomers import daily
from simulation.population import todays_members
from tests.simulation.crowds import past
from tests.simulation.test_calibration import history_of


def test_where_first_purchases_stand_for_joining_they_go_on_to_fall_as_they_did() -> None:
    """First purchases at n ∝ 1 ÷ (week + ½)^1.5, by the calendar, for 40 weeks."""
    weeks = np.arange(40)
    count = np.round(3000 * (weeks + 0.5) ** -1.5).astype(int)
    days = [(f"m{week}-{n}", 7 * int(week) + n % 7, 500) for week in weeks for n in range(count[week])]
    history = history_of(days)
    first_day = int(history.members.joined_on.min()) + 280
    seen = joined_of_late(history, first_day)
    assert seen.by_purchase and seen.growth is None and seen.begun_days == 280
    assert seen.fading == pytest.approx(1.5, abs=0.15)
    coming = 3000 * ((np.arange(40, 53) + 0.5) ** -1.5).sum()
    joining = Joining(a_day=seen.a_day, fading=seen.fading, begun_days=seen.begun_days)
    assert daily(joining, (first_day, first_day + 90)).sum() == pytest.approx(coming, rel=0.1)


def test_joining_falls_with_a_power_of_the_time_since_records_began() -> None:
    assert faded(2.0, 100, np.array([0, 100, 300])) == pytest.approx([1, 1 / 4, 1 / 16])


@pytest.mark.parametrize("twice", [0.0, 0.5])
def test_sales_that_share_a_day_more_often_than_by_chance_are_seen_to(twice: float) -> None:
    """Sales by lot at 1.4 a week; a share of them come as two at once."""
    random = np.random.default_rng(3)
    rows = []
    for member in range(150):
        for _ in range(random.poisson(1.4 * 52)):
            day = int(random.integers(364))
            rows += [(f"m{member}", day, 100)] * (1 + int(random.random() < twice))
    history = history_of(rows)
    found = crowding(rhythm(history, int(history.members.joined_on.min()) + 364, 100))
    assert found == pytest.approx(1 + twice, rel=0.04)


def test_rates_of_days_become_rates_of_sales_that_fall_on_so_many_days() -> None:
    buying = Purchasing(crowding=1.0)
    sales = buying.sales(np.array([0.1, 1.4, 3.0]))
    assert 7 * (1 - np.exp(-sales / 7)) == pytest.approx([0.1, 1.4, 3.0])
    rate = np.array([1.0])
    assert Purchasing().sales(rate) is rate


def test_members_of_whom_nothing_but_purchases_is_known_live_nowhere() -> None:
    history, _ = past(20)
    nobody = np.zeros(len(history.versions.member), bool)
    bare = replace(history, versions=rows_of(history.versions, nobody, nobody))
    people = todays_members(bare, int(history.purchases.day.max()) + 1, 100)
    assert len(people) == len(history.members)
    assert not people.lives_in.any()
