"""What a scenario says, in words and beside the fields of the form."""

from __future__ import annotations

import pytest

from dashboard.i18n import speaking
from dashboard.sandbox import campaign_part, scenario_words, suppositions
from dashboard.sandbox.part import in_words
from data.workspace import Workspace
from simulation.scenario import Scenario

WRITTEN = Scenario.model_validate(
    {
        "changes": {"tiers.gold.threshold": 5000, "qualification.months": 6},
        "effects": {"goal_gradient": 0.1, "demotion": False},
        "behaviour": {"redeeming.appeal": -2.0},
        "campaigns": [{"kind": "wake_up", "name": "spring",
                       "first_day": "2026-11-05", "last_day": "2026-11-30",
                       "response": {"returns": 0.03, "returns_range": [0.01, 0.05]}}],
        "shocks": [{"name": "storm", "first_day": "2026-12-05", "last_day": "2026-12-30", "demand": 0.5}],
        "later": [{"first_day": "2027-01-01", "changes": {"expiry.months": 18}}],
        "joining": {"factor": 1.2, "referrals_a_year": 0.5, "points": 50},
    }
)  # fmt: skip


@pytest.mark.parametrize(("lang", "words"), [
    ("en", ["Gold threshold raised to CN¥5,000", "Months that count at 6", "9 more changes"]),
    ("zh", ["5,000", "9"]),
])  # fmt: skip
def test_every_part_of_a_scenario_is_told(shop, lang, words):
    programme, document = Workspace.open(shop).programme, WRITTEN.model_dump(mode="json")
    with speaking(lang):
        told = scenario_words.cause(programme, document)
        assert scenario_words.cause(programme, {"shocks": WRITTEN.model_dump()["shocks"]})[0] in "S假"
        assert scenario_words.cause(programme, {}) == {"en": "No change", "zh": "无变更"}[lang]
    assert all(word in told for word in words)


def test_what_a_scenario_supposes_is_told_beside_what_the_past_tells():
    library = [{"name": "spending"}]
    parts = {one["name"]: one for one in suppositions.rest_on(WRITTEN, library)}
    assert "spending" in parts
    spring = parts["spring: share who come back because of it"]
    assert (spring["value"], spring["low"], spring["high"]) == (0.03, 0.01, 0.05)
    assert parts["storm: demand"]["value"] == 0.5 and parts["redeeming.appeal"]["value"] == -2.0
    assert parts["demotion"]["on"] is False and parts["How many join, times the usual"]["value"] == 1.2


def test_what_stands_on_the_calendar_is_marked_on_time_lines(shop):
    marks = suppositions.marks(Workspace.open(shop).programme, WRITTEN)
    assert [(mark.day.isoformat(), mark.words) for mark in marks] == [
        ("2026-11-05", "spring"), ("2026-12-05", "storm"), ("2027-01-01", "Points expiring after 18 months"),
    ]  # fmt: skip


def test_fields_are_named_as_on_screen():
    labels = campaign_part.LABELS
    assert in_words("response.lift_range: low must not be above high", labels).startswith("Range of what")
    with speaking("zh"):
        assert "单次触达成本" in in_words("a budget needs a cost_per_contact above 0", labels)
