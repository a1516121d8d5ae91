"""Liability, ageing, redemption of lots and the lift that pays."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.finance.development import development, redemption_triangle
from loyalty_core.finance.point_worth import (
    break_even_lift,
    lot_redemption_rate,
    points_ageing,
    points_liability,
)
from loyalty_core.points.lot_ledger import lot_ledger
from tests.core.generated import BEGIN, generated
from tests.core.plain_lots import matched
from tests.core.plain_programme import months_later

STEPS = (3, 6, 12, 24)


def to_number(on: date) -> int:
    return int(np.datetime64(on).astype(int))


def test_the_liability_follows_its_formula() -> None:
    issued, redeemed = np.array([1_000, 500, 0]), np.array([750, 100, 0])
    assert points_liability(issued, redeemed, 0.7, 0.01) == pytest.approx(2.5)
    assert points_liability(issued, redeemed, [0.8, 0.6, np.nan], 0.01) == pytest.approx(2.5)
    runs = [[0.8, 0.6, 0.0], [0.9, 0.1, 0.0]]
    np.testing.assert_allclose(points_liability(issued, redeemed, runs, 0.01), [2.5, 1.5])


@pytest.mark.parametrize("days", [60, 400, 520, 1200])
@pytest.mark.parametrize("seed", range(6))
def test_the_liability_of_a_ledger_lies_between_nothing_and_all_that_is_open(seed: int, days: int) -> None:
    ledger = lot_ledger(generated(seed).history, to_number(BEGIN + timedelta(days=days)))
    triangle = redemption_triangle(ledger)
    rates = development(triangle).cohort_rates
    owed = float(points_liability(triangle.issued, triangle.redeemed_so_far, rates, 1.0))
    assert -1e-6 <= owed <= triangle.open.sum() * (1 + 1e-9)


def aged(first: date, last: date) -> int:
    """The group of a span of time: 0–3, 3–6, 6–12, 12–24, more months."""
    return sum(months_later(first, months) <= last for months in STEPS)


def to_go(expires_on: date | None, on: date) -> int:
    if expires_on is None:
        return 6
    return 0 if expires_on <= on else 1 + sum(months_later(on, months) <= expires_on for months in STEPS)


@pytest.mark.parametrize("days", [60, 300, 520, 800, 1200])
@pytest.mark.parametrize("seed", range(8))
def test_ageing_adds_up_to_the_points_outstanding(seed: int, days: int) -> None:
    case, on = generated(seed), BEGIN + timedelta(days=days)
    ageing = points_ageing(lot_ledger(case.history, to_number(on)))
    entries, names = case.history.entries, case.history.labels["entries.account"]
    counted = (entries.codes["account"] == names.index("points")) & (entries.effective_on <= to_number(on))
    outstanding = int(entries.amount[counted].sum())
    assert ageing.by_age.sum() - ageing.owed == ageing.by_expiry.sum() - ageing.owed == outstanding
    by_age, by_expiry = [0] * 5, [0] * 7
    lots, _, _ = matched(case.rows["entries"], case.programme.time_zone, on)
    for lot in lots:
        by_age[aged(lot.day, on)] += lot.left
        by_expiry[to_go(lot.expires_on, on)] += lot.left
    assert ageing.by_age.tolist() == by_age
    assert ageing.by_expiry.tolist() == by_expiry


@pytest.mark.parametrize("days", [60, 300, 520, 800, 1200])
@pytest.mark.parametrize("seed", range(6))
def test_only_old_and_expired_lots_enter_the_redemption_of_lots(seed: int, days: int) -> None:
    case, on = generated(seed), BEGIN + timedelta(days=days)
    lots, uses, _ = matched(case.rows["entries"], case.programme.time_zone, on)
    mature = [
        lot for lot in lots if months_later(lot.day, 12) < on or (lot.expires_on and lot.expires_on <= on)
    ]
    named = {id(lot) for lot in mature}
    redeemed = sum(use.points for use in uses if use.kind == "redeem" and id(use.lot) in named)
    gone = sum(use.points for use in uses if use.kind == "expire" and id(use.lot) in named)
    issued = redeemed + gone + sum(lot.left for lot in mature)
    found = lot_redemption_rate(lot_ledger(case.history, to_number(on)))
    assert found == pytest.approx(redeemed / issued) if issued else np.isnan(found)


def test_a_lift_that_breaks_even_is_the_worked_one() -> None:
    assert round(100 * break_even_lift(0.01, 0.8, 0.7, 0.3), 1) == 1.9
    assert round(100 * break_even_lift(0.05, 0.7, 0.6, 0.3), 1) == 7.5


def test_rewards_that_eat_the_margin_never_break_even() -> None:
    assert break_even_lift(0.5, 1, 1, 0.3) == float("inf")


shares = st.floats(0, 1)


@given(st.floats(0, 0.2), shares, shares, st.floats(0.25, 0.9), st.floats(0, 1e6), st.floats(1e3, 1e9))
def test_at_the_break_even_lift_the_programme_earns_what_it_would_without(
    reward, used, cost, margin, fixed, sales
) -> None:
    lift = break_even_lift(reward, used, cost, margin, fixed, sales)
    with_programme = sales * (1 + lift) * (margin - reward * used * cost) - fixed
    assert with_programme == pytest.approx(sales * margin, rel=1e-6)
