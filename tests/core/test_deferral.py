"""Deferral of revenue, by the worked examples of the standards and its own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.finance.deferral import deferred, points_value, recognised


def revenue_and_liability(
    allocation: float, redeemed: list[int], expected: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Of each period in which so much was redeemed, with so much expected in all as of its close."""
    upto = recognised(allocation, np.cumsum(redeemed), expected)
    return np.diff(upto, prepend=0.0), allocation - upto


def test_the_loyalty_programme_of_the_standard_comes_out_to_the_unit() -> None:
    """IFRS 15 Example 52: goods for 100,000 with 10,000 points worth 1.00, of which 9,500 are expected."""
    points = deferred(100_000, 100_000, points_value(10_000, 1.0, 0.95))
    assert (round(float(points)), round(100_000 - float(points))) == (8_676, 91_324)
    revenue, liability = revenue_and_liability(float(points), [4_500, 4_000], [9_500, 9_700])
    assert np.round(revenue).tolist() == [4_110, 3_493]
    assert np.round(liability).tolist() == [4_566, 1_073]


def test_a_higher_estimate_catches_up_over_all_periods() -> None:
    revenue, _ = revenue_and_liability(9_000, [4_500, 4_000], [9_700, 9_900])
    assert np.round(revenue).tolist() == [4_175, 3_552]


def test_revenue_is_shared_over_the_points_expected_and_not_over_all() -> None:
    assert recognised(156.68, 1_000, 1_700) == pytest.approx(92.2, abs=0.05)


def test_an_estimate_that_more_than_doubles_takes_revenue_back() -> None:
    assert revenue_and_liability(100, [10, 1], [20, 110])[0].tolist() == [50, -40]


def test_prices_are_shared_sale_by_sale() -> None:
    found = deferred([100, 50, 0, 10], [90, 0, 5, 0], [10, 7, 5, 0])
    assert found.tolist() == [10, 50, 0, 0]


amounts = st.floats(0, 1e9)


@given(
    amounts,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**7)), min_size=1, max_size=12),
)
def test_no_more_is_recognised_than_was_deferred_and_all_once_no_more_is_expected(price, periods) -> None:
    redeemed, expected = (list(column) for column in zip(*periods, strict=True))
    upto = recognised(price, np.cumsum(redeemed), expected)
    assert ((upto >= 0) & (upto <= price * (1 + 1e-12))).all()
    assert float(recognised(price, sum(redeemed), sum(redeemed))) == pytest.approx(price)


@given(amounts, amounts, amounts)
def test_points_never_take_more_than_the_price(price, goods, points) -> None:
    share = float(deferred(price, goods, points))
    assert 0 <= share <= price
    assert float(deferred(price, points, goods)) + share == pytest.approx(price if goods + points else 0)
