"""What earning promises, by name: campaigns, streaks, caps, exactness, and explanations."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest

from loyalty_core.earning.earner import Earner, earning_amount, events
from loyalty_core.earning.earning_words import explained
from loyalty_core.rules.programme import Programme, programme_from_dict, programme_from_yaml
from tests.core.drawn import days, ints

FLIGHT_CLUB = Path(__file__).parents[2] / "docs" / "examples" / "flight_club.yaml"


def test_a_distance_earns_times_the_tier_only_in_the_three_months_of_the_campaign() -> None:
    programme = programme_from_yaml(FLIGHT_CLUB.read_text(encoding="utf-8"))
    earner = Earner(programme, {}, np.zeros(3, np.int32))
    who, tier = np.arange(3), ints([0, 1, 2])
    found = {
        day: earner.earn("flight", events(who, days([day] * 3), value=ints([1001, 1001, 1001])), tier)
        for day in map(date.fromisoformat, ("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01"))
    }
    assert [earned.total("points").tolist() for earned in found.values()] == [
        [1001, 1001, 1001],
        [1501, 2002, 3003],
        [1501, 2002, 3003],
        [1001, 1001, 1001],
    ]
    assert all(earned.total("status").tolist() == [1001, 1001, 1001] for earned in found.values())


def earning(document: dict, point_decimals: int = 0) -> Programme:
    return programme_from_dict({"name": "named", "point_decimals": point_decimals, "earning": document})


def bought(document: dict, minor: int, point_decimals: int = 0) -> int:
    """Point units that a purchase of so many minor units earns on Tuesday, 6 January 2026."""
    earner = Earner(earning(document, point_decimals), {}, ints([0]))
    sale = events(ints([0]), days([date(2026, 1, 6)]), amount_minor=ints([minor]))
    return int(earner.earn("purchase", sale, ints([0])).total("points")[0])


@pytest.mark.parametrize(
    ("rounding", "round_to", "expected"),
    [
        ("down", None, [0, 149, 150, 155]),
        ("nearest", None, [1, 150, 150, 155]),
        ("up", None, [1, 150, 150, 155]),
        ("down", 10, [0, 140, 150, 150]),
        ("nearest", 10, [0, 150, 150, 160]),
        ("up", 10, [10, 150, 150, 160]),
    ],
)
def test_points_are_rounded_once_to_whole_multiples_a_half_to_the_higher(
    rounding, round_to, expected
) -> None:
    rule = {"name": "r", "points_per_unit": "0.5", "rounding": rounding, "round_to": round_to}
    document = {"points_per_unit": 0, "rules": [rule]}
    assert [bought(document, minor) for minor in (100, 29_950, 30_000, 31_000)] == expected


RAISED = [("a", 200, None), ("b", 300, None), ("c", 150, "g"), ("d", 400, "g"), ("tuesday", 50, None)]


@pytest.mark.parametrize(("stacking", "expected"), [("multiply", 1200), ("add", 650), ("best", 400)])
def test_multipliers_stack_as_told_and_of_a_group_only_the_largest(stacking, expected) -> None:
    multipliers = [{"name": name, "percent": percent, "group": group} for name, percent, group in RAISED]
    multipliers.append({"name": "monday", "percent": 900, "when": {"weekdays": ["mon"]}})
    assert bought({"multipliers": multipliers, "stacking": stacking}, 10_000) == expected


def test_shares_taken_off_never_make_points_negative() -> None:
    multipliers = [{"name": "a", "percent": 0}, {"name": "b", "percent": 50}]
    assert bought({"multipliers": multipliers, "stacking": "add"}, 10_000) == 0


def signed_in(programme: Programme, numbers: list[int]) -> list[int]:
    """What one member earns by signing in on these days of January 2026."""
    earner = Earner(programme, {}, ints([0]))
    return [
        int(earner.earn("sign_in", events(ints([0]), days([date(2026, 1, n)])), ints([0])).total("points")[0])
        for n in numbers
    ]


@pytest.mark.parametrize(("then", "after_the_last"), [("stay", [7, 7]), ("restart", [1, 3])])
def test_a_streak_grows_with_the_days_in_a_row_and_a_missed_day_resets_it(then, after_the_last) -> None:
    rule = {"name": "daily", "when": {"event": "sign_in"}, "streak": {"points": [1, 3, 7], "then": then}}
    programme = earning({"points_per_unit": 0, "rules": [rule]})
    assert signed_in(programme, [1, 2, 2, 3, 4, 5, 7, 8]) == [1, 3, 0, 7, *after_the_last, 1, 3]


def test_what_the_rule_is_not_about_carries_no_streak() -> None:
    when = {"event": "task", "at_least": 10}
    rule = {"name": "daily", "when": when, "streak": {"points": [1, 3, 7]}}
    earner = Earner(earning({"points_per_unit": 0, "rules": [rule]}), {}, ints([0]))
    january = [(1, 10), (2, 9), (2, 10), (3, 9), (4, 10)]  # day and value
    found = [
        earner.earn("task", events(ints([0]), days([date(2026, 1, n)]), value=ints([value])), ints([0]))
        for n, value in january
    ]
    assert [int(earned.total("points")[0]) for earned in found] == [1, 0, 3, 0, 1]


def test_caps_of_a_day_and_a_month_count_what_was_given_before() -> None:
    rule = {"name": "task", "when": {"event": "sign_in"}, "points": 4, "caps": {"day": 6, "month": 11}}
    programme = earning({"points_per_unit": 0, "rules": [rule]})
    assert signed_in(programme, [1, 1, 1, 2, 3, 3]) == [4, 2, 0, 4, 1, 0]


def test_each_member_has_caps_and_streaks_of_their_own() -> None:
    rule = {"name": "task", "when": {"event": "sign_in"}, "points": 4, "caps": {"day": 6}}
    earner = Earner(earning({"points_per_unit": 0, "rules": [rule]}), {}, ints([0, 0, 0]))
    today = days([date(2026, 1, 1)] * 3)
    for who, expected in (([0, 1, 2], [4, 4, 4]), ([2, 0], [2, 2]), ([1, 2, 0], [2, 0, 0])):
        earned = earner.earn("sign_in", events(ints(who), today[: len(who)]), ints([0] * len(who)))
        assert earned.total("points").tolist() == expected


def test_what_a_purchase_would_be_worth_moves_nothing_and_sees_no_running_caps() -> None:
    programme = earning({"points_per_unit": 1, "caps": {"day": 100, "event": 80}})
    earner, tier = Earner(programme, {}, ints([0])), ints([0])
    sale = events(ints([0]), days([date(2026, 1, 1)]), amount_minor=ints([9_000]))
    totals = [one("purchase", sale, tier).total("points").item() for one in (earner.earn, earner.worth) * 2]
    assert totals == [80, 80, 20, 80]


def test_a_rate_that_leaves_64_bits_on_the_way_is_still_exact() -> None:
    tripled = [{"name": f"m{n}", "percent": 100_000} for n in range(4)]
    programme = earning({"points_per_unit": "0.000000000012345", "multipliers": tripled})
    earned = Earner(programme, {}, ints([0])).earn(
        "purchase", events(ints([0]), 18_000, amount_minor=ints([9_007_199_254_740_993])), ints([0])
    )
    exact = floor(Fraction(9_007_199_254_740_993, 100) * Fraction("0.000000000012345") * 1000**4)
    assert earned.total("points").tolist() == [exact]


def test_points_that_do_not_fit_into_64_bits_are_refused_and_never_wrap_round() -> None:
    programme = earning(
        {"points_per_unit": 1_000_000, "rules": [], "multipliers": [{"name": "m", "percent": 9999}]}
    )
    with pytest.raises(OverflowError):
        Earner(programme, {}, ints([0])).earn(
            "purchase", events(ints([0]), 18_000, amount_minor=ints([2**62])), ints([0])
        )


def test_an_activity_without_rules_earns_nothing() -> None:
    earned = Earner(earning({"points_per_unit": 1}), {}, ints([0])).earn(
        "survey", events(ints([0]), 1), ints([0])
    )
    assert earned.rules == () and earned.total("points").tolist() == [0]


def test_points_that_paid_for_a_purchase_earn_only_where_the_programme_says_so() -> None:
    amount, paid = ints([1000, 500]), ints([300, 0])
    for earns, expected in ((False, [700, 500]), (True, [1000, 500])):
        document = {"name": "p", "points_as_cash": {"value_per_point": "0.01", "earns_points": earns}}
        assert earning_amount(programme_from_dict(document), amount, paid).tolist() == expected


WORDED = {
    "points_per_unit": 0,
    "rules": [
        {"name": "base", "points_per_unit": "1.5", "group": "g", "label": {"en": "Basis", "zh": "基础"}},
        {"name": "web", "points": 10, "group": "g", "when": {"channels": ["web"]}},
        {"name": "visit", "points": 5, "caps": {"event": 3}},
        {"name": "large", "points": 5, "when": {"at_least": 1000, "weekdays": ["mon"]}},
    ],
    "multipliers": [
        {"name": "double", "percent": 200, "rules": ["base"]},
        {"name": "triple", "percent": 300, "rules": ["base"]},
    ],
    "stacking": "add",
    "caps": {"event": 20},
}


def test_an_explanation_names_what_applied_what_lost_and_what_was_cut() -> None:
    tiers = [{"name": "member"}, {"name": "gold", "threshold": 1, "earn_percent": 110}]
    programme = programme_from_dict({"name": "worded", "tiers": tiers, "earning": WORDED})
    earner = Earner(programme, {"purchases.channel": ("web", "till")}, ints([0]))
    sale = events(ints([0]), days([date(2026, 1, 6)]), amount_minor=ints([301]), channel=ints([0]))
    told = explained(earner, "purchase", sale, ints([1]))
    assert [one.en for one in told] == [
        "Basis: 19 points (3.01 × 1.5, Gold 110%, Double 200%, Triple 300%, their extra shares added,"
        " rounded down).",
        "Web: 10 points (a fixed number, rounded down). It does not count: Basis gives as much or more in the"
        " same group.",
        "Visit: 5 points (a fixed number, rounded down). Its caps leave 3. The caps of the whole programme"
        " leave 1.",
        "Large: does not apply, because of its days, its amounts.",
    ]
    assert told[3].zh == "Large：不适用，因为适用日期、适用金额不符合。"
    assert earner.earn("purchase", sale, ints([1])).total("points").tolist() == [20]
