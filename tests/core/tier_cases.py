"""Contradictions of tiers: a document that has each, and one without it."""

from __future__ import annotations

from tests.core.programme_parts import NEW_YEAR, OVER, STATUS, Case, asks, multipliers, rules, three, tiers

CASES: list[Case] = [
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
]
