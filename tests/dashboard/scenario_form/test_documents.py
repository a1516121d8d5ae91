"""A scenario written as a document goes through the form and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.sandbox import campaign_part, shock_part
from simulation.scenario import scenario_from_yaml
from simulation.scenario_calendar import ShockLine
from simulation.scenario_campaigns import CampaignLine
from tests.dashboard.scenario_form.pages import (
    around,
    asked,
    lines_of,
    opened,
    press,
    written,
)

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "spring.scenario.yaml"


# Whatever the form has no field for, and values that its fields could not show.
ODD = """
name: odd
changes: {qualification.minimum_stay_months: 6, lifecycle.active_days: 60, tiers.silver.threshold: 2000.5,
          expiry.months: null}
behaviour: {redeeming.appeal: -1.25, subscribing.buys: 0.004}
effects: {programme_dropout: true, wake_up: 0.025}
desks:
  - {name: night shift, work: contact, places: 1, minutes: 0.05, asked_per_sale: 0.0123}
  - {name: parcels, work: fulfilment, places: 2, minutes: 12, opens: "07:10"}
  - {name: hotline, work: contact, places: 3, minutes: 6, asked_per_refund: 0.3}
months: 72
replications: 1
seed: 9007199254740991
tolerance: 300.5
"""


@pytest.mark.parametrize("text", [EXAMPLE.read_text("utf-8"), ODD, "name: nothing", "{}"])
def test_a_document_goes_through_the_form_and_back_without_loss(shop, monkeypatch, text):
    page = written(opened(shop, monkeypatch), text)
    assert not page.exception and not page.error
    expected = scenario_from_yaml(text).model_copy(update={"name": "sandbox"})
    assert asked(shop, page) == expected
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    press(again, "document:new")
    assert scenario_from_yaml(again.text_area[0].value) == expected


def test_what_only_a_document_can_say_is_told_on_the_form_and_can_be_taken_away(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), ODD)
    (told,) = (one for one in lines_of(page) if "minimum" in one)
    assert all(
        word in told.replace("\\", "") for word in ("active_days → 60", "2,000.5", "known to within 300.5")
    )
    page.number_input(key="sandbox:tiers.gold.threshold").set_value(4500)
    press(page, "further:0:remove")
    scenario = asked(shop, page)
    assert scenario.changes == {"expiry.months": None, "tiers.gold.threshold": 4500}
    assert (scenario.behaviour, scenario.tolerance, scenario.months) == ({}, None, 72)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("text", "said"), [
    ("", ""), ("- 1", ""), ("a: [", ""), ("nme: x", "nme"), ("months: 0", "months"),
    ("changes: {tiers.gold.threshold: 5}", "gold"), ("changes: {tiers.platinum.threshold: 5}", "platinum"),
    ("months: 1\nmonths: 2", "months"),
    ("effects: {luck: 2}", "luck"), ("behaviour: {redeeming.appeal: x}", "redeeming.appeal"),
    ("seed: 9007199254740992", "9007199254740991"), ("later: [{first_day: 2027-02-30, changes: {}}]", ""),
    ("campaigns: [{name: a, kind: coupon, first_day: 2027-01-01, last_day: 2027-01-02}]", "campaigns"),
])  # fmt: skip
def test_a_document_that_tells_no_scenario_is_refused_in_one_line(shop, monkeypatch, lang, text, said):
    page = written(opened(shop, monkeypatch, lang=lang), text)
    assert not page.exception
    (error,) = page.error
    assert said in error.value and "\n" not in error.value
    assert bool(re.search("[一-龥]", error.value)) == (lang == "zh")
    assert lang == "en" or not re.search(r"\b(and|line|stands|out of)\b", error.value)
    assert page.text_area[0].value == text


@pytest.mark.parametrize("document", [
    {"kind": "wake_up", "name": "a", "first_day": "2026-11-01", "last_day": "2026-11-30"},
    {"kind": "double_points", "name": "b", "first_day": "2026-12-01", "last_day": "2026-12-03", "held_out": 0,
     "points_percent": 300, "audience": {"tiers": ["gold"]},
     "response": {"lift": 0.2, "lift_range": [0, 0.4]}},
    {"kind": "birthday", "name": "c", "first_day": "2026-12-01", "last_day": "2027-12-03",
     "birthday": "month", "repeat": "daily", "lasts_days": 7, "channel": "app",
     "cost_per_contact": "0.35", "budget": "20"},
    {"kind": "win_back", "name": "d", "first_day": "2026-12-01", "last_day": "2026-12-31", "held_out": 0.125,
     "audience": {"last_purchase_days": [100, 300]}, "response": {"returns": 0.015, "source": "spring"}},
])  # fmt: skip
def test_a_campaign_comes_back_from_its_fields_as_it_was(shop, document):
    line = CampaignLine.model_validate(document)
    place = around(shop)
    assert campaign_part.PART.line(place, campaign_part.PART.values(place, line)) == line


def test_a_shock_comes_back_from_its_fields_as_it_was(shop):
    line = ShockLine(
        name="storm", first_day="2026-11-03", last_day="2026-11-05", demand=0.333, channels=("app",)
    )
    place = around(shop)
    assert shock_part.PART.line(place, shock_part.PART.values(place, line)) == line


def test_a_tolerance_in_money_stays_a_matter_of_the_document(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), "tolerance: 300.0")
    assert page.number_input(key="sandbox:closeness").value is None
    assert asked(shop, page).tolerance == 300.0


def test_what_is_wrong_with_a_document_stays_until_something_else_is_tried(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), "changes: {tiers.gold.threshold: 5}")
    (error,) = page.error
    assert error.value.startswith("tiers: gold needs a threshold above")
    assert [one.value for one in page.run().error] == [error.value]
    page = written(opened(shop, monkeypatch), f"name: {'x' * 500}")
    assert len(page.error[0].value) < 200
