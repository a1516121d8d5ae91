"""Earning in exact whole numbers, and what leaves first."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.days import NEVER
from loyalty_core.earning.earner import Earner, events
from loyalty_core.points.lots import Lots
from loyalty_core.rules.programme import Programme, Tier
from tests.core.drawn import ints

rates = st.decimals("0", "1000", places=6) | st.sampled_from(["0.1", "0.333333333333", "1e-9", "123456.789"])


def rewarding(
    rate: object, percents: list[int], currency_decimals: int = 2, point_decimals: int = 0
) -> Programme:
    return Programme(
        name="rewarding",
        currency_decimals=currency_decimals,
        point_decimals=point_decimals,
        earning={"points_per_unit": rate},
        tiers=tuple(Tier(name=f"t{n}", threshold=n, earn_percent=p) for n, p in enumerate(percents)),
    )


def earned(amount_minor: np.ndarray, tier: np.ndarray, programme: Programme) -> np.ndarray:
    """Point units of a purchase of each of so many members."""
    who = np.arange(len(amount_minor))
    earner = Earner(programme, {}, np.zeros(len(who), np.int32))
    return earner.earn("purchase", events(who, 18_000, amount_minor=amount_minor), tier).total("points")


@given(
    rates,
    st.lists(st.integers(0, 10_000), min_size=1, max_size=4),
    st.lists(st.integers(-(10**9), 10**12), max_size=20),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_points_are_the_exact_product_rounded_down(rate, percents, amounts, currency, points) -> None:
    programme = rewarding(rate, percents, currency, points)
    tier = [n % len(percents) for n in range(len(amounts))]
    exact = [
        floor(
            Fraction(max(amount, 0), 10**currency)
            * Fraction(programme.earning.points_per_unit)
            * Fraction(percents[n], 100)
            * 10**points
        )
        for amount, n in zip(amounts, tier, strict=True)
    ]
    if max(exact, default=0) < 2**63:
        assert earned(ints(amounts), ints(tier), programme).tolist() == exact


def test_rates_that_overflow_64_bits_on_the_way_are_still_exact() -> None:
    programme = rewarding("0.999999999999", [9_999], currency_decimals=4, point_decimals=4)
    amount = 9 * 10**18
    exact = floor(amount * Fraction("0.999999999999") * Fraction(9_999, 100))
    assert exact > 2**63
    with pytest.raises(OverflowError):
        earned(ints([amount]), ints([0]), programme)
    programme = rewarding("0.000999999999", [9_999], currency_decimals=4, point_decimals=4)
    assert earned(ints([amount]), ints([0]), programme).tolist() == [
        floor(amount * Fraction("0.000999999999") * Fraction(9_999, 100))
    ]


def test_a_refund_earns_nothing() -> None:
    assert earned(ints([-500, 0]), ints([0, 0]), rewarding(1, [100])).tolist() == [0, 0]


lots_and_wishes = st.integers(1, 5).flatmap(
    lambda lots: st.lists(
        st.tuples(st.lists(st.integers(0, 50), min_size=lots, max_size=lots), st.integers(0, 200)), min_size=1
    )
)


@given(lots_and_wishes)
def test_the_oldest_lots_go_first_and_no_more_than_there_is(drawn) -> None:
    size, wanted = np.array([row for row, _ in drawn], np.int64), ints(wish for _, wish in drawn)
    lots, who = Lots(len(size)), np.arange(len(size))
    for expiry in range(size.shape[1]):
        lots.add(who, size[:, expiry], np.full(len(size), expiry + 1, np.int32))
    assert lots.take(who, wanted).tolist() == np.minimum(wanted, size.sum(axis=1)).tolist()
    left, still = np.zeros_like(size), lots.open(who)
    left[still.member, still.day - 1] = still.points
    taken = size - left
    for row, wish, out in zip(size.tolist(), wanted.tolist(), taken.tolist(), strict=True):
        assert sum(out) == min(wish, sum(row)) and min(out) >= 0
        for older, younger in zip(range(len(row)), range(1, len(row)), strict=False):
            assert out[younger] == 0 or out[older] == row[older]


@given(st.permutations([1, 2, 3, 4, int(NEVER)]), st.integers(0, 20))
def test_lots_leave_by_expiry_whatever_the_order_they_came_in(expiries, wanted) -> None:
    lots, who = Lots(1), ints([0])
    for expires_on in expiries:
        lots.add(who, ints([3]), ints([expires_on]))
    lots.take(who, ints([wanted]))
    left = {
        int(day): int(points) for day, points in zip(lots.open(who).day, lots.open(who).points, strict=True)
    }
    for place, day in enumerate([1, 2, 3, 4]):
        assert left.get(day, 0) == min(3, max(0, 3 * (place + 1) - wanted))
    assert lots.balance[0] == max(0, 15 - wanted)
