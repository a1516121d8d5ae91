"""What was bought of late puts a fitted model right: the pace of newcomers, and the level of demand."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from loyalty_core.history import History
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Joining, Purchasing
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.evidence import Status
from simulation.level import FARTHEST_GAP, expected_sales, level_of, newcomers_pace, put_right
from simulation.newcomers import candidates
from simulation.population import Population, drawn, todays_members
from simulation.streams import Streams
from tests.simulation.crowds import PROGRAMME, crowd, past

STAYING = Behaviour(
    purchasing=Purchasing(model="nbd", r=2.0, alpha=5.0, status=Status.CALIBRATED, source="a test")
)


@pytest.fixture(scope="module")
def history() -> History:
    return past(300)[0]


def seen(*rows: tuple[float, float, float]) -> SimpleNamespace:
    """The past of members of so many repeats, the last at that age, seen until that age."""
    repeats, recency, age = (np.array(column) for column in zip(*rows, strict=True))
    return SimpleNamespace(repeats=repeats, recency=recency, age=age, spent=repeats * 10)


def test_newcomers_buy_at_the_pace_of_those_who_joined_of_late() -> None:
    early, late = (40.0, 39.0, 52.0), (1.0, 3.0, 10.0)
    # Each of the late ones was to buy 2 / 5 times a week, 4 times: 100 of 400, beside 50 as usual.
    assert newcomers_pace(STAYING, seen(*[early] * 50, *[late] * 100)) == pytest.approx(150 / 450)
    assert newcomers_pace(STAYING, seen(*[early] * 50, *[(4.0, 9.0, 10.0)] * 100)) == 1
    assert newcomers_pace(STAYING, seen(*[early] * 50)) == 1  # nobody of late: as usual


def test_those_who_are_seen_late_buy_seldom_though_nobody_changed() -> None:
    """All were there before the records began: who is first seen after t weeks is of Gamma(r + 1, α + t)."""
    luck = np.random.default_rng(3)
    rate = luck.gamma(0.8, 1 / 3.5, 40_000)
    first = luck.exponential(1 / rate)
    age = 13 - first[first < 13]
    repeats = luck.poisson(rate[first < 13] * age).astype(float)
    known = SimpleNamespace(repeats=repeats, recency=age * repeats / (repeats + 1), age=age, spent=repeats)
    # Those who are seen buy at rates ~ Gamma(r, α) of their own.
    alone = rate[first < 13]
    shape = alone.mean() ** 2 / alone.var()
    own = Purchasing(model="nbd", r=shape, alpha=shape / alone.mean(), status=Status.CALIBRATED)
    pace = newcomers_pace(Behaviour(purchasing=own), known)
    late = first[first < 13] > 6.5
    assert pace == pytest.approx(alone[late].mean() / alone.mean(), rel=0.1)
    assert pace < 0.7


def test_the_level_lies_halfway_between_the_model_and_the_rate_of_late(history: History) -> None:
    days = the_next(history, 91)
    known, bought = todays_members(history, days[0], 100), history.purchases
    recent = sum(
        member >= 0 and not refund and days[0] - 91 <= day < days[0]
        for member, day, refund in zip(bought.member, bought.day, bought.refund, strict=True)
    )
    for times in (1.1, 0.95, 3.0):
        level = level_of(due_to_buy(recent / times, known), history, known, days)
        believed = min(max(math.log(times), -FARTHEST_GAP), FARTHEST_GAP)
        assert level.value == pytest.approx(math.exp(believed / 2))
        assert level.range == pytest.approx((min(1, math.exp(believed)), max(1, math.exp(believed))))
    assert level_of(STAYING, history, known, (days[0], days[0] + 20)).gap == 0  # three weeks tell no rate


def due_to_buy(sales: float, known: Population) -> Behaviour:
    """Members who never leave, of whom so many sales are due in the next 13 weeks; nobody joins."""
    alpha = 500.0
    clocks = [(x, age) for x, age in zip(known.repeats, known.age, strict=True) if age > 0]
    r = (sales / 13 - sum(x / (alpha + age) for x, age in clocks)) / sum(
        1 / (alpha + age) for _, age in clocks
    )
    return staying(r, alpha)


def test_as_many_sales_are_expected_as_a_simulation_brings(history: History) -> None:
    days = the_next(history, 91)
    known = todays_members(history, days[0], 100)
    joining = Joining(a_day=3.0, buying_at_once=0.8)
    raised = STAYING.purchasing.model_copy(update={"newcomers": 0.5, "level": 1.2})
    behaviour = STAYING.model_copy(update={"purchasing": raised, "joining": joining})
    arm, sales = Arm.of(PROGRAMME, behaviour, default_effects().only()), 0
    who_may_join = candidates(joining, days, 1, 1.0)
    for population in (known, who_may_join):
        facts = simulate(population, arm, days, Streams(7, 1))
        sales += int((facts.purchases["amount"] > 0).sum())
    at_once = int(who_may_join.buys_on_joining.sum())
    again = expected_sales(behaviour, known, days) - 3.0 * 91 * 0.8
    assert sales - at_once == pytest.approx(1.2 * again, rel=0.05)


def test_the_level_is_that_of_all_and_the_pace_that_of_newcomers() -> None:
    population, streams = crowd(50), Streams(1)
    aged = replace(population, age=np.where(np.arange(50) < 20, 30.0, 0.0))
    usual = drawn(aged, STAYING, streams)
    buying = STAYING.purchasing.model_copy(update={"newcomers": 0.5, "level": 1.2})
    other = drawn(aged, STAYING.model_copy(update={"purchasing": buying}), streams)
    assert other.rate == pytest.approx(usual.rate * np.where(np.arange(50) < 20, 1.2, 0.6))
    assert np.array_equal(other.spend_scale, usual.spend_scale)


def test_what_is_not_calibrated_is_left_alone(history: History) -> None:
    days = the_next(history, 91)
    assert put_right(Behaviour(), history, todays_members(history, days[0], 100), days) == Behaviour()


def staying(r: float, alpha: float) -> Behaviour:
    return Behaviour(purchasing=Purchasing(model="nbd", r=r, alpha=alpha, status=Status.CALIBRATED))


def the_next(history: History, days: int) -> tuple[int, int]:
    """So many days after the last one of the history."""
    first = int(history.purchases.day.max()) + 1
    return first, first + days - 1
