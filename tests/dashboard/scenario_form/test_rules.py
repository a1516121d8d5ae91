"""Rules that are seldom changed are asked for by form, too."""

from __future__ import annotations

import pytest

from dashboard.i18n import speaking
from dashboard.sandbox import scenario_words
from dashboard.sandbox.rare_levers import FURTHER, rare_levers
from data.workspace import Workspace
from loyalty_core.rules.programme import programme_from_dict
from tests.dashboard.scenario_form.pages import (
    asked,
    lines_of,
    opened,
    press,
)


def test_multipliers_keeping_reviews_and_closeness_are_asked_for_and_filled_in_again(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    for name, value in {
        "tiers.gold.earn_percent": 175, "tiers.gold.keep.at_least.spend": 3000, "qualification.months": 6,
        "qualification.grace_days": 30, "closeness": 5.0,
    }.items():  # fmt: skip
        page.number_input(key=f"sandbox:{name}").set_value(value)
    scenario = asked(shop, page)
    assert scenario.changes == {
        "tiers.gold.earn_percent": 175, "tiers.gold.keep.at_least.spend": 3000, "qualification.months": 6,
        "qualification.grace_days": 30,
    }  # fmt: skip
    assert scenario.tolerance == "5%"
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    assert again.number_input(key="sandbox:tiers.gold.keep.at_least.spend").value == 3000
    assert again.number_input(key="sandbox:closeness").value == 5.0
    assert not lines_of(again), "all of it has a field"
    again.number_input(key="sandbox:closeness").set_value(None)
    again.number_input(key="sandbox:tiers.gold.keep.at_least.spend").set_value(None)
    scenario = asked(shop, again)
    assert scenario.tolerance is None and "tiers.gold.keep.at_least.spend" not in scenario.changes


RARE = {
    "earning.multipliers.birthday_month.percent": 300,
    "earning.multipliers.children_on_wednesdays.percent": 100,
    "earning.caps.day": 500, "earning.caps.month": 2000, "earning.caps.event": 400, "pending.days": 14,
    "expiry.inactivity_months": 6, "points_as_cash.value_per_point": 0.025,
    "points_as_cash.largest_share": 0.3, "rewards.tea.cost": 6.5,
}  # fmt: skip


def test_bonuses_caps_points_once_earned_and_costs_are_asked_for_and_filled_in_again(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    for name, value in {**RARE, "never": 30.0}.items():
        page.number_input(key=f"sandbox:{name}").set_value(value)
    scenario = asked(shop, page)
    assert scenario.changes == RARE and scenario.behaviour == {"redeeming.never_share": 0.3}
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    for name, value in {**RARE, "never": 30.0}.items():
        assert again.number_input(key=f"sandbox:{name}").value == value
    assert not lines_of(again), "all of it has a field"
    for name in ("earning.caps.day", "expiry.inactivity_months", "never"):
        again.number_input(key=f"sandbox:{name}").set_value(None)
    scenario = asked(shop, again)
    assert scenario.behaviour == {} and "earning.caps.month" in scenario.changes
    assert not {"earning.caps.day", "expiry.inactivity_months"} & set(scenario.changes)


@pytest.mark.parametrize(
    ("lang", "name", "value", "sentence"),
    [
        ("en", "pending.days", 400,
         "“Points once earned · Days until points may be spent” cannot be 400: enter 0 to 366."),
        ("zh", "points_as_cash.largest_share", 1.5,
         "“已得积分 · 积分最多可支付的消费占比”不能是 1.5：请填 0 到 1。"),
        ("en", "rewards.tea.cost", -1.0,
         "“What rewards cost · A pot of tea” cannot be −1: enter 0 to 1,000,000,000."),
        ("zh", "never", 130.0, "“从不兑换的会员，%”不能是 130：请填 0 到 100。"),
    ],
)  # fmt: skip
def test_a_number_out_of_its_bounds_is_refused_by_its_field_s_name(
    shop, monkeypatch, lang, name, value, sentence
):
    page = opened(shop, monkeypatch, lang=lang)
    page.number_input(key=f"sandbox:{name}").set_value(value)
    press(page, "run")
    assert [one.value for one in page.error] == [sentence] and "run" not in page.query_params
    assert not lines_of(page), "what is wrong in a field is told once"


def test_rules_of_deeds_that_nobody_does_in_a_run_have_no_field(shop):
    programme = Workspace.open(shop).programme
    joined = {"name": "welcome", "when": {"event": "joined"}, "points": 80}
    signed = {"name": "sign in", "when": {"event": "sign_in"}, "points": 5}
    document = programme.model_dump(mode="json") | {"earning": {"rules": [joined, signed]}}
    with speaking("en"):
        fields = [one for one in rare_levers(programme_from_dict(document)) if one.group == FURTHER]
    assert [(one.path, one.now, one.label) for one in fields] == [
        ("earning.rules.welcome.points", 80, "Welcome")
    ]


@pytest.mark.parametrize(
    ("lang", "path", "value", "words"),
    [
        ("en", "earning.multipliers.birthday_month.percent", 300,
         "Birthday month with 300% of the usual points"),
        ("en", "earning.caps.day", 500, "most points, In a day: 500"),
        ("en", "earning.caps.day", None, "most points, In a day: no limit"),
        ("zh", "pending.days", 14, "积分多少天后可用：14"),
        ("en", "rewards.tea.cost", 6.5, "A pot of tea at a cost of CN¥6.50"),
    ],
)  # fmt: skip
def test_a_changed_rule_is_told_in_words(shop, lang, path, value, words):
    with speaking(lang):
        assert scenario_words.changed(Workspace.open(shop).programme, path, value) == words
