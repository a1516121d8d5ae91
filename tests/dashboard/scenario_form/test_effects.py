"""Effects are switched and changed for one run on a sheet that says what is known of them."""

from __future__ import annotations

import re

from dashboard import sentences
from dashboard.i18n import speaking
from dashboard.sandbox import effect_sheet, suppositions
from loyalty_core.rules.programme import Programme
from simulation.effects import OF_LEDGERS, default_effects
from simulation.evidence import Status
from simulation.scenario import Scenario
from tests.dashboard.scenario_form.pages import (
    OFFERED,
    asked,
    changed_effects,
    lines_of,
    opened,
    press,
)


def test_effects_are_listed_with_what_is_known_and_switched_or_changed_for_one_run(shop, monkeypatch):
    page = press(opened(shop, monkeypatch, lang="zh"), "effects:new")
    words = " ".join(one.value for one in page.caption)
    assert words.count("·") >= 2 * len(OFFERED)
    assert not re.search(r"[A-Za-z]{4,} [a-z]{4,} [a-z]{4,} [a-z]{4,}", words)
    page = changed_effects(
        opened(shop, monkeypatch), goal_gradient__value=0.1, demotion__on=False, programme_basket__on=True,
        wake_up__value=2.5, programme_dropout__on=True, programme_dropout__value=0.8,
        response_half_life__value=6.0,
    )  # fmt: skip
    assert not page.exception and not page.error
    scenario = asked(shop, page)
    assert scenario.effects == {
        "goal_gradient": 0.1, "demotion": False, "programme_basket": True, "wake_up": 0.025,
        "programme_dropout": 0.8, "response_half_life": 6.0,
    }  # fmt: skip
    assert scenario.effects_of(default_effects()).programme_dropout.size == 0.8
    (told,) = lines_of(page)
    assert "Pull of a near goal at 0.1" in told and "Demotion from a lower tier switched off" in told
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    press(again, "effects:None")
    assert again.toggle(key="sandbox:line:demotion.on").value is False
    assert again.number_input(key="sandbox:line:wake_up.value").value == 2.5
    press(again, "effects:None:remove")
    assert asked(shop, again).effects == {}


def test_the_sheet_shows_what_the_past_told_where_it_tells_more_than_the_library(shop, monkeypatch):
    own = default_effects().with_values(goal_gradient=0.31)
    told = own.goal_gradient.model_copy(update={"status": Status.CALIBRATED})
    own = own.model_copy(update={"goal_gradient": told})
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs._effects", lambda workspace, shown: own)
    page = press(opened(shop, monkeypatch), "effects:new")
    assert page.number_input(key="sandbox:line:goal_gradient.value").value == 0.31
    (line,) = [one.value for one in page.caption if "In force 0.31 more at the goal" in one.value]
    assert "Calibrated on this programme" in line
    press(page, "line keep")
    assert asked(shop, page).effects == {}, "what is in force is no change"


def test_a_result_tells_what_an_effect_was_before_it_was_changed():
    scenario = Scenario(effects={"goal_gradient": 0.1, "demotion": False})
    known = scenario.effects_of(default_effects()).assumptions()
    first, second, *others = suppositions.rest_on(scenario, known)
    assert (first["value"], first["status"], first["low"]) == (0.1, "assumption", 0.0)
    with speaking("zh"):
        assert sentences.said(first["source"]).startswith("本方案的假设，取代 0.25：Kivetz")
    assert second["name"] == "demotion" and second["on"] is False
    names = [one["name"] for one in others]
    assert "reached_low" in names and not {"goal_gradient", "demotion", *OF_LEDGERS} & {*names}


def test_every_effect_stands_in_one_group():
    grouped = [name for names in effect_sheet.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(OFFERED)
    Scenario(effects=dict.fromkeys(OFFERED, True)).check(Programme(name="club"))


def test_the_sheet_shows_no_more_digits_than_mean_something(shop, monkeypatch):
    own = default_effects().with_values(goal_gradient=0.23505067676)
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs._effects", lambda workspace, shown: own)
    page = press(opened(shop, monkeypatch), "effects:new")
    assert page.number_input(key="sandbox:line:goal_gradient.value").value == 0.235
    press(page, "line keep")
    assert asked(shop, page).effects == {}
