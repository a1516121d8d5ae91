"""What points still outstanding come to once rewards cost other points, and runs in which nothing differs."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from loyalty_core.history import History
from loyalty_core.rules.programme import programme_from_dict
from simulation.experiment import compare
from simulation.figures import KEYS
from simulation.owed import LESS, MORE, owed_otherwise
from simulation.scenario import Scenario
from simulation.unseen import NOTHING
from tests.simulation.crowds import PROGRAMME, past

CLUB = programme_from_dict({"name": "club", "currency": "EUR", "cost_per_point": "0.02"})


def side(cost: float, redeemed: float, outstanding: float) -> pd.Series[float]:
    """Two months, the first with a quarter of the flows and another stock; half of all in one tier."""
    rows = {
        (end, metric, tier): share * value
        for end, flows in (("2026-12-31", 0.75), ("2026-11-30", 0.25))
        for metric, value in (("reward_cost", cost), ("points_redeemed", redeemed))
        for tier, share in (("", flows), ("member", flows / 2))
    }
    rows |= {
        ("2026-11-30", "points_outstanding", ""): 7.0,
        ("2026-12-31", "points_outstanding", ""): outstanding,
    }
    return pd.Series(rows, dtype="float64").rename_axis(KEYS)


def test_what_is_owed_goes_by_what_a_redeemed_point_costs_where_prices_change() -> None:
    """A point costs 0.02 and then 0.03: of 50,000 outstanding, 1,000 at 0.02, half as much again is owed."""
    dearer = [(side(200, 10_000, 60_000), side(240, 8_000, 50_000))]
    prices = {"rate": "0.02", "currency": "EUR"}
    assert owed_otherwise(dearer, ["rewards.tea.points"], CLUB) == [
        MORE.filled(**prices, times="1.50", amount="500")
    ]
    back = [(one, base) for base, one in dearer]
    assert owed_otherwise(back, ["points_as_cash.value_per_point"], CLUB) == [
        LESS.filled(**prices, times="0.67", amount="400")
    ]


@pytest.mark.parametrize("path", ["earning.points_per_unit", "rewards.tea.stock", "tiers.gold.threshold"])
def test_where_no_price_changes_what_a_point_costs_is_left_to_chance(path: str) -> None:
    assert owed_otherwise([(side(200, 10_000, 60_000), side(240, 8_000, 50_000))], [path], CLUB) == []


def test_where_nothing_is_redeemed_or_a_point_costs_nothing_there_is_nothing_to_say() -> None:
    pairs, path = [(side(200, 10_000, 60_000), side(240, 8_000, 50_000))], ["rewards.tea.points"]
    free = programme_from_dict({"name": "club", "currency": "EUR"})
    assert owed_otherwise(pairs, path, free) == []
    assert owed_otherwise([(side(200, 10_000, 60_000), side(0, 0, 50_000))], path, CLUB) == []
    assert owed_otherwise([(side(200, 10_000, 60_000), side(201, 10_000, 50_000))], path, CLUB) == []


@pytest.fixture(scope="module")
def history() -> History:
    return past(400)[0]


def told(history: History, **scenario: object) -> dict:
    return compare(history, PROGRAMME, Scenario(months=2, replications=2, **scenario)).to_json()


def test_half_the_points_for_a_reward_make_what_is_out_worth_about_twice_as_much(history: History) -> None:
    halves = {f"rewards.{one.name}.points": one.points / 2 for one in PROGRAMME.rewards}
    half = Scenario(name="half", changes=halves, months=2, replications=2)
    priced = PROGRAMME.model_copy(update={"cost_per_point": Decimal("0.02")})
    notes = compare(history, priced, half).to_json()["unseen"]
    assert any("more would be owed at the end" in one["en"] for one in notes)


def test_where_nothing_differs_though_it_was_to_that_is_said(history: History) -> None:
    """Of a programme of which nobody gets a coupon, and of a campaign after the end of the run."""
    late = {"first_day": "2030-01-01", "last_day": "2030-01-31", "kind": "wake_up", "name": "late"}
    nothing = {"en": NOTHING.en, "zh": NOTHING.zh}
    assert told(history, name="late", campaigns=[late])["unseen"] == [nothing]
    assert told(history, name="as it is")["unseen"] == []
    same = {"tiers.gold.threshold": PROGRAMME.tiers[-1].threshold}
    assert told(history, name="as it is", changes=same)["unseen"] == []
    assert nothing not in told(history, name="dearer", changes={"rewards.tea.points": 900})["unseen"]
