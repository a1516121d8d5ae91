"""The form of the sandbox asks for every value of the programme, and refuses what cannot be."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import speaking
from dashboard.sandbox import levers, scenario_form
from data.workspace import Workspace
from loyalty_core.rules.programme import Tier
from simulation.scenario import Scenario
from tests.dashboard.sandbox.pages import CLUB, GOLD, MONTHS, opened, words_of


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("which", ["demo", "small"])
def test_every_value_of_the_programme_in_force_is_a_field(which, lang, request, monkeypatch):
    folder = request.getfixturevalue(which)
    page = opened(folder, monkeypatch, lang=lang)
    assert not page.exception and not page.error
    with speaking(lang):
        for lever in levers.levers(Workspace.open(folder).programme):
            field = page.number_input(key=f"sandbox:{lever.path}")
            assert field.value == lever.now
            assert lever.label in field.label and lever.written in field.label


def test_an_empty_workspace_says_what_to_do(tmp_path, monkeypatch):
    page = opened(tmp_path / "empty", monkeypatch)
    assert not page.exception and not page.error
    assert "No data yet" in words_of(page)
    assert not page.number_input


@pytest.mark.parametrize(("lang", "sentence"), [
    ("en", "Gold needs a threshold above that of Silver (£500)."),
    ("zh", "Gold的门槛必须高于Silver（£500）。"),
])  # fmt: skip
def test_thresholds_out_of_order_are_refused_in_the_reader_s_language(small, monkeypatch, lang, sentence):
    page = opened(small, monkeypatch, lang=lang)
    page.number_input(key=GOLD).set_value(400)
    page.form_submit_button(key="sandbox:run").click().run()
    assert [error.value for error in page.error] == [sentence]
    assert "run" not in page.query_params
    assert Workspace.open(small).registry.runs() == []


def test_a_value_finer_than_the_points_is_refused_with_one_line():
    (wrong,) = scenario_form.problems(CLUB, Scenario(changes={"rewards.tea.points": 200.5}))
    assert "200.5" in wrong and "\n" not in wrong


def test_the_form_queues_what_was_asked_and_only_once(own_small, monkeypatch, no_job_process):
    page = opened(own_small, monkeypatch)
    page.number_input(key=GOLD).set_value(1200)
    page.number_input(key="sandbox:months").set_value(6)
    page.number_input(key="sandbox:expiry.months").set_value(9)
    page.form_submit_button(key="sandbox:run").click().run()
    assert not page.exception and not page.error
    registry = Workspace.open(own_small).registry
    (run,) = registry.runs()
    assert page.query_params["run"] == str(run.id)
    assert run.status == "queued" and run.payload["members"] == 3
    assert run.payload["scenario"]["changes"] == {"tiers.gold.threshold": 1200, "expiry.months": 9}
    assert run.payload["scenario"]["months"] == 6
    page.form_submit_button(key="sandbox:run").click().run()
    assert len(registry.runs()) == 1
    monkeypatch.setattr("simulation.experiment.LAYOUT", 0)  # answers have come to tell more since
    page.form_submit_button(key="sandbox:run").click().run()
    assert len(registry.runs()) == 2


def test_the_form_makes_way_for_each_answer_until_its_reader_opens_it_again(
    own_small, monkeypatch, no_job_process
):
    page = opened(own_small, monkeypatch)
    assert page.session_state["change"]
    page.form_submit_button(key="sandbox:run").click().run()
    assert not page.session_state["change"]
    page.session_state["change"] = True
    assert page.run().session_state["change"]
    page.number_input(key=GOLD).set_value(1200)
    page.form_submit_button(key="sandbox:run").click().run()
    assert not page.session_state["change"]


def test_a_field_is_not_written_over_while_the_reader_types_the_next_question(
    own_small, monkeypatch, no_job_process
):
    page = opened(own_small, monkeypatch)
    page.number_input(key=GOLD).set_value(1200)
    page.form_submit_button(key="sandbox:run").click().run()
    assert page.query_params["run"]
    assert not [field.label for field in page.number_input if field.proto.set_value]
    fresh = opened(own_small, monkeypatch, run=page.query_params["run"])
    assert fresh.number_input(key=GOLD).proto.set_value and fresh.number_input(key=GOLD).value == 1200


def test_the_run_s_values_fill_the_form_of_whoever_opens_it(demo, monkeypatch):
    page = opened(demo, monkeypatch, run="1")
    assert page.number_input(key=GOLD).value == 9000
    assert page.number_input(key="sandbox:earning.points_per_unit").value == 1.5
    assert page.number_input(key="sandbox:months").value == MONTHS
    assert page.number_input(key="sandbox:members").value == 300


def test_back_to_the_programme_in_force_undoes_every_change(demo, monkeypatch):
    page = opened(demo, monkeypatch, run="1")
    page.form_submit_button(key="sandbox:reset").click().run()
    in_force = {lever.path: lever.now for lever in levers.levers(Workspace.open(demo).programme)}
    assert {path: page.number_input(key=f"sandbox:{path}").value for path in in_force} == in_force


def test_tiers_for_sale_have_a_field_for_their_fee():
    sold = {"entry": "paid", "fee": 198}
    tiers = (Tier(name="member"), Tier(name="plus", **sold), Tier(name="gift", entry="paid"))
    found = levers.levers(CLUB.model_copy(update={"tiers": tiers}))
    (fee,) = (one for one in found if one.group == levers.FEES)
    assert (fee.path, fee.now, fee.written, fee.label) == ("tiers.plus.fee", 198, "198", "Plus")


def staffed(page: AppTest, **fields: float) -> AppTest:
    """A contact centre in the form; sent."""
    for name, value in {"places": 2, **fields}.items():
        page.number_input(key=f"sandbox:desks.contact.{name}").set_value(value)
    return page.form_submit_button(key="sandbox:run").click().run()


def test_a_desk_with_staff_and_hours_is_asked_for_and_filled_in_again(own_small, monkeypatch, no_job_process):
    page = opened(own_small, monkeypatch)
    page.selectbox(key="sandbox:desks.contact.opens").set_value("10:00")
    page.selectbox(key="sandbox:desks.contact.closes").set_value("20:30")
    staffed(page, asked_per_sale=2.5, promised_hours=4)
    assert not page.exception and not page.error
    (run,) = Workspace.open(own_small).registry.runs()
    (desk,) = run.payload["scenario"]["desks"]
    assert (desk["work"], desk["places"], desk["opens"], desk["closes"]) == ("contact", 2, "10:00", "20:30")
    assert (desk["asked_per_sale"], desk["promised_hours"]) == (0.025, 4)
    colleague = opened(own_small, monkeypatch, run=str(run.id), lang="zh")
    assert colleague.selectbox(key="sandbox:desks.contact.closes").value == "20:30"
    assert colleague.number_input(key="sandbox:desks.contact.asked_per_sale").value == 2.5
    assert colleague.number_input(key="sandbox:desks.fulfilment.places").value == 0
    assert "联络中心" in words_of(colleague)


def test_a_desk_that_never_opens_or_that_nobody_asks_is_refused(own_small, monkeypatch, no_job_process):
    nothing = {f"asked_per_{what}": 0.0 for what in ("sale", "redemption", "refund")}
    page = opened(own_small, monkeypatch)
    page.selectbox(key="sandbox:desks.contact.closes").set_value("08:00")
    staffed(page, **nothing)
    assert ["Contact centre: " in error.value for error in page.error] == [True, True]
    assert Workspace.open(own_small).registry.runs() == []
