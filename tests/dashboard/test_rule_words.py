"""A change of the rules is told in words: no field of the document stands on screen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from dashboard.i18n import speaking
from dashboard.rule_words import told
from data.rule_changes import RuleChange
from loyalty_core.rules.programme import Label, Programme, Tier


def club(gold: int, **parts: Any) -> Programme:
    label = Label(en="Gold", zh="金卡")
    tiers = (Tier(name="basic"), Tier(name="gold", label=label, threshold=Decimal(gold)))
    return Programme(name="club", currency="CNY", tiers=tiers, **parts)


def changed(before: Programme, after: Programme) -> str:
    return told(RuleChange(date(2026, 1, 1), before, after))


def test_a_threshold_is_told_with_both_values_and_other_rules_by_their_part() -> None:
    before, after = club(3200), club(4000, expiry={"months": 12}, earning={"points_per_unit": 2})
    assert (
        changed(before, after) == "threshold of Gold CN¥3,200 → CN¥4,000, earning of points, expiry of points"
    )
    with speaking("zh"):
        assert changed(before, after) == "金卡门槛 ¥3,200 → ¥4,000、积分获取、积分有效期"


def test_an_offer_is_told_apart_from_what_every_purchase_earns() -> None:
    double = {"name": "double", "percent": 200}
    assert changed(club(3200), club(3200, earning={"multipliers": [double]})) == "point multipliers"


def test_what_members_do_not_meet_is_not_told() -> None:
    assert changed(club(3200), club(3200, targets={"revenue": 5}, margin_share="0.5")) == ""
