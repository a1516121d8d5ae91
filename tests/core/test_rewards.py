"""What rewards cost and to whom, points as cash, and what partners are owed, against plain arithmetic."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.days import to_day
from loyalty_core.rewards.catalogue import (
    NO_LIMIT,
    CashRates,
    Catalogue,
    Refusal,
    owed_to_partners,
    stock_of,
)
from loyalty_core.rules.programme import Programme
from tests.core.drawn import ints

TIERS = ("member", "silver", "gold")
FIRST = date(2026, 1, 1)
days = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
some_tiers = st.lists(st.sampled_from(TIERS), unique=True, max_size=3).map(tuple)
points = st.integers(1, 300)


@st.composite
def windows(draw) -> dict[str, date]:
    first, last = sorted((draw(days), draw(days)))
    return {"first_day": first, "last_day": last}


@st.composite
def rewards(draw, name: str) -> dict[str, object]:
    discounts = st.builds(
        lambda window, percent, tiers: {**window, "percent": percent, "tiers": tiers},
        windows(),
        st.integers(1, 100),
        some_tiers,
    )
    return {
        "name": name,
        "points": draw(points),
        "points_by_tier": draw(st.dictionaries(st.sampled_from(TIERS), points)),
        "minimum_balance": draw(st.dictionaries(st.sampled_from(TIERS), points)),
        "tiers": draw(some_tiers),
        **draw(st.just({}) | windows()),
        "same_day_spend": draw(st.none() | st.integers(1, 100)),
        "discounts": draw(st.lists(discounts, max_size=3)),
    }


def club(**parts: object) -> Programme:
    tiers = [{"name": name, "threshold": place * 100} for place, name in enumerate(TIERS)]
    return Programme.model_validate({"name": "club", "tiers": tiers, **parts})


claims = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    days,
    st.integers(0, 400),
    st.integers(0, 10_000),
    st.integers(0, 200),
)


def plain_price(reward, tier: str, day: date) -> int:
    usual = reward.points_by_tier.get(tier, reward.points)
    prices = [
        -floor(-Fraction(usual) * one.percent / 100)
        for one in reward.discounts
        if one.first_day <= day <= one.last_day and (tier in one.tiers or one.tiers == ())
    ]
    return min([int(usual), *prices])


def plain_refusal(reward, tier: str, day: date, balance: int, spent_minor: int, of_today: int) -> Refusal:
    if (reward.first_day and day < reward.first_day) or (reward.last_day and day > reward.last_day):
        return Refusal.DATES
    if reward.tiers and tier not in reward.tiers:
        return Refusal.TIER
    if reward.same_day_spend is not None:
        if spent_minor < reward.same_day_spend * 100:
            return Refusal.SPEND
        balance += of_today
    if balance < reward.minimum_balance.get(tier, 0):
        return Refusal.BALANCE
    return Refusal.PRICE if balance < plain_price(reward, tier, day) else Refusal.NONE


@given(st.tuples(*(rewards(f"r{n}") for n in range(3))), st.lists(claims, min_size=1, max_size=30))
def test_prices_and_refusals_are_those_of_each_reward_read_word_by_word(catalogue, asked) -> None:
    programme = club(rewards=catalogue)
    reward, tier, day, balance, spent, of_today = (list(column) for column in zip(*asked, strict=True))
    arrays = ints(reward), ints(tier), ints([to_day(one) for one in day])
    declared = [programme.rewards[place] for place in reward]
    prices = Catalogue(programme).price(*arrays)
    assert prices.tolist() == [
        plain_price(*one) for one in zip(declared, [TIERS[t] for t in tier], day, strict=True)
    ]
    found = Catalogue(programme).refusal(*arrays, ints(balance), ints(spent), ints(of_today))
    assert found.tolist() == [
        plain_refusal(*one)
        for one in zip(declared, [TIERS[t] for t in tier], day, balance, spent, of_today, strict=True)
    ]


def test_points_of_the_day_count_at_once_only_for_a_reward_tied_to_that_days_spend() -> None:
    programme = club(
        rewards=[{"name": "tied", "points": 100, "same_day_spend": 50}, {"name": "free", "points": 100}]
    )
    found = Catalogue(programme).refusal(
        ints([0, 0, 1]), ints([0, 0, 0]), ints([0, 0, 0]), ints([40] * 3), ints([5_000, 4_999, 5_000]), 60
    )
    assert found.tolist() == [Refusal.NONE, Refusal.SPEND, Refusal.PRICE]


def test_a_discount_rounds_up_to_the_points_decimals() -> None:
    window = {"first_day": "2026-01-01", "last_day": "2026-01-31", "percent": 33}
    programme = club(point_decimals=1, rewards=[{"name": "tea", "points": "10.1", "discounts": [window]}])
    inside, outside = to_day(date(2026, 1, 31)), to_day(date(2026, 2, 1))
    assert Catalogue(programme).price(ints([0, 0]), ints([0, 0]), ints([inside, outside])).tolist() == [
        34,
        101,
    ]


def test_a_reward_without_stock_never_runs_out() -> None:
    assert stock_of(
        club(rewards=[{"name": "a", "points": 1, "stock": 3}, {"name": "b", "points": 1}])
    ).tolist() == [
        3,
        NO_LIMIT,
    ]


values = st.decimals("0.001", "5", places=3)


@given(
    st.tuples(values, values, values),
    st.tuples(*(st.decimals("0", "1", places=2) for _ in TIERS)),
    st.none() | st.integers(1, 50),
    st.lists(st.tuples(st.integers(-100, 3_000), st.integers(0, 2), st.integers(-5, 400)), max_size=20),
)
def test_points_pay_as_much_as_balance_share_and_step_allow_and_not_one_point_for_nothing(
    value, share, step, asked
) -> None:
    programme = club(
        points_as_cash={
            "value_per_point": value[0],
            "value_by_tier": {"silver": value[1], "gold": value[2]},
            "largest_share": share[0],
            "largest_share_by_tier": {"silver": share[1], "gold": share[2]},
            "step": step,
        }
    )
    expected = []
    for amount, tier, balance in asked:
        best, worth = 0, 0
        for points in range(0, balance + 1, step or 1):
            paid = floor(points * Fraction(value[tier]) * 100)
            if paid <= Fraction(share[tier]) * max(amount, 0) and paid > worth:
                best, worth = points, paid
        expected.append((best, worth))
    rates = CashRates(programme)
    amount, tier, balance = (ints([one[place] for one in asked]) for place in range(3))
    found = rates.most(amount, tier, balance)
    assert found.tolist() == [points for points, _ in expected]
    assert rates.worth(found, tier).tolist() == [worth for _, worth in expected]


def test_the_largest_numbers_do_not_wrap_round() -> None:
    programme = club(points_as_cash={"value_per_point": "0.999999999999999"})
    amount = 9 * 10**18
    (most,) = CashRates(programme).most(ints([amount]), ints([0]), ints([amount])).tolist()
    rate = Fraction("99.9999999999999")
    assert floor(most * rate) <= amount < floor((most + 1) * rate)


@given(
    st.lists(st.tuples(st.integers(-1, 1), st.integers(-1000, 1000)), max_size=20),
    st.tuples(values, values),
)
def test_partners_are_owed_what_was_spent_less_what_they_issued_rounded_once(entries, price) -> None:
    programme = club(
        partners=[
            {"name": f"p{n}", "role": "both", "settlement_per_point": one} for n, one in enumerate(price)
        ]
    )
    expected = [
        floor(-sum(points for who, points in entries if who == n) * Fraction(one) * 100 + Fraction(1, 2))
        for n, one in enumerate(price)
    ]
    owed = owed_to_partners(programme, ints([who for who, _ in entries]), ints([p for _, p in entries]))
    assert owed.tolist() == expected


def test_a_cinema_that_took_points_is_owed_and_one_that_gave_them_owes() -> None:
    programme = club(
        partners=[
            {"name": "cinema", "settlement_per_point": Decimal("0.008")},
            {"name": "airline", "role": "issues", "settlement_per_point": Decimal("0.012")},
        ]
    )
    assert owed_to_partners(programme, ints([0, 0, 1]), ints([-4500, 500, 1000])).tolist() == [3200, -1200]
