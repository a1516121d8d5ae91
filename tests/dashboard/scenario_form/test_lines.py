"""A scenario is written on screen line by line, and wrong lines are refused in one clear sentence."""

from __future__ import annotations

import re
from datetime import date

import pytest

from dashboard.sandbox import draft, scenario_parts, shock_part
from dashboard.sandbox.draft import Asked
from dashboard.sandbox.part import Around
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict
from simulation.effects import default_effects
from simulation.scenario import Scenario
from simulation.scenario_calendar import ShockLine
from tests.dashboard.scenario_form.pages import (
    added,
    asked,
    enter,
    lines_of,
    opened,
    press,
)


def test_a_campaign_is_added_changed_and_removed(shop, monkeypatch):
    page = added(
        opened(shop, monkeypatch), "campaigns",
        name="wake  them", cost_per_contact=0.35, response__returns=3.0, response__returns_range__low=1.0,
        response__returns_range__high=4.0, response__source="hold-out of spring",
        audience__tiers=["gold"], repeat="monthly", lasts_days=21, budget=500.0,
    )  # fmt: skip
    assert not page.exception and not page.error
    (line,) = asked(shop, page).campaigns
    assert line.name == "wake them" and line.kind == "wake_up" and line.audience.tiers == ("gold",)
    assert (line.first_day, line.last_day) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (line.response.returns, line.response.returns_range) == (0.03, (0.01, 0.04))
    assert (str(line.cost_per_contact), line.budget, line.repeat, line.lasts_days) == (
        "0.35",
        500,
        "monthly",
        21,
    )
    (told,) = lines_of(page)
    assert all(word in told for word in ("wake them", "Wake-up", "silent members", "3.0% come back"))

    press(page, "campaigns:0")
    assert page.text_input(key="sandbox:line:name").value == "wake them"
    press(enter(page, kind="birthday", response__returns=None, response__returns_range__low=None,
                response__returns_range__high=None), "line keep")  # fmt: skip
    (line,) = asked(shop, page).campaigns
    assert (line.kind, line.birthday, line.response.returns) == ("birthday", "day", None)
    press(page, "campaigns:0:remove")
    assert asked(shop, page).campaigns == ()


def test_what_happens_outside_is_added(shop, monkeypatch):
    page = added(
        opened(shop, monkeypatch, lang="zh"), "shocks", name="竞争对手开业", demand=85.0, regions=["North"]
    )
    assert not page.exception and not page.error
    (line,) = asked(shop, page).shocks
    assert (line.name, line.demand, line.joining, line.regions) == ("竞争对手开业", 0.85, 1, ("North",))
    (told,) = lines_of(page)
    assert "需求为平常的 85%" in told


@pytest.mark.parametrize(("part", "values", "sentence"), [
    ("campaigns", {"first_day": None}, "First day is missing."),
    ("campaigns", {"last_day": date(2026, 10, 1)},
     "“Last day” 2026-10-01 is before “First day” 2026-11-01"),
    ("campaigns", {"budget": 100.0, "cost_per_contact": 0.0},
     "A budget needs a “Cost of a contact” above 0"),
    ("campaigns", {"response__lift_range__low": 1.0}, "known of it: give both ends, or none."),
    ("campaigns", {"response__lift_range__low": 5.0, "response__lift_range__high": 1.0},
     "ow must not be above high"),
    ("campaigns", {"points_percent": 200, "audience__lifecycle": "active"},
     "Points go to all members or to tiers: leave out the rest of the audience"),
    ("campaigns", {"name": "no. 1"}, "Name"),
    ("campaigns", {"cost_per_contact": 0.001}, "0.001"),
    ("shocks", {"demand": 90.0}, "What happens is missing."),
    ("shocks", {"name": "storm", "joining": 50.0, "regions": ["North"]},
     "Joining is that of all"),
])  # fmt: skip
def test_a_wrong_line_is_refused_in_one_sentence_and_stays_open(shop, monkeypatch, part, values, sentence):
    page = added(opened(shop, monkeypatch), part, **values)
    assert not page.exception
    (error,) = page.error
    assert sentence in error.value and "\n" not in error.value
    assert not re.search(r"[a-z]_[a-z]", error.value)
    assert lines_of(page) == []
    assert [one for one in page.button if one.key == "sandbox:line keep"]


def test_two_lines_cannot_have_one_name(shop, monkeypatch):
    page = added(added(opened(shop, monkeypatch), "shocks", name="storm"), "shocks", name="storm")
    assert [error.value for error in page.error] == ["Outside event: the name storm stands twice"]


