"""What is asked further of a what-if: by a form that offers what can be asked."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from dashboard.i18n import speaking
from dashboard.sandbox import sandbox_runs
from dashboard.sandbox.comparison_page import TABLED
from dashboard.sandbox.questions import asking
from dashboard.sandbox.questions.what_if import WhatIf
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from simulation.harm import HARMED
from simulation.horizon import OF_HORIZON
from simulation.levers import Lever, known_levers
from simulation.scenario import Scenario
from tests.dashboard import reader
from tests.dashboard.questions.what_ifs import (
    MEMBERS,
    RATE,
    SCENARIO,
    VIEW,
    chosen,
    what_if,
    words_of,
)


def test_every_lever_on_offer_has_words_and_a_range_that_can_be_asked_about(tried: Path) -> None:
    asked = what_if(tried)
    turned = asked.turned()
    assert turned[0].path == RATE["path"]  # what was changed stands first
    levers = [Lever(path=one.path, low=one.low, high=one.high) for one in turned]
    assert known_levers(levers, asked.programme, asked.scenario)
    for lang in ("en", "zh"):
        with speaking(lang):
            labels = [one.label for one in asked.turned()]
            assert len(set(labels)) == len(labels) and not any("_" in label for label in labels)


def test_a_rule_is_proposed_between_values_that_make_a_programme(tried: Path) -> None:
    asked = what_if(tried)
    for one in asked.rules():
        for end in (one.low, one.high):
            changes = {**asked.scenario.changes, one.path.removeprefix("changes."): end}
            SCENARIO.model_copy(update={"changes": changes}).programme(asked.programme)


def test_a_break_even_is_asked_for_once_and_stands_in_the_address(own: Path, monkeypatch) -> None:
    page = chosen(own, monkeypatch, "break-even")
    page.selectbox(key="ask:1:break-even:lever").set_value("effects.goal_gradient").run()
    page.number_input(key="ask:1:break-even:effects.goal_gradient:0").set_value(0.1).run()
    page.button(key="ask:run").click().run()
    registry = Workspace.open(own).registry
    (run,) = registry.runs(kind=asking.KIND)
    assert page.query_params["ask"] == str(run.id)
    lever = run.payload["about"]["lever"]
    assert (lever["path"], lever["low"]) == ("effects.goal_gradient", 0.1)
    assert run.payload["members"] == MEMBERS and run.payload["scenario"]["changes"] == SCENARIO.changes
    page.button(key="ask:run").click().run()
    assert len(registry.runs(kind=asking.KIND)) == 1
    page.button(key=f"cancel:{run.id}").click().run()
    assert registry.run(run.id).status == "cancelled"


@pytest.mark.parametrize(("lang", "sentence"), [("en", "lower end first"), ("zh", "请先填较小的一端")])
def test_an_empty_range_is_refused(own: Path, monkeypatch, lang: str, sentence: str) -> None:
    page = chosen(own, monkeypatch, "break-even", lang=lang)
    page.number_input(key=f"ask:1:break-even:{RATE['path']}:0").set_value(5.0).run()
    assert [sentence in error.value for error in page.error] == [True]
    assert page.button(key="ask:run").disabled


@pytest.mark.parametrize(("method", "runs"), [("morris", 1), ("sobol", 2)])
def test_the_form_tells_how_many_comparisons_a_ranking_takes(own: Path, monkeypatch, method, runs) -> None:
    page = chosen(own, monkeypatch, "influences")
    page.selectbox(key="ask:1:influences:method").set_value(method).run()
    (size,) = (one for one in page.selectbox if one.key == f"ask:1:influences:{method}:size")
    assert size.options[0] == f"{size_of(size) * (len(what_if(own).suppositions()) + runs)} comparisons"
    page.button(key="ask:run").click().run()
    (run,) = Workspace.open(own).registry.runs(kind=asking.KIND)
    assert run.payload["about"] == {"method": method, "size": size.value, "levers": []}


def size_of(box) -> int:
    """What its first option stands for."""
    return {4: 2, 5: 4}[len(box.options)]


def test_two_aims_are_chosen_that_are_not_the_same(own: Path, monkeypatch) -> None:
    page = chosen(own, monkeypatch, "trade-offs")
    first, second = (page.selectbox(key=f"ask:1:trade-offs:{one}") for one in ("first", "second"))
    assert (first.value, second.value) == ("money", "members_active:up")
    assert "reward_cost:down" in first.options or "less: Reward cost" in first.options
    first.set_value("members_active:up").run()
    second = page.selectbox(key="ask:1:trade-offs:second")
    assert second.value != "members_active:up" and "more: Active members" not in second.options
    page.button(key="ask:run").click().run()
    (run,) = Workspace.open(own).registry.runs(kind=asking.KIND)
    assert run.payload["about"]["aims"] == ["members_active:up", second.value]
    assert [one["path"] for one in run.payload["about"]["levers"]] == [RATE["path"]]


def test_the_best_is_asked_for_within_bounds(own: Path, monkeypatch) -> None:
    page = chosen(own, monkeypatch, "best")
    name = "ask:1:best"
    assert page.multiselect(key=f"{name}:rules").value == [RATE["path"]]
    offered = page.multiselect(key=f"{name}:bounds")
    refused = {METRICS[one].label.en for one in TABLED if one not in OF_HORIZON}
    assert METRICS["reward_cost"].label.en in offered.options and not refused & {*offered.options}
    offered.set_value(["reward_cost", "revenue", HARMED.name]).run()
    assert page.selectbox(key=f"{name}:{HARMED.name}:unit").options == ["%"]
    page.number_input(key=f"{name}:{HARMED.name}:amount").set_value(5.0)
    page.number_input(key=f"{name}:reward_cost:amount").set_value(110.0)
    page.selectbox(key=f"{name}:revenue:unit").set_value("")
    page.number_input(key=f"{name}:revenue:amount").set_value(500.0).run()
    page.button(key="ask:run").click().run()
    assert not page.exception and not page.error
    (run,) = Workspace.open(own).registry.runs(kind=asking.KIND)
    assert run.payload["about"]["constraints"] == [
        "reward_cost<=110%",
        "revenue>=500",
        "members_harmed<=0.05",
    ]
    assert any("Members who lose at most 5%" in one.label for one in page.button)  # of what was asked
    page.multiselect(key=f"{name}:rules").set_value([]).run()
    assert page.button(key="ask:run").disabled


def test_of_a_what_if_whose_data_are_gone_nothing_is_asked(own: Path, monkeypatch) -> None:
    registry = Workspace.open(own).registry
    first = registry.run(1)
    gone = registry.create_run(sandbox_runs.KIND, {**first.payload, "snapshot": 99})
    registry.finish_run(gone.id, result=first.result)
    page = reader.opened(VIEW, own, monkeypatch, run=str(gone.id))
    assert not page.exception and not page.error
    assert "not kept any more" in words_of(page) and not page.segmented_control


def test_a_programme_that_says_little_and_is_not_calibrated_still_has_levers(
    small: Path, tmp_path: Path
) -> None:
    workspace = Workspace.open(shutil.copytree(small, tmp_path / "own"))
    programme = workspace.programme
    programme = programme.model_copy(
        update={"earning": programme.earning.model_copy(update={"points_per_unit": Decimal(0)})}
    )
    told = {"kind": "wake_up", "first_day": "2026-01-01", "last_day": "2026-02-01"}
    calls = {"lift": -0.7, "returns": 0.6, "returns_range": [0.5, 0.9]}
    lines = [told | {"name": "call", "cost_per_contact": 2, "budget": 50, "response": calls}]
    scenario = Scenario(
        name="sandbox", changes={"tiers.gold.threshold": 1001, "expiry.months": 6}, campaigns=lines
    )
    asked = {
        "programme": programme.model_dump(mode="json"),
        "scenario": scenario.model_dump(mode="json"),
        "snapshot": workspace.latest().id,
        "members": 3,
    }
    tried = WhatIf(workspace, workspace.registry.create_run(sandbox_runs.KIND, asked))
    assert tried.calibration is None
    assert [one.path for one in tried.changed()] == ["changes.tiers.gold.threshold"]
    assert tried.named(Lever(path="behaviour.redeeming.appeal", low=0, high=1)).label.endswith("appeal")
    ranges = {one.path: (one.low, one.high) for one in tried.turned()}
    assert ranges["campaigns.call.response.lift"] == (-1, 0)
    assert ranges["campaigns.call.response.returns"] == (0.5, 0.9)
    assert ranges["campaigns.call.budget"] == (0, 100)
    for one in [*tried.turned(), *tried.rules()]:
        assert one.low < one.high and one.written(programme, one.low) != one.written(programme, one.high)
