"""Rewards and coupons held against their rules: silent where they were kept, else each breach and its why."""

from __future__ import annotations

import pandas as pd
import pytest

from loyalty_core.checks import offer_checks
from loyalty_core.checks.evidence import Evidence
from loyalty_core.rules.programme import programme_from_dict
from tests.core.checked_facts import Frames, rows

PROGRAMME = programme_from_dict(
    {
        "name": "offers",
        "tiers": [{"name": "member"}, {"name": "gold", "threshold": 100}],
        "rewards": [
            {"name": "cup", "points": 30, "stock": 3, "last_day": "2026-06-30"},
            {"name": "lounge", "label": {"zh": "贵宾厅"}, "points": 50, "tiers": ["gold"]},
            {"name": "parking", "points": 10, "same_day_spend": 20},
        ],
        "coupons": [
            {"name": "five", "face_value": 5, "minimum_spend": 40, "days_valid": 10, "per_member": 2},
            {"name": "tea", "percent_off": 10, "categories": ["tea"], "stores": ["north"], "stacks": True},
            {"name": "gold_tea", "percent_off": 20, "tiers": ["gold"], "group": "big", "stacks": True},
            {"name": "big_tea", "face_value": 9, "group": "big", "stacks": True},
        ],
    }
)


def redeemed(*taken: tuple[str, str, str, int]) -> Frames:
    """Ann, gold from March on, and Ben redeem points: id, member, reward and day, points."""
    entries = [
        (f"e{number}", member, "points", "redeem", -points, f"2026-{day}T12:00", reward)
        for number, (member, reward, day, points) in enumerate(taken)
    ]
    return {
        "members": rows(
            "member_id valid_from joined_on",
            ("ann", "2026-01-01", "2026-01-01"),
            ("ben", "2026-01-01", "2026-01-01"),
        ),
        "tier_changes": rows(
            "member_id occurred_at from_tier to_tier",
            ("ann", "2026-01-01T00:00", None, "member"),
            ("ann", "2026-03-01T00:00", "member", "gold"),
        ),
        "purchases": rows(
            "purchase_id member_id kind occurred_at amount", ("p1", "ann", "sale", "2026-04-01T09:00", 2000)
        ),
        "entries": rows("entry_id member_id account kind amount occurred_at reason", *entries),
    }


def found(check: str, frames: Frames) -> list[list[object]]:
    table: pd.DataFrame = getattr(offer_checks, check)(Evidence(frames, PROGRAMME))
    shown = [name for name in ("member_id", "reward", "coupon_id", "why") if name in table]
    return table[shown].to_numpy().tolist()


@pytest.mark.parametrize(
    ("member", "reward", "day", "why"),
    [
        ("ann", "cup", "06-30", None),
        ("ann", "cup", "07-01", "not offered on that day"),
        ("ann", "贵宾厅", "03-01", None),
        ("ann", "lounge", "02-28", "not for that tier"),
        ("ben", "lounge", "03-02", "not for that tier"),
        ("ann", "parking", "04-01", None),
        ("ann", "parking", "04-02", "too little spent on the day"),
        ("ben", "something else", "12-31", None),
    ],
)
def test_a_reward_is_given_as_declared(member: str, reward: str, day: str, why: str | None) -> None:
    name = "lounge" if reward == "贵宾厅" else reward
    expected = [] if why is None else [[member, name, why]]
    assert found("rewards_are_given_as_declared", redeemed((member, reward, day, 50))) == expected


def test_what_is_given_after_the_last_one_is_found() -> None:
    taken = [("ann", "cup", "05-03", 30), ("ben", "cup", "05-01", 60), ("ann", "lounge", "05-02", 50)]
    assert found("no_more_is_given_than_there_is", redeemed(*taken)) == []
    more = [*taken, ("ben", "cup", "05-04", 30), ("ben", "cup", "05-02", 30)]
    assert found("no_more_is_given_than_there_is", redeemed(*more)) == [
        ["ann", "cup", "none left"],
        ["ben", "cup", "none left"],
    ]


