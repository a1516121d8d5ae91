"""Coupons that a programme gives of itself."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from loyalty_core.days import NEVER, to_day
from loyalty_core.earning.earning_conditions import events
from loyalty_core.errors import InputError
from loyalty_core.rewards.coupon_gifts import CouponGifts, gives_coupons
from loyalty_core.rules.programme import Programme, programme_from_dict

TIERS = [{"name": "basic"}, {"name": "gold", "threshold": 500}]


def club(**coupon: object) -> Programme:
    return programme_from_dict(
        {"name": "club", "tiers": TIERS, "coupons": [{"name": "five", "face_value": 5, **coupon}]}
    )


def ints(*values: int) -> np.ndarray:
    return np.array(values)


def test_a_coupon_is_given_for_each_deed_that_its_rule_tells() -> None:
    gifts = CouponGifts(club(given_for={"at_least": 100, "tiers": ["gold"]}), {})
    bought = events(ints(0, 1, 2), 0, amount_minor=ints(10_000, 9_999, 20_000))
    ((kind, given),) = gifts.for_deeds("purchase", bought, ints(1, 1, 0), ints())
    assert (kind, given.tolist()) == (0, [0])
    assert list(gifts.for_deeds("sign_in", bought, ints(1, 1, 0), ints())) == []


def test_a_coupon_is_given_on_coming_into_its_tier_from_below_and_not_on_falling_back() -> None:
    gifts = CouponGifts(club(given_on_entering=["basic"]), {})
    ((_, given),) = gifts.on_entering(ints(-1, 1, 0, 0), ints(0, 0, 1, 0))
    assert given.tolist() == [0]  # who joins; not who fell back to it, left it upwards or has it already


def test_a_coupon_lasts_its_days_after_that_of_issue_or_to_the_last_day_of_all() -> None:
    day = np.array([to_day(date(2026, 3, 1))], np.int32)
    assert CouponGifts(club(days_valid=3), {}).expires_on(0, day).tolist() == [day[0] + 4]
    until = CouponGifts(club(last_day="2026-03-31"), {}).expires_on(0, day)
    assert until.tolist() == [to_day(date(2026, 4, 1))]
    assert CouponGifts(club(), {}).expires_on(0, day).tolist() == [NEVER]


def test_a_programme_says_whether_it_gives_coupons_of_itself() -> None:
    assert not gives_coupons(club())
    assert gives_coupons(club(given_for={"event": "sign_in"})) and gives_coupons(
        club(given_on_entering=["gold"])
    )


def test_a_tier_that_there_is_not_is_named_with_its_place() -> None:
    with pytest.raises(InputError, match=r"coupons.five.given_on_entering: there is no tier silver"):
        club(given_on_entering=["silver"])
