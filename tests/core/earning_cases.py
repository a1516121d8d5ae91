"""Contradictions of earning: a document that has each, and one without it."""

from __future__ import annotations

from tests.core.programme_parts import (
    NEW_YEAR,
    OVER,
    SIGN_IN,
    SINGLE_DAY,
    Case,
    asks,
    multipliers,
    rules,
    tiers,
)

CASES: list[Case] = [
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
]
