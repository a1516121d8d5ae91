"""Behaviour: progress towards goals, the choice of a reward, operational time, fitted parameters."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.models import purchases_fitted, spending_fitted
from loyalty_core.customers.pasts import pasts, spends
from loyalty_core.days import day_of, to_day
from simulation.behaviour import (
    NOTHING,
    Behaviour,
    Redeeming,
    Season,
    chosen_rewards,
    progress_between,
)
from simulation.calibration import calibrated
from simulation.evidence import Status
from simulation.pace import Pace
from simulation.population import newcomers, probability_alive, todays_members
from simulation.season import Clock, intensity
from tests.simulation.crowds import CDNOW, PROGRAMME, past


def test_progress_is_the_share_of_the_way_from_the_goal_behind_to_the_goal_ahead() -> None:
    amounts = np.array([-5, 0, 50, 99, 100, 250, 400, 1000])
    found = progress_between(amounts, np.array([100, 400]))
    assert found.tolist() == [0, 0, 0.5, 0.99, 0, 0.5, 0, 0]
    assert progress_between(amounts, np.array([], np.int64)).tolist() == [0] * 8


@given(
    balance=st.lists(st.integers(0, 10_000), min_size=1, max_size=30),
    prices=st.lists(st.integers(1, 5_000), min_size=1, max_size=5),
    luck=st.floats(1e-9, 1 - 1e-9),
    appeal=st.floats(-5, 30),
)
def test_nobody_takes_a_reward_beyond_the_balance(
    balance: list[int], prices: list[int], luck: float, appeal: float
) -> None:
    rule = Redeeming(appeal=appeal)
    chosen = chosen_rewards(rule, np.array(balance), np.array(prices), np.full(len(balance), luck))
    for held, reward in zip(balance, chosen, strict=True):
        assert reward == NOTHING or prices[reward] <= held


def test_rewards_are_chosen_as_often_as_the_logit_says() -> None:
    rule, balance, prices = (
        Redeeming(appeal=-0.5, eagerness=1.2, ambition=0.4),
        900,
        np.array([200, 800, 1000]),
    )
    luck = (np.arange(200_000) + 0.5) / 200_000
    counts = np.bincount(chosen_rewards(rule, np.full(len(luck), balance), prices, luck) + 1, minlength=4)
    weights = [
        np.exp(-0.5 + 1.2 * np.log(balance / price) + 0.4 * np.log(price / 200)) for price in (200, 800)
    ]
    total = 1 + sum(weights)
    expected = [1 / total, weights[0] / total, weights[1] / total, 0]
    assert counts / len(luck) == pytest.approx(expected, abs=1e-4)


def test_every_group_of_numbers_says_what_it_rests_on() -> None:
    groups = Behaviour().assumptions()
    assert {group["name"] for group in groups} == {
        "purchasing", "spending", "season", "redeeming", "refunding", "common_shock", "joining",
        "referring", "couponing", "subscribing",
    }  # fmt: skip
    assert all(group["status"] and group["source"] for group in groups)


def test_demand_follows_months_and_weekdays() -> None:
    season = Season(months=(2.0, *[1.0] * 11), weekdays=(1, 1, 1, 1, 1, 1, 3))
    days = np.array([to_day(date(2026, 1, 3)), to_day(date(2026, 1, 4)), to_day(date(2026, 2, 1))])
    assert intensity(season, days).tolist() == [2, 6, 3]  # a Saturday and two Sundays


@given(st.lists(st.floats(0, 0.999999), min_size=1, max_size=50))
def test_operational_time_and_real_time_agree_on_the_day(shares: list[float]) -> None:
    season, zone = Season(weekdays=(1, 1, 1, 1, 1, 2, 0.5)), ZoneInfo("Europe/Berlin")
    first, last = to_day(date(2026, 3, 1)), to_day(date(2026, 11, 30))
    clock = Clock(season, zone, first, last)
    weeks = np.sort(np.array(shares)) * float(clock.weeks(last + 1))
    day, at = clock.when(weeks)
    assert np.all((weeks >= clock.weeks(day)) & (weeks < clock.weeks(day + 1)))
    assert np.array_equal(day_of(at, zone), day)  # clock changes included
    assert np.all(np.diff(at) >= 0)


def test_a_rate_that_changes_and_changes_back_delays_by_exactly_what_was_missed() -> None:
    pace, who = Pace(1), np.array([0])
    pace.begin(who, np.array([1.0]), np.array([6.0]), np.array([2.0]))
    assert pace.due[0] == 4.0
    pace.change(who, 2.0, np.array([4.0]))  # 4 of 6 left, at double speed
    assert pace.due[0] == 3.0
    pace.stop(who)
    assert np.isinf(pace.due[0])


@pytest.fixture(scope="module")
def cdnow(shared):
    """Repeats, recency, age in weeks of the CDNOW sample to 1997-09-30, and mean repeat spend."""
    rows = pd.read_fwf(
        shared / "cdnow" / "CDNOW_sample.txt", header=None, names=["m", "s", "on", "q", "paid"]
    )
    rows["on"] = pd.to_datetime(rows["on"].astype(str))
    daily = rows[rows["on"] <= "1997-09-30"].groupby(["s", "on"])["paid"].sum().reset_index()
    first = daily.groupby("s")["on"].transform("min")
    repeats = daily[daily["on"] > first].groupby("s")
    people = daily.groupby("s")["on"].agg(["min", "max", "count"])
    age = (pd.Timestamp("1997-09-30") - people["min"]).dt.days / 7
    recency = (people["max"] - people["min"]).dt.days / 7
    return people["count"] - 1, recency, age, repeats["paid"].agg(["count", "mean"])


@pytest.mark.shared
def test_bg_nbd_on_cdnow_gives_the_published_parameters(cdnow) -> None:
    x, recency, age, _ = cdnow
    fit = purchases_fitted(BgNbd, pasts(*(column.to_numpy(float) for column in (x, recency, age))))
    assert fit.converged
    assert fit.parameters == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), rel=0.005)
    assert fit.log_likelihood == pytest.approx(-9582.426, abs=0.01)


@pytest.mark.shared
def test_gamma_gamma_on_cdnow_gives_the_published_parameters(cdnow) -> None:
    spend = cdnow[3]
    paid = spend[spend["mean"] > 0]
    assert len(spend) == 946
    fit = spending_fitted(spends(paid["count"].to_numpy(float), paid["mean"].to_numpy(float)))
    assert fit.parameters == pytest.approx((6.249, 3.745, 15.448), rel=0.005)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.05)


def test_probability_alive_is_the_one_of_the_closed_form() -> None:
    # x = 2, tx = 30.43, T = 38.86: P(alive) from eq. 7 of Fader, Hardie, Lee in plain numbers.
    r, alpha, a, b = 0.2426, 4.4135, 0.7929, 2.4258
    odds = a / (b + 2 - 1) * ((alpha + 38.86) / (alpha + 30.43)) ** (r + 2)
    one = newcomers(["a"], np.array([0]))
    past = {"repeats": 2.0, "recency": 30.43, "age": 38.86}
    known = replace(one, **{name: np.array([value]) for name, value in past.items()})
    assert probability_alive(known, Behaviour(purchasing=CDNOW))[0] == pytest.approx(1 / (1 + odds))
    assert probability_alive(one, Behaviour(purchasing=CDNOW))[0] == 1


def test_what_is_known_of_a_member_is_counted_by_purchase_days() -> None:
    history, facts = past(150)
    first_day = int(facts.purchases["day"].max()) - 100
    known = todays_members(history, first_day, 100)
    for member in range(150):
        mine = (facts.purchases["member"] == member) & ~facts.purchases["refund"]
        days = facts.purchases["day"][mine]
        seen = sorted(set(days[days < first_day].tolist()))
        begin = seen[0] if seen else int(history.members.joined_on[member])
        assert known.repeats[member] == max(len(seen) - 1, 0)
        assert known.recency[member] == pytest.approx(((seen[-1] - begin) / 7) if seen else 0)
        assert known.age[member] == pytest.approx(max(first_day - 1 - begin, 0) / 7)
        later = np.isin(facts.purchases["day"], seen[1:]) & mine
        assert known.spent[member] == pytest.approx(facts.purchases["amount"][later].sum() / 100)


def test_too_little_data_leaves_the_defaults_and_says_so() -> None:
    few = todays_members(past(30)[0], 2**20, 10**PROGRAMME.currency_decimals)
    found = calibrated(few, Behaviour())
    assert found.purchasing.status is Status.ASSUMPTION and "fewer than 50" in found.purchasing.source
    assert found.purchasing.r == Behaviour().purchasing.r
    # At the data's own level: as many purchases in as many weeks.
    mean_rate = found.purchasing.r / found.purchasing.alpha
    assert mean_rate * few.age.sum() == pytest.approx(few.repeats.sum())
    nobody = newcomers(["a", "b"], np.array([1, 2]))
    assert "no purchase has an amount" in calibrated(nobody, Behaviour()).spending.source


def test_a_fit_on_simulated_members_gives_back_what_they_were_simulated_with() -> None:
    history, _ = past(6000)
    known = todays_members(history, int(history.purchases.day.max()) + 1, 100)
    found = calibrated(known, Behaviour())
    true = Behaviour()
    assert found.purchasing.status is found.spending.status is Status.CALIBRATED
    assert found.purchasing.r == pytest.approx(true.purchasing.r, rel=0.15)
    # The goal gradient makes everybody a little faster than their own rate.
    mean_rate = found.purchasing.r / found.purchasing.alpha
    assert 1.0 < mean_rate / (true.purchasing.r / true.purchasing.alpha) < 1.2
    assert found.spending.mean == pytest.approx(true.spending.mean, rel=0.05)
