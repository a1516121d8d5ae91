"""A number that cannot be is told in one sentence, whichever field it stands in, and nothing is begun."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.registry import SCENARIO
from data.workspace import Workspace
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
GOLD = "sandbox:tiers.gold.threshold"


@pytest.fixture
def shop(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose runs stay queued."""
    for place in ("dashboard.sandbox.sandbox_runs", "dashboard.runs", "dashboard.sandbox.questions.asking"):
        monkeypatch.setattr(f"{place}.ensure_job_process", lambda folder: None)
    return shutil.copytree(small, tmp_path / "own")


def sent(page: AppTest, key: str) -> list[str]:
    """What the page says is wrong after that button."""
    buttons = [*page.button, *page.form_submit_button]
    next(one for one in buttons if one.key == key).click().run()
    assert not page.exception
    return [one.value for one in page.error]


@pytest.mark.parametrize(("lang", "field", "entered", "said"), [
    ("en", GOLD, 0, "“Tier thresholds · Gold” cannot be 0: enter 1 to 1,000,000,000."),
    ("zh", GOLD, 0, "“等级门槛 · Gold”不能是 0：请填 1 到 1,000,000,000。"),
    ("en", "sandbox:months", 121, "“Months ahead” cannot be 121: enter 1 to 120."),
    ("zh", "sandbox:members", 4, "“参与模拟的会员数”不能是 4：请填 1 到 3。"),
    ("en", "sandbox:seed", -1, "“Seed” cannot be −1: enter 0 to 9,007,199,254,740,991."),
    ("en", "sandbox:earning.points_per_unit", -0.5,
     "“Earning and expiry · Points per £1” cannot be −0.5: enter 0 to 1,000."),
    ("en", "sandbox:desks.contact.minutes", 0.0,
     "“Contact centre · Minutes for each, on average” cannot be 0: enter 0.01 to 10,000."),
    ("en", "sandbox:closeness", 0.01, "“± of the gain, %” cannot be 0.01: enter 0.1 to 100."),
])  # fmt: skip
def test_a_field_of_the_form_says_what_it_takes_and_keeps_what_else_was_entered(
    shop, monkeypatch, lang, field, entered, said
):
    page = reader.opened(VIEW, shop, monkeypatch, lang=lang)
    page.number_input(key="sandbox:replications").set_value(7)
    page.number_input(key=field).set_value(entered)
    assert sent(page, "sandbox:run") == [said]
    assert "run" not in page.query_params and Workspace.open(shop).registry.runs() == []
    assert page.number_input(key="sandbox:replications").value == 7
    assert page.number_input(key=field).value == entered


def test_a_field_that_may_be_empty_is_asked_for_so(shop, monkeypatch):
    page = reader.opened(VIEW, shop, monkeypatch)
    for months, changes in ((9, {"expiry.months": 9}), (None, {})):  # without a limit, as in force
        page.number_input(key="sandbox:expiry.months").set_value(months)
        assert sent(page, "sandbox:run") == []
        run = Workspace.open(shop).registry.run(int(page.query_params["run"]))
        assert run.payload["scenario"]["changes"] == changes


@pytest.mark.parametrize("button", ["sandbox:save", "sandbox:campaigns:new", "sandbox:document:new"])
def test_what_is_wrong_keeps_no_other_button_from_working(shop, monkeypatch, button):
    page = reader.opened(VIEW, shop, monkeypatch)
    page.text_input(key="sandbox:name").set_value("later")
    page.number_input(key=GOLD).set_value(-5)
    page.number_input(key="sandbox:months").set_value(0)
    sent(page, button)
    assert Workspace.open(shop).registry.all_saved(SCENARIO) == []
    assert (page.number_input(key=GOLD).value, page.number_input(key="sandbox:months").value) == (-5, 0)


def test_a_dialog_says_which_of_its_fields_it_is(shop, monkeypatch):
    page = reader.opened(VIEW, shop, monkeypatch)
    sent(page, "sandbox:campaigns:new")
    page.number_input(key="sandbox:line:response.returns_range.low").set_value(-3.0)
    said = "“% who come back because of it · At least, %” cannot be −3: enter 0 to 100."
    assert sent(page, "sandbox:line keep") == [said]
    page.number_input(key="sandbox:line:response.returns_range.low").set_value(None)
    assert sent(page, "sandbox:line keep") == []


def test_a_contest_says_it_too(shop, monkeypatch):
    registry = Workspace.open(shop).registry
    for name, months in (("one", 9), ("two", 18)):
        registry.save(SCENARIO, name, Scenario(changes={"expiry.months": months}).model_dump(mode="json"))
    page = reader.opened(VIEW, shop, monkeypatch)
    page.multiselect(key="contest:chosen").set_value(["saved:1", "saved:2"])
    page.number_input(key="contest:replications").set_value(1001)
    assert sent(page, "contest:run") == ["“Replications” cannot be 1,001: enter 1 to 1,000."]
    assert registry.runs() == []
