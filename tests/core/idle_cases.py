"""Idle conditions, poor bargains and likely typing errors: a document with each, and one without."""

from __future__ import annotations

from tests.core.programme_parts import SIGN_IN, Case, asks, multipliers, rewards, rules, three, tiers

CASES: list[Case] = [
    (
        "caps_above_those_of_longer_spans",
        "earning.caps.day",
        {"earning": {"caps": {"day": 500, "month": 100}}},
        {"earning": {"caps": {"day": 100, "month": 100}}},
    ),
    (
        "caps_above_those_of_longer_spans",
        "earning.rules.sign_in.caps.event",
        rules(SIGN_IN | {"caps": {"event": 6, "day": 5}}),
        rules(SIGN_IN | {"caps": {"event": 5, "day": 6}}),
    ),
    (
        "delays_where_nobody_falls",
        "qualification.grace_days",
        {"qualification": {"downgrade": "never", "grace_days": 30}},
        {"qualification": {"downgrade": "to_earned", "grace_days": 30}},
    ),
    (
        "validity_within_the_stay",
        "tiers.silver.valid_months",
        tiers(threshold=1000, valid_months=11) | {"qualification": {"minimum_stay_months": 12}},
        tiers(threshold=1000, valid_months=12) | {"qualification": {"minimum_stay_months": 12}},
    ),
    (
        "validity_beside_a_fee",
        "tiers.silver.valid_months",
        tiers(entry="paid", fee=99, valid_months=24),
        tiers(entry="paid", fee=99, valid_months=24, keep={"at_least": {"spend": 1}}),
    ),
    (
        "inactivity_after_the_age",
        "expiry.inactivity_months",
        {"expiry": {"months": 12, "inactivity_months": 12}},
        {"expiry": {"months": 12, "inactivity_months": 11}},
    ),
    (  # points of a sign-in may be younger than the last purchase
        "inactivity_after_the_age",
        "expiry.inactivity_months",
        {"expiry": {"months": 12, "inactivity_months": 24}},
        {"expiry": {"months": 12, "inactivity_months": 24}} | rules(SIGN_IN),
    ),
    (
        "offers_that_give_nothing",
        "tiers.silver.direct.0",
        tiers(threshold=1000, direct=[{"purchase_of": 1000}]),
        tiers(threshold=1000, direct=[{"purchase_of": 999}]),
    ),
    (
        "offers_that_give_nothing",
        "tiers.silver.direct.0",
        tiers(threshold=1000, direct=[{"purchase_of": 1000}]),
        tiers(threshold=1000, direct=[{"purchase_of": 1000}]) | {"qualification": {"upgrade": "at_review"}},
    ),
    (
        "keeping_that_cannot_fail",
        "tiers.silver.keep",
        tiers(threshold=1000, keep={"at_least": {"spend": 1000}, "window": "since_joining"}),
        tiers(threshold=1000, keep={"at_least": {"spend": 1001}, "window": "since_joining"}),
    ),
    (
        "reviews_that_look_back_too_little",
        "tiers.silver",
        {"qualification": {"months": 5, "reviews": ["01-01", "07-01"]}},
        {"qualification": {"months": 6, "reviews": ["01-01", "07-01"]}},
    ),
    (
        "reviews_that_look_back_too_little",
        "tiers.silver",
        {"qualification": {"months": 11, "reviews": "anniversary"}},
        {"qualification": {"months": 12, "reviews": "anniversary"}},
    ),
    (
        "reviews_inside_the_year",
        "tiers.silver",
        {"qualification": {"window": "calendar", "reviews": "anniversary"}},
        {"qualification": {"window": "joining_year", "reviews": "anniversary"}},
    ),
    (
        "higher_tiers_that_pay_more",
        "rewards.tea.points_by_tier",
        rewards(points_by_tier={"silver": 501}),
        rewards(points_by_tier={"silver": 499}),
    ),
    (
        "higher_tiers_whose_points_pay_less",
        "points_as_cash.value_by_tier",
        {"points_as_cash": {"value_per_point": "0.005", "value_by_tier": {"silver": "0.004"}}},
        {"points_as_cash": {"value_per_point": "0.005", "value_by_tier": {"silver": "0.006"}}},
    ),
    (
        "higher_tiers_whose_points_pay_less",
        "points_as_cash.largest_share_by_tier",
        {"points_as_cash": {"value_per_point": "0.005", "largest_share_by_tier": {"silver": "0.5"}}},
        {"points_as_cash": {"value_per_point": "0.005", "largest_share_by_tier": {"member": "0.5"}}},
    ),
    (
        "fees_below_what_benefits_cost",
        "tiers.silver.fee",
        tiers(entry="paid", fee=11, benefits=[{"name": "parking", "cost_per_month": 1}]),
        tiers(entry="paid", fee=12, benefits=[{"name": "parking", "cost_per_month": 1}]),
    ),
    (
        "points_that_pay_no_share",
        "points_as_cash.largest_share",
        {"points_as_cash": {"value_per_point": "0.005", "largest_share": 0}},
        {
            "points_as_cash": {
                "value_per_point": "0.005",
                "largest_share": 0,
                "largest_share_by_tier": {"silver": "0.5"},
            }
        },
    ),
    (
        "rules_that_never_apply",
        "earning.rules.welcome.when",
        rules({"name": "welcome", "points": 9, "when": {"first_purchase": True, "tiers": ["silver"]}}),
        rules({"name": "welcome", "points": 9, "when": {"first_purchase": True, "tiers": ["silver"]}})
        | tiers(**asks(activity_score=1))
        | {"qualification": {"activity_scores": {"sign_in": 1}}},
    ),
    (  # any one of two is met without buying
        "rules_that_never_apply",
        "earning.multipliers.welcome.when",
        multipliers({"name": "welcome", "percent": 200, "when": {"first_purchase": True, "tiers": ["gold"]}})
        | three({"threshold": 9}, asks(spend=99, activity_score=9)),
        multipliers({"name": "welcome", "percent": 200, "when": {"first_purchase": True, "tiers": ["gold"]}})
        | three({"threshold": 9}, {"reach": {"at_least": {"spend": 99, "activity_score": 9}, "met": 1}}),
    ),
    (
        "targets_of_no_metric",
        "targets.redemtion_rate",
        {"targets": {"redemtion_rate": "0.3"}},
        {"targets": {"redemption_rate": "0.3"}},
    ),
    (
        "activities_spelt_otherwise",
        "earning.rules.sign_in.when.event",
        rules(SIGN_IN | {"when": {"event": "signin"}}),
        rules(SIGN_IN | {"when": {"event": "flight"}}),
    ),
    (
        "activities_spelt_otherwise",
        "qualification.activity_scores.reveiw",
        tiers(**asks(activity_score=9)) | {"qualification": {"activity_scores": {"reveiw": 1}}},
        tiers(**asks(activity_score=9)) | {"qualification": {"activity_scores": {"review": 1}}},
    ),
]
