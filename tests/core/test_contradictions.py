"""Every contradiction in a document that has it, and none in one that differs by the remedy alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loyalty_core.contradictions import CHECKS, Finding, findings
from loyalty_core.programme import Programme, programme_from_yaml

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "data" / "programmes").glob("*.yaml"))

# A sound programme, to which each case adds its parts.
SOUND: dict[str, Any] = {
    "name": "club",
    "tiers": [{"name": "member"}, {"name": "silver", "threshold": 1000, "earn_percent": 120}],
    "refunds": {"claw_back": "allow_negative"},
    "rewards": [{"name": "tea", "points": 500, "cost": 4, "face_value": 8}],
}


def found(parts: Mapping[str, Any]) -> dict[tuple[str, str], Finding]:
    programme = Programme.model_validate(SOUND | dict(parts))
    return {(one.check, one.field): one for one in findings(programme)}


def tiers(**silver: Any) -> dict[str, Any]:
    return {"tiers": [{"name": "member"}, {"name": "silver", **silver}]}


def three(silver: Mapping[str, Any], gold: Mapping[str, Any]) -> dict[str, Any]:
    return {"tiers": [{"name": "member"}, {"name": "silver", **silver}, {"name": "gold", **gold}]}


def asks(**least: Any) -> dict[str, Any]:
    return {"reach": {"at_least": least}}


def rules(*declared: Mapping[str, Any], **earning: Any) -> dict[str, Any]:
    return {"earning": {"rules": list(declared), **earning}}


def multipliers(*declared: Mapping[str, Any], **earning: Any) -> dict[str, Any]:
    return {"earning": {"multipliers": list(declared), **earning}}


STATUS = {"name": "visits", "measure": "count", "points": 10, "account": "status"}
SIGN_IN = {"name": "sign_in", "when": {"event": "sign_in"}, "points": 5, "caps": {"day": 5}}
NEW_YEAR = {"effective_on": "2026-01-01"}
OVER = {"first_day": "2025-01-01", "last_day": "2025-12-31"}
SINGLE_DAY = {"first_day": "2026-11-11", "last_day": "2026-11-11"}  # a Wednesday
TEA = SOUND["rewards"][0]
HALF = {"first_day": "2026-05-01", "last_day": "2026-05-31", "percent": 50}


def rewards(**parts: Any) -> dict[str, Any]:
    return {"rewards": [TEA | parts]}


def coupons(**parts: Any) -> dict[str, Any]:
    return {"coupons": [{"name": "c", "face_value": 10, "minimum_spend": 100} | parts]}


def partners(*prices: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "partners": [
            {"name": name, "role": role, "settlement_per_point": price} for name, role, price in prices
        ]
    }


TOPPING = "stored_value"
# check, field, the parts that have it, the same but for the remedy
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    # Tiers
    (
        "unreachable_tiers",
        "tiers.silver",
        tiers(**asks(status_points=100)),
        tiers(**asks(status_points=100)) | rules(STATUS),
    ),
    (
        "unreachable_tiers",
        "tiers.silver",
        tiers(**asks(activity_score=100)) | {"qualification": {"activity_scores": {"sign_in": 0}}},
        tiers(**asks(activity_score=100)) | {"qualification": {"activity_scores": {"sign_in": 1}}},
    ),
    (  # the window is too short for what the cap lets through: 13 calendar months touched, 20 each
        "unreachable_tiers",
        "tiers.silver",
        tiers(**asks(status_points=261)) | rules(STATUS | {"caps": {"month": 20}}),
        tiers(**asks(status_points=260)) | rules(STATUS | {"caps": {"month": 20}}),
    ),
    (
        "unreachable_tiers",
        "tiers.silver",
        tiers(**asks(status_points=200))
        | {"qualification": {"months": 1}}
        | rules(
            {"name": "s", "when": {"event": "sign_in"}, "streak": {"points": [1, 5]}, "account": "status"}
        ),
        tiers(**asks(status_points=200))
        | {"qualification": {"months": 2}}
        | rules(
            {"name": "s", "when": {"event": "sign_in"}, "streak": {"points": [1, 5]}, "account": "status"}
        ),
    ),
    (  # two of three suffice, and two of the three are possible
        "unreachable_tiers",
        "tiers.silver",
        tiers(reach={"at_least": {"spend": 9, "status_points": 9, "activity_score": 9}, "met": 2}),
        tiers(reach={"at_least": {"spend": 9, "status_points": 9, "activity_score": 9}, "met": 2})
        | rules(STATUS),
    ),
    (
        "unreachable_tiers",
        "tiers.gold",
        three(asks(status_points=9), {**asks(spend=9), "admission": {"from_below": True}}),
        three(asks(status_points=9), asks(spend=9)),
    ),
    (
        "unreachable_tiers",
        "tiers.silver",
        {"qualification": {"upgrade": "at_review", "reviews": []}},
        {"qualification": {"upgrade": "at_once", "reviews": []}},
    ),
    (
        "unreachable_tiers",
        "tiers.silver",
        NEW_YEAR | tiers(direct=[{**OVER, "purchase_of": 100}]),
        NEW_YEAR | tiers(direct=[{**OVER, "last_day": "2026-01-01", "purchase_of": 100}]),
    ),
    (
        "newcomer_rules_that_change_nothing",
        "tiers.silver.newcomer",
        tiers(threshold=1000, newcomer={"at_least": {"spend": 500}}, admission={"member_months": 4}),
        tiers(threshold=1000, newcomer={"at_least": {"spend": 500}}, admission={"member_months": 2}),
    ),
    (
        "newcomer_rules_that_change_nothing",
        "tiers.silver.newcomer",
        tiers(threshold=1000, newcomer={"at_least": {"spend": 1000}}),
        tiers(threshold=1000, newcomer={"at_least": {"spend": 999}}),
    ),
    (
        "tiers_passed_over",
        "tiers.silver",
        three(asks(spend=1000), asks(spend=900)),
        three(asks(spend=1000), {**asks(spend=900), "admission": {"from_below": True}}),
    ),
    (
        "tiers_passed_over",
        "tiers.silver",
        three(asks(spend=100, purchases=5), asks(spend=100)),
        three(asks(spend=100, purchases=5), asks(spend=101)),
    ),
    (  # what is done in a month was done in the year, but not the other way round
        "tiers_passed_over",
        "tiers.silver",
        three({"reach": {"at_least": {"spend": 9}, "window": "rolling", "months": 1}}, asks(spend=9)),
        three({"reach": {"at_least": {"spend": 9}, "window": "since_joining"}}, asks(spend=9)),
    ),
    (
        "keeping_harder_than_reaching",
        "tiers.silver.keep",
        tiers(threshold=1000, keep={"at_least": {"spend": 1001}}),
        tiers(threshold=1000, keep={"at_least": {"spend": 500, "purchases": 3}}),
    ),
    (  # not simply harder, but more of one thing
        "keeping_harder_than_reaching",
        "tiers.silver.keep",
        tiers(**asks(spend=500, purchases=4), keep={"at_least": {"spend": 600}}),
        tiers(**asks(spend=500, purchases=4), keep={"at_least": {"spend": 500}}),
    ),
    (
        "keeping_nobody_can",
        "tiers.silver.keep",
        tiers(threshold=1000, keep={"at_least": {"status_points": 100}}),
        tiers(threshold=1000, keep={"at_least": {"status_points": 100}}) | rules(STATUS),
    ),
    (
        "keeping_never_asked",
        "tiers.silver.keep",
        tiers(threshold=1000, keep={"at_least": {"spend": 500}}) | {"qualification": {"downgrade": "never"}},
        tiers(threshold=1000, keep={"at_least": {"spend": 500}})
        | {"qualification": {"downgrade": "to_earned"}},
    ),
    (
        "keeping_never_asked",
        "tiers.silver.keep",
        tiers(threshold=1000, keep={"at_least": {"spend": 500}}) | {"qualification": {"reviews": []}},
        tiers(threshold=1000, keep={"at_least": {"spend": 500}}, valid_months=12)
        | {"qualification": {"reviews": []}},
    ),
    (
        "reviews_inside_the_year",
        "tiers.silver",
        {"qualification": {"window": "calendar", "reviews": ["01-01", "07-01"]}},
        {"qualification": {"window": "calendar", "reviews": ["01-01"]}},
    ),
    (
        "conditions_of_the_lowest_tier",
        "tiers.member.valid_months",
        {"tiers": [{"name": "member", "valid_months": 12}]},
        {"tiers": [{"name": "member"}]},
    ),
    ("fees", "tiers.silver.fee", tiers(entry="paid"), tiers(entry="paid", fee=99)),
    ("fees", "tiers.silver.fee", tiers(threshold=1, fee=99), tiers(entry="paid", fee=99)),
    (
        "months_without_a_rolling_window",
        "tiers.silver.reach.months",
        tiers(reach={"at_least": {"spend": 9}, "window": "calendar", "months": 6}),
        tiers(reach={"at_least": {"spend": 9}, "window": "rolling", "months": 6}),
    ),
    (
        "measures_that_no_tier_asks_for",
        "earning.rules.visits.account",
        rules(STATUS),
        rules(STATUS) | tiers(**asks(status_points=9)),
    ),
    (
        "measures_that_no_tier_asks_for",
        "qualification.activity_scores",
        {"qualification": {"activity_scores": {"sign_in": 1}}},
        {"qualification": {"activity_scores": {"sign_in": 1}}} | tiers(**asks(activity_score=9)),
    ),
    (
        "lower_tiers_that_earn_more",
        "tiers.silver.earn_percent",
        tiers(threshold=1000, earn_percent=99),
        tiers(threshold=1000, earn_percent=100),
    ),
    (
        "lower_tiers_that_earn_more",
        "earning.multipliers.m.percent_by_tier",
        multipliers({"name": "m", "percent": 150, "percent_by_tier": {"member": 200}}),
        multipliers({"name": "m", "percent": 150, "percent_by_tier": {"silver": 200}}),
    ),
    # Earning
    (
        "rules_that_never_apply",
        "earning.multipliers.m.when",
        NEW_YEAR | multipliers({"name": "m", "percent": 200, "when": OVER}),
        multipliers({"name": "m", "percent": 200, "when": OVER}),
    ),
    (
        "rules_that_never_apply",
        "earning.rules.r.when",
        tiers(**asks(status_points=9))
        | rules({"name": "r", "points_per_unit": 1, "when": {"tiers": ["silver"]}}),
        tiers(**asks(purchases=9))
        | rules({"name": "r", "points_per_unit": 1, "when": {"tiers": ["silver"]}}),
    ),
    (
        "rules_that_never_apply",
        "earning.rules.r.when",
        rules({"name": "r", "points_per_unit": 1, "when": {**SINGLE_DAY, "weekdays": ["sun"]}}),
        rules({"name": "r", "points_per_unit": 1, "when": {**SINGLE_DAY, "weekdays": ["wed"]}}),
    ),
    (
        "rules_that_give_nothing",
        "earning.rules.r",
        rules({"name": "r", "points_per_unit": 1, "caps": {"day": 0}}),
        rules({"name": "r", "points_per_unit": 1, "caps": {"day": 1}}),
    ),
    (
        "rules_that_give_nothing",
        "earning.rules.sign_in.round_to",
        rules(SIGN_IN | {"round_to": 10}),
        rules(
            SIGN_IN | {"round_to": 10},
            multipliers=[{"name": "m", "when": {"event": "sign_in"}, "percent": 200}],
        ),
    ),
    (
        "rules_that_give_nothing",
        "earning.caps",
        {"earning": {"caps": {"month": 0}}},
        {"earning": {"caps": {"month": 9000}}},
    ),
    ("rules_that_give_nothing", "earning", {"earning": {"points_per_unit": 0}}, {}),
    (
        "rules_that_another_beats",
        "earning.rules.tea",
        rules(
            {"name": "all", "points_per_unit": 2, "group": "g"},
            {"name": "tea", "points_per_unit": 2, "group": "g", "when": {"categories": ["tea"]}},
        ),
        rules(
            {"name": "all", "points_per_unit": 2, "group": "g"},
            {"name": "tea", "points_per_unit": 3, "group": "g", "when": {"categories": ["tea"]}},
        ),
    ),
    (  # a rate up to an amount against a fixed number
        "rules_that_another_beats",
        "earning.rules.small",
        rules(
            {"name": "fixed", "points": 100, "group": "g", "when": {"at_least": 10}},
            {
                "name": "small",
                "points_per_unit": 1,
                "with_tier": False,
                "group": "g",
                "when": {"at_least": 20, "less_than": 100},
            },
        ),
        rules(
            {"name": "fixed", "points": 100, "group": "g", "when": {"at_least": 10}},
            {
                "name": "small",
                "points_per_unit": 1,
                "with_tier": False,
                "group": "g",
                "when": {"at_least": 20, "less_than": 200},
            },
        ),
    ),
    (  # not in one group: added
        "rules_that_another_beats",
        "earning.rules.tea",
        rules(
            {"name": "all", "points_per_unit": 2, "group": "g"},
            {"name": "tea", "points_per_unit": 1, "group": "g", "when": {"categories": ["tea"]}},
        ),
        rules(
            {"name": "all", "points_per_unit": 2, "group": "g"},
            {"name": "tea", "points_per_unit": 1, "when": {"categories": ["tea"]}},
        ),
    ),
    (
        "multipliers_that_another_beats",
        "earning.multipliers.birthday",
        multipliers(
            {"name": "birthday", "when": {"birthday": "day"}, "percent": 200, "group": "g"},
            {"name": "month", "when": {"birthday": "month"}, "percent": 200, "group": "g"},
        ),
        multipliers(
            {"name": "birthday", "when": {"birthday": "day"}, "percent": 300, "group": "g"},
            {"name": "month", "when": {"birthday": "month"}, "percent": 200, "group": "g"},
        ),
    ),
    (
        "multipliers_that_another_beats",
        "earning.multipliers.tea",
        multipliers(
            {"name": "all", "percent": 150},
            {"name": "tea", "percent": 150, "when": {"categories": ["tea"]}},
            stacking="best",
        ),
        multipliers(
            {"name": "all", "percent": 150},
            {"name": "tea", "percent": 150, "when": {"categories": ["tea"]}},
            stacking="multiply",
        ),
    ),
    (
        "multipliers_of_nothing",
        "earning.multipliers.m.when.event",
        rules(SIGN_IN, multipliers=[{"name": "m", "percent": 200, "rules": ["sign_in"]}]),
        rules(
            SIGN_IN,
            multipliers=[{"name": "m", "percent": 200, "rules": ["sign_in"], "when": {"event": "sign_in"}}],
        ),
    ),
    (
        "multipliers_of_nothing",
        "earning.multipliers.m.percent",
        multipliers({"name": "m"}),
        multipliers({"name": "m", "percent_by_tier": {"silver": 110}}),
    ),
    (
        "tiers_apart_from_their_multiplier",
        "earning.multipliers.m.percent_by_tier",
        multipliers({"name": "m", "percent_by_tier": {"silver": 200}, "when": {"tiers": ["member"]}}),
        multipliers({"name": "m", "percent_by_tier": {"silver": 200}, "when": {"tiers": ["silver"]}}),
    ),
    (
        "activities_without_a_cap",
        "earning.rules.sign_in.caps",
        rules(SIGN_IN | {"caps": {}}),
        rules(SIGN_IN),
    ),
    (
        "points_for_the_smallest_purchase",
        "earning.rules.thanks.when.at_least",
        rules({"name": "thanks", "points": 5}),
        rules({"name": "thanks", "points": 5, "when": {"at_least": 50}}),
    ),
    # Points and rewards
    (
        "points_gone_before_they_may_be_spent",
        "expiry",
        {"expiry": {"months": 1}, "pending": {"days": 31}},
        {"expiry": {"months": 1}, "pending": {"days": 27}},
    ),
    (  # those of December alone
        "points_gone_before_they_may_be_spent",
        "expiry",
        {"expiry": {"on": "01-01"}, "pending": {"days": 7}},
        {"expiry": {"on": "01-01", "months": 1}, "pending": {"days": 7}},
    ),
    (
        "points_gone_before_they_may_be_spent",
        "expiry",
        {"expiry": {"inactivity_months": 1}, "pending": {"days": 40}},
        {"expiry": {"inactivity_months": 2}, "pending": {"days": 40}},
    ),
    (  # 13 calendar months of 20 points
        "rewards_out_of_reach",
        "rewards.tea.points",
        {"expiry": {"months": 12}, "earning": {"caps": {"month": 20}}} | rewards(points=261),
        {"expiry": {"months": 12}, "earning": {"caps": {"month": 20}}} | rewards(points=260),
    ),
    (
        "rewards_out_of_reach",
        "rewards.tea.points",
        {"expiry": {"months": 12}} | rewards(points=3_601),
        {"expiry": {"months": 12}} | rewards(points=3_600),
    ),
    ("points_that_buy_nothing", "rewards", {"rewards": []}, {}),
    ("rewards_never_offered", "rewards.tea.stock", rewards(stock=0), rewards(stock=1)),
    (
        "rewards_never_offered",
        "rewards.tea.last_day",
        NEW_YEAR | rewards(last_day="2025-12-31"),
        NEW_YEAR | rewards(last_day="2026-01-01"),
    ),
    (
        "rewards_never_offered",
        "rewards.tea.tiers",
        tiers(**asks(status_points=9)) | rewards(tiers=["silver"]),
        tiers(**asks(purchases=9)) | rewards(tiers=["silver"]),
    ),
    (
        "rewards_never_offered",
        "rewards.tea.discounts.0",
        rewards(discounts=[HALF], last_day="2026-04-30"),
        rewards(discounts=[HALF], last_day="2026-05-01"),
    ),
    (
        "rewards_never_offered",
        "rewards.tea.discounts.0.percent",
        rewards(discounts=[HALF | {"percent": 100}]),
        rewards(discounts=[HALF | {"percent": 99}]),
    ),
    (
        "rewards_never_offered",
        "rewards.tea.discounts.0.tiers",
        rewards(tiers=["silver"], discounts=[HALF | {"tiers": ["member"]}]),
        rewards(tiers=["silver"], discounts=[HALF | {"tiers": ["silver"]}]),
    ),
    (
        "rewards_never_offered",
        "rewards.tea.discounts.0.last_day",
        {"effective_on": "2026-06-01"} | rewards(discounts=[HALF]),
        {"effective_on": "2026-05-31"} | rewards(discounts=[HALF]),
    ),
    (
        "prices_of_tiers_that_may_not_have_it",
        "rewards.tea.points_by_tier",
        rewards(tiers=["silver"], points_by_tier={"member": 600}),
        rewards(points_by_tier={"member": 600}),
    ),
    (
        "prices_of_tiers_that_may_not_have_it",
        "rewards.tea.minimum_balance.member",
        rewards(minimum_balance={"member": 500}),
        rewards(minimum_balance={"member": 501}),
    ),
    (
        "coupons_never_valid",
        "coupons.c.last_day",
        NEW_YEAR | coupons(last_day="2025-12-31"),
        NEW_YEAR | coupons(last_day="2026-01-01"),
    ),
    ("coupons_never_valid", "coupons.c", coupons(face_value=0), coupons(face_value=1)),
    (
        "coupons_never_valid",
        "coupons.c.tiers",
        tiers(**asks(status_points=9)) | coupons(tiers=["silver"]),
        tiers(**asks(purchases=9)) | coupons(tiers=["silver"]),
    ),
    (
        "coupons_never_valid",
        "coupons.c.minimum_spend",
        coupons(minimum_spend=10),
        coupons(minimum_spend="10.01"),
    ),
    # Exploits
    (  # 120 % of a point per unit, 0.84 of a unit per point
        "points_as_cash_that_pay_for_themselves",
        "points_as_cash.value_per_point",
        {"points_as_cash": {"value_per_point": "0.834"}},
        {"points_as_cash": {"value_per_point": "0.833"}},
    ),
    (  # a campaign that a birthday doubles once more
        "points_as_cash_that_pay_for_themselves",
        "points_as_cash.value_per_point",
        {"points_as_cash": {"value_per_point": "0.25"}}
        | multipliers(
            {"name": "b", "percent": 200, "when": {"birthday": "day"}},
            {"name": "c", "percent": 200, "when": SINGLE_DAY},
        ),
        {"points_as_cash": {"value_per_point": "0.25"}}
        | multipliers(
            {"name": "b", "percent": 200, "when": {"birthday": "day"}, "group": "g"},
            {"name": "c", "percent": 200, "when": SINGLE_DAY, "group": "g"},
        ),
    ),
    (
        "points_paid_that_earn_again",
        "points_as_cash.earns_points",
        {"points_as_cash": {"value_per_point": "0.01", "earns_points": True}},
        {"points_as_cash": {"value_per_point": "0.01"}},
    ),
    (  # 500 points cost 416.67 at 120 %
        "rewards_worth_more_than_they_cost_to_earn",
        "rewards.tea.face_value",
        rewards(face_value=417),
        rewards(face_value=416),
    ),
    (
        "rewards_worth_more_than_they_cost_to_earn",
        "rewards.tea.face_value",
        rewards(face_value=250, discounts=[HALF]),
        rewards(face_value=250, discounts=[HALF | {"percent": 70}]),
    ),
    (
        "rewards_worth_more_than_they_cost_to_earn",
        "rewards.tea.cost",
        {"margin_share": "0.01"} | rewards(cost=5),
        {"margin_share": "0.01"} | rewards(cost=4),
    ),
    (
        "refunds_that_leave_points",
        "refunds.claw_back",
        {"refunds": {"claw_back": "pending_only"}},
        {"refunds": {"claw_back": "allow_negative"}},
    ),
    (
        "refunds_that_leave_points",
        "refunds.claw_back",
        {"refunds": {"claw_back": "pending_only"}, "pending": {"days": 7}},
        {"refunds": {"claw_back": "within_balance"}, "pending": {"days": 7}},
    ),
    (
        "refunds_that_leave_points",
        "refunds.claw_back",
        {"refunds": {}},
        {"refunds": {}, "pending": {"days": 7}},
    ),
    (
        "refunds_that_renew_points",
        "refunds.restore",
        {
            "refunds": {"claw_back": "allow_negative", "restore": "as_new"},
            "expiry": {"months": 12},
            "points_as_cash": {"value_per_point": "0.01"},
        },
        {
            "refunds": {"claw_back": "allow_negative", "restore": "as_before"},
            "expiry": {"months": 12},
            "points_as_cash": {"value_per_point": "0.01"},
        },
    ),
    (
        "top_ups_that_pay_for_themselves",
        "stored_value.bonuses",
        {TOPPING: {"bonuses": [{"from_amount": 100, "bonus": 100}]}},
        {TOPPING: {"bonuses": [{"from_amount": 100, "bonus": 99}]}},
    ),
    (  # half as bonus; the other half as points on one and a half: 1.5 x 1.2 x 0.28 = 0.504
        "top_ups_that_pay_for_themselves",
        "stored_value.bonuses",
        {
            TOPPING: {"bonuses": [{"from_amount": 100, "bonus_share": "0.5"}]},
            "points_as_cash": {"value_per_point": "0.28"},
        },
        {
            TOPPING: {"bonuses": [{"from_amount": 100, "bonus_share": "0.5"}]},
            "points_as_cash": {"value_per_point": "0.27"},
        },
    ),
    (
        "top_ups_better_split",
        "stored_value.bonuses",
        {TOPPING: {"bonuses": [{"from_amount": 500, "bonus": 30}, {"from_amount": 1000, "bonus": 60}]}},
        {TOPPING: {"bonuses": [{"from_amount": 500, "bonus": 30}, {"from_amount": 1000, "bonus": 61}]}},
    ),
    (
        "points_bought_cheap_and_paid_dear",
        "partners.cinema.settlement_per_point",
        partners(("airline", "issues", "0.008"), ("cinema", "accepts", "0.009")),
        partners(("airline", "issues", "0.009"), ("cinema", "accepts", "0.009")),
    ),
    (
        "points_bought_cheap_and_paid_dear",
        "partners.airline.settlement_per_point",
        partners(("airline", "issues", "0.008")) | {"points_as_cash": {"value_per_point": "0.01"}},
        partners(("airline", "issues", "0.01")) | {"points_as_cash": {"value_per_point": "0.01"}},
    ),
]


@pytest.mark.parametrize(
    ("check", "field", "with_it", "without"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_a_finding_is_there_with_its_cause_and_gone_with_the_remedy(
    check: str, field: str, with_it: dict[str, Any], without: dict[str, Any]
) -> None:
    assert (check, field) in found(with_it)
    assert (check, field) not in found(without)


def test_every_check_has_a_case() -> None:
    assert {case[0] for case in CASES} == {check.__name__ for check in CHECKS}


def test_a_sound_programme_has_nothing_to_find() -> None:
    assert not found({})


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_every_explanation_says_in_both_languages_what_is_the_matter(case: Any) -> None:
    one = found(case[2])[case[0], case[1]]
    for language in ("en", "zh"):
        text = one.explanation(language)
        assert text and "{" not in text and "\n" not in text
    assert re.search(r"[一-鿿]", one.explanation.zh)
    assert not re.search(r"[一-鿿]", one.explanation.en)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_programmes_have_no_contradiction(path: Path) -> None:
    programme = programme_from_yaml(path.read_text(encoding="utf-8"))
    assert [one.field for one in findings(programme) if one.severity == "contradiction"] == []


def test_the_examples_of_the_guide_have_no_contradiction_and_the_rich_one_no_warning() -> None:
    page = (ROOT / "docs" / "programme-document.md").read_text(encoding="utf-8")
    short, rich = (
        findings(programme_from_yaml(text))
        for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    )
    assert {one.severity for one in short} == {"warning"}
    assert rich == ()
