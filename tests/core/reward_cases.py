"""Contradictions of points, rewards and coupons: a document that has each, and one without it."""

from __future__ import annotations

from tests.core.programme_parts import HALF, NEW_YEAR, Case, asks, coupons, rewards, tiers

CASES: list[Case] = [
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
]