def test_rules_change_on_a_later_day(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "later:new")
    assert page.date_input(key="sandbox:line:first_day").value == date(2026, 12, 1)
    enter(page, changes=["expiry.months", "tiers.gold.threshold"]).run()
    page.number_input(key="sandbox:line:changes expiry.months").set_value(18)
    page.number_input(key="sandbox:line:changes tiers.gold.threshold").set_value(5000)
    page = press(page, "line keep")
    enter(press(page, "later:new"), first_day=date(2026, 11, 15), changes=["earning.points_per_unit"]).run()
    page.number_input(key="sandbox:line:changes earning.points_per_unit").set_value(2.0)
    page = press(page, "line keep")
    assert not page.exception and not page.error
    first, second = asked(shop, page).later
    assert (first.first_day, first.changes) == (date(2026, 11, 15), {"earning.points_per_unit": 2})
    assert second.changes == {"expiry.months": 18, "tiers.gold.threshold": 5000}
    assert any("Points expiring after 18 months" in told and "1 Dec 2026" in told for told in lines_of(page))
    enter(press(page, "later:new"), first_day=date(2026, 12, 1), changes=["expiry.months"]).run()
    page = press(page, "line keep")
    assert [error.value for error in page.error] == ["Later change: give each day once, the earliest first"]


def test_a_later_change_that_makes_no_programme_is_refused(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "later:new")
    enter(page, changes=["tiers.gold.threshold"]).run()
    page.number_input(key="sandbox:line:changes tiers.gold.threshold").set_value(1)
    (error,) = press(page, "line keep").error
    assert "gold" in error.value.lower() and "\n" not in error.value


def test_limits_and_joining_are_written_by_form(shop, monkeypatch):
    page = added(opened(shop, monkeypatch), "budgets", name="rewards", amount=5000.0, rewards=["tea"])
    press(page, "stock:new")
    page.number_input(key="sandbox:line:rewards.tea.stock").set_value(40)
    page = press(page, "line keep")
    enter(press(page, "replenishment:new"), pieces=10, repeat="weekly").run()
    page = press(enter(page, last_day=date(2026, 12, 31)), "line keep")
    enter(press(page, "joining:new"), factor=120.0, referrals_a_year=0.5, points=50.0)
    page = press(page, "line keep")
    assert not page.exception and not page.error
    scenario = asked(shop, page)
    assert scenario.changes == {"rewards.tea.stock": 40}
    assert (scenario.budgets[0].amount, scenario.budgets[0].rewards) == (5000, ("tea",))
    (delivery,) = scenario.replenishment
    assert (delivery.reward, delivery.pieces, delivery.repeat, delivery.last_day) == (
        "tea", 10, "weekly", date(2026, 12, 31),
    )  # fmt: skip
    assert (scenario.joining.factor, scenario.joining.referrals_a_year, scenario.joining.points) == (
        1.2,
        0.5,
        50,
    )
    told = " ".join(lines_of(page)).replace("\\", "")
    assert all(words in told for words in ("A pot of tea: 40 in stock", "10 more of A pot of tea", "120%"))
    for kind in ("joining:None", "replenishment:0", "stock:None", "budgets:0"):
        press(page, f"{kind}:remove")
    assert asked(shop, page) == Scenario(name="sandbox")


@pytest.mark.parametrize(("part", "values", "sentence"), [
    ("budgets", {"name": "x"}, "Rewards may cost at most is missing."),
    ("budgets", {"amount": 5.0}, "Name is missing."),
    ("budgets", {"name": "x", "amount": 0.005}, "0.005"),
    ("later", {"changes": []}, "What changes then is missing."),
    ("later", {"first_day": None}, "From this day on is missing."),
    ("replenishment", {}, "Reward is missing."),
])  # fmt: skip
def test_wrong_limits_are_refused_in_one_sentence(shop, monkeypatch, part, values, sentence):
    page = added(opened(shop, monkeypatch), part, **values)
    assert not page.exception
    (error,) = page.error
    assert sentence in error.value and "\n" not in error.value


def test_a_programme_that_gives_no_points_at_all_can_be_tried(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    page.number_input(key="sandbox:earning.points_per_unit").set_value(0.0)
    assert asked(shop, page).changes == {"earning.points_per_unit": 0}


def test_days_since_the_last_purchase_stand_for_a_state(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "campaigns:new")
    enter(page, audience__lifecycle="days").run()
    enter(page, audience__last_purchase_days__0=30, audience__last_purchase_days__1=90)
    (line,) = asked(shop, press(page, "line keep")).campaigns
    assert (line.audience.lifecycle, line.audience.last_purchase_days) == (None, (30, 90))


def test_a_line_is_checked_beside_what_members_are_supposed_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another reward for signing in is no change without members who do; a shock beside both is one."""
    rule = {"name": "in", "when": {"event": "sign_in"}, "points": 1}
    programme = programme_from_dict({"name": "club", "earning": {"rules": [rule]}})
    around = Around(
        programme=programme, first_day=date(2030, 1, 1), regions=(), channels=(), effects=default_effects()
    )
    changes = {"earning.rules.in.points": 3}
    shock = ShockLine(name="rain", first_day=date(2030, 1, 2), last_day=date(2030, 1, 3), demand=0.5)
    for behaviour in ({"doing.sign_in": 0.1}, {}):
        asked = Asked(scenario=Scenario(changes=changes, behaviour=behaviour), members=100)
        monkeypatch.setattr(draft, "now", lambda asked=asked: asked)
        if behaviour:
            assert scenario_parts._checked(around, shock_part.PART, (shock,)).shocks == (shock,)
        else:
            with pytest.raises(InputError, match="Nobody does sign_in in this run"):
                scenario_parts._checked(around, shock_part.PART, (shock,))
