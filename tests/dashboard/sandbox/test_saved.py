"""What-ifs that are kept under a name: listed, opened again, replaced on request."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.commands.simulate import found_scenario
from data.workspace import Workspace
from tests.dashboard.sandbox.pages import GOLD, opened


def saved(page: AppTest, name: str, gold: int, replace: bool = False) -> AppTest:
    page.number_input(key=GOLD).set_value(gold)
    page.text_input(key="sandbox:name").set_value(name)
    page.checkbox(key="sandbox:replace").set_value(replace)
    return page.form_submit_button(key="sandbox:save").click().run()


def test_a_what_if_saved_under_a_name_is_listed_loaded_and_known_to_the_command_line(
    own_small, monkeypatch, no_job_process
):
    page = saved(opened(own_small, monkeypatch), "  Gold   会员 [a]: 1 ", 1300)
    assert not page.exception and not page.error
    assert page.query_params["scenario"] == "Gold 会员 [a]: 1"
    colleague = opened(own_small, monkeypatch)
    assert colleague.number_input(key=GOLD).value == 1000
    colleague.button(key="saved:1").click().run()
    assert colleague.number_input(key=GOLD).value == 1300
    linked = opened(own_small, monkeypatch, scenario="Gold 会员 [a]: 1", lang="zh")
    assert linked.number_input(key=GOLD).value == 1300
    scenario = found_scenario("Gold 会员 [a]: 1", Workspace.open(own_small))
    assert scenario.changes == {"tiers.gold.threshold": 1300}
    answer = CliRunner().invoke(
        app, ["simulate", scenario.name, "--workspace", str(own_small), "--json", "--workers", "1",
              "--replications", "2", "--months", "1"])  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["differences"]


def test_what_is_saved_is_only_replaced_on_request(own_small, monkeypatch, no_job_process):
    registry = Workspace.open(own_small).registry
    page = saved(opened(own_small, monkeypatch), "gold", 1300)
    saved(page, "gold", 1400)
    assert len(page.error) == 1 and "gold" in page.error[0].value
    assert registry.saved("scenario", "gold").document["changes"] == {"tiers.gold.threshold": 1300}
    saved(page, "gold", 1400, replace=True)
    assert not page.error
    assert registry.saved("scenario", "gold").document["changes"] == {"tiers.gold.threshold": 1400}


def test_what_is_being_written_stays_when_the_saved_one_is_saved_anew_in_another_tab(
    own_small, monkeypatch, no_job_process
):
    mine = saved(opened(own_small, monkeypatch), "gold", 1300)
    saved(opened(own_small, monkeypatch, scenario="gold"), "gold", 1700, replace=True)
    mine.number_input(key=GOLD).set_value(1450)
    mine.form_submit_button(key="sandbox:campaigns:new").click().run()
    assert mine.number_input(key=GOLD).value == 1450
    assert opened(own_small, monkeypatch, scenario="gold").number_input(key=GOLD).value == 1700


@pytest.mark.parametrize("name", ["", "  ", "live", "a/b", "a\\b", "--seed"])
def test_a_name_that_the_command_line_could_not_take_is_refused(own_small, monkeypatch, name):
    page = saved(opened(own_small, monkeypatch), name, 1300)
    assert len(page.error) == 1
    assert Workspace.open(own_small).registry.all_saved("scenario") == []


def test_an_address_with_an_unknown_saved_what_if_still_shows_the_form(own_small, monkeypatch):
    page = opened(own_small, monkeypatch, scenario="nobody saved this")
    assert len(page.warning) == 1 and page.number_input(key=GOLD).value == 1000