def test_parts_of_one_price_at_one_instant_are_one_piece() -> None:
    """Of three cups the last is paid with points at hand and points that still waited."""
    taken = [("ann", "cup", "05-01", 60), ("ben", "cup", "05-02", 20), ("ben", "cup", "05-02", 10)]
    assert found("no_more_is_given_than_there_is", redeemed(*taken)) == []
    more = [*taken, ("ann", "cup", "05-03", 20), ("ann", "cup", "05-04", 10)]
    assert len(found("no_more_is_given_than_there_is", redeemed(*more))) == 2


def used(*coupons: tuple, **sale: object) -> Frames:
    """Coupons used for one sale of Ann on 1 April over 50 in the shop north, or as told: id, kind, more."""
    bought = {"amount": 4500, "discount": 500, "store": "north", "categories": ["tea", "cups"]} | sale
    day = "2026-04-01T12:00"
    purchase = {"purchase_id": "p1", "member_id": "ann", "kind": "sale", "occurred_at": day}
    held = [
        {"coupon_id": name, "member_id": "ann", "state": "redeemed", "offered_at": "2026-03-25T12:00"}
        | {"reference": kind, "purchase_id": "p1", "redeemed_at": day}
        | (more[0] if more else {})
        for name, kind, *more in coupons
    ]
    frames = redeemed() | {"purchases": pd.DataFrame([purchase | bought]), "coupons": pd.DataFrame(held)}
    for table, columns in (("purchases", ["occurred_at"]), ("coupons", ["offered_at", "redeemed_at"])):
        for column in columns:
            frames[table][column] = pd.to_datetime(frames[table][column], utc=True)
    return frames


@pytest.mark.parametrize(
    ("kind", "more", "sale", "why"),
    [
        ("five", {}, {}, None),
        ("five", {"offered_at": "2026-03-22T12:00"}, {}, None),
        ("five", {"offered_at": "2026-03-21T12:00"}, {}, "not valid on that day"),
        ("five", {"expires_on": pd.Timestamp("2026-04-02")}, {}, None),
        ("five", {"expires_on": pd.Timestamp("2026-04-01")}, {}, "not valid on that day"),
        ("five", {}, {"amount": 3500}, None),  # 40 before the coupon
        ("five", {}, {"amount": 3499}, "the purchase is below the minimum spend"),
        ("five", {"minimum_spend": 5001}, {}, "the purchase is below the minimum spend"),
        ("unknown", {"minimum_spend": 5001}, {}, "the purchase is below the minimum spend"),
        ("unknown", {}, {}, None),
        ("tea", {}, {}, None),
        ("tea", {}, {"store": "south"}, "not for this store, channel or category"),
        ("tea", {}, {"categories": ["cups"]}, "not for this store, channel or category"),
        ("gold_tea", {}, {}, None),
        ("gold_tea", {}, {"member_id": "ben"}, "not for that tier"),
        ("five", {"state": "offered"}, {"amount": 1}, None),
        ("five", {"purchase_id": None}, {"amount": 1}, None),
        (
            "five",
            {"purchase_id": None},
            {"amount": 1, "coupon_id": "k"},
            "the purchase is below the minimum spend",
        ),
    ],
)
def test_a_coupon_is_used_by_its_rules(kind: str, more: dict, sale: dict, why: str | None) -> None:
    member = sale.get("member_id", "ann")
    expected = [] if why is None else [[member, "k", why]]
    assert found("coupons_are_used_by_their_rules", used(("k", kind, more), **sale)) == expected


def test_a_member_uses_no_more_of_a_kind_than_allowed() -> None:
    three = used(("k1", "five"), ("k2", "five"), ("k3", "five"))
    assert found("coupons_are_used_by_their_rules", three) == [
        ["ann", "k3", "the member has used as many as one may"]
    ]


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (("tea", "gold_tea"), None),
        (("tea", "unknown"), None),
        (("gold_tea", "big_tea"), "another one of its group is used, too"),
        (("tea", "tea"), "another one of its group is used, too"),
        (("five", "tea"), "one of them is to be used alone"),
    ],
)
def test_coupons_of_one_purchase_go_together(kinds: tuple[str, str], why: str | None) -> None:
    both = used(*((f"k{number}", kind) for number, kind in enumerate(kinds)))
    expected = [] if why is None else [["k0", why], ["k1", why]]
    assert found("coupons_of_one_purchase_go_together", both) == expected
