"""The sandbox asks clearly, refuses what cannot be, and shows exactly what the simulation found."""

from __future__ import annotations

import io
import json
import re
import shutil
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pptx import Presentation
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import figures, seen, sentences
from dashboard.cli import app
from dashboard.commands.simulate import found_scenario
from dashboard.handouts import deck
from dashboard.i18n import speaking
from dashboard.jobs.calibrated import told_past
from dashboard.jobs.job_process import JobProcess
from dashboard.jobs.simulation_job import document
from dashboard.sandbox import (
    comparison_charts,
    comparison_page,
    finding,
    levers,
    sandbox_runs,
    scenario_form,
    verdict,
)
from dashboard.sandbox.comparison import Estimate, Found
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, Reward, Tier
from simulation.experiment import compare
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
GOLD = "sandbox:tiers.gold.threshold"
MONTHS, REPLICATIONS = 3, 3
CLUB = Programme(
    name="club",
    currency="GBP",
    tiers=(Tier(name="member"), Tier(name="silver", threshold=500), Tier(name="gold", threshold=1000)),
    rewards=(Reward(name="tea", points=200, cost=3),),
)


@pytest.fixture(scope="module")
def demo(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with a finished and an unchanged what-if."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("sandbox") / demo.name)
    for changes in ({"tiers.gold.threshold": 9000, "earning.points_per_unit": 1.5}, {}):
        _simulated(Workspace.open(folder), changes)
    return folder


def _simulated(workspace: Workspace, changes: dict) -> None:
    """A finished run with what the simulation really finds."""
    programme, snapshot = workspace.programme, workspace.latest()
    scenario = Scenario(name="sandbox", changes=changes, months=MONTHS, replications=REPLICATIONS, seed=5)
    payload = {
        "programme": programme.model_dump(mode="json"),
        "scenario": scenario.model_dump(mode="json"),
        "snapshot": snapshot.id,
        "members": 300,
    }
    past, calibration = told_past(workspace, snapshot, programme)
    found = document(compare(past, programme, scenario, calibration=calibration, members=300))
    run = workspace.registry.create_run(sandbox_runs.KIND, payload)
    workspace.registry.finish_run(run.id, result=found)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members and four sales."""
    folder = tmp_path_factory.mktemp("sandbox") / "small"
    workspace = Workspace.open(folder)
    workspace.apply_programme(CLUB)
    sales = [("s1", "ann", "2026-09-28", 4000), ("s2", "bob", "2026-09-30", 2500),
             ("s3", "ann", "2026-10-12", 6000), ("s4", "cai", "2026-10-31", 120000)]  # fmt: skip
    purchases = pd.DataFrame(sales, columns=["purchase_id", "member_id", "occurred_at", "amount"])
    purchases["occurred_at"] = pd.to_datetime(purchases["occurred_at"] + "T12:00:00Z")
    with workspace.writer("test") as writer:
        writer.append("purchases", purchases.assign(kind="sale"))
        writer.publish("test")
    return folder


@pytest.fixture
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queued runs stay queued: nothing works on them."""
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(VIEW, workspace, monkeypatch, **query)


def words_of(page: AppTest) -> str:
    parts = [
        *page.markdown,
        *page.caption,
        *page.title,
        *page.header,
        *page.subheader,
        *page.info,
        *page.error,
    ]
    fields = [field.label for field in [*page.number_input, *page.button, *page.expander]]
    tables = [table.value.to_string() for table in page.dataframe]
    return " ".join([*(str(part.value) for part in parts), *fields, *tables])


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


def test_a_waiting_run_is_found_by_its_address_and_can_be_cancelled(own_small, monkeypatch, no_job_process):
    first = opened(own_small, monkeypatch)
    first.form_submit_button(key="sandbox:run").click().run()
    run = first.query_params["run"]
    second = opened(own_small, monkeypatch, run=run)
    second.button(key=f"cancel:{run}").click().run()
    assert Workspace.open(own_small).registry.run(int(run)).status == "cancelled"
    assert any("cancelled" in info.value for info in second.info)


@pytest.fixture
def own_small(small, tmp_path) -> Path:
    """A copy that the test may change."""
    return shutil.copytree(small, tmp_path / "own")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_result_is_shown_with_everything_it_rests_on(demo, monkeypatch, lang):
    page = opened(demo, monkeypatch, lang=lang, run="1")
    assert not page.exception and not page.error
    shown = words_of(page)
    assert "9,000" in page.header[0].value and "95%" in page.header[0].value
    provenance = page.caption[2].value
    for stated in (str(REPLICATIONS), "5", "300", "2026"):
        assert stated in provenance
    assert len(page.get("plotly_chart")) == 6
    assert not re.search(r"\bnan\b|NaT|<NA>|\binf\b", shown)
    assert not re.search(
        r"\b(tier_members|reward_cost|points_outstanding|goal_gradient|members_active)\b", shown
    )
    if lang == "zh":
        assert not re.search(r"[A-Za-z]{4,} [a-z]{4,} [a-z]{4,}", without_sources(page))


@pytest.mark.parametrize("sentence", [*sentences.SOURCES, *sentences.REASONS])
def test_every_sentence_of_simulator_and_intake_is_said_in_chinese(sentence):
    words = {"count": "1,234", "of": "26,091", "days": "365", "why": "fewer than 30 redemptions",
             "column": "金额", "form": "%d/%m/%Y", "least": "0", "most": "9", "what": "CNY"}  # fmt: skip
    written = sentence.format(**words)
    assert sentences.said(written) == written
    with speaking("zh"):
        said = sentences.said(written)
    assert said != written and re.search("[一-龥]", said)
    assert all(words[name] in said for name in re.findall(r"{(\w+)}", sentence) if name != "why")


def without_sources(page: AppTest) -> str:
    """All words but those of the table of sources, which stay in the language of their papers."""
    parts = [*page.markdown, *page.caption, *page.header, *page.subheader]
    return " ".join([*(str(part.value) for part in parts), page.dataframe[0].value.to_string()])


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


@pytest.mark.parametrize(("lang", "sentence"), [
    ("en", "Nothing would change: every difference is exactly 0."),
    ("zh", "不会有任何变化：所有差异均为 0。"),
])  # fmt: skip
def test_a_what_if_equal_to_the_programme_in_force_says_that_nothing_changes(
    demo, monkeypatch, lang, sentence
):
    page = opened(demo, monkeypatch, lang=lang, run="2")
    assert page.header[0].value == sentence
    difference = page.dataframe[0].value.iloc[:, 3]
    assert {re.sub(r"[^\d.−+]", "", shown).strip("0.") for shown in difference} == {""}
    _gain, chance, *_rest = page.metric
    assert chance.value.strip() == figures.UNKNOWN  # and not a half


def test_an_earlier_run_opens_by_a_click(demo, monkeypatch):
    page = opened(demo, monkeypatch, run="2")
    page.button(key="open:1").click().run()
    assert page.query_params["run"] == "1"
    assert "9,000" in page.header[0].value


@pytest.mark.parametrize("run", ["77", "abc", "-1", "9" * 30])
def test_an_address_with_an_unknown_run_still_shows_the_form(demo, monkeypatch, run):
    page = opened(demo, monkeypatch, run=run)
    assert not page.exception and len(page.warning) == 1
    gold = next(tier for tier in Workspace.open(demo).programme.tiers if tier.name == "gold")
    assert page.number_input(key=GOLD).value == gold.threshold


@pytest.mark.parametrize(("status", "box"), [("failed", "error"), ("interrupted", "warning")])
def test_a_run_without_a_result_says_why(own_small, monkeypatch, status, box):
    workspace = Workspace.open(own_small)
    scenario = Scenario().model_dump(mode="json")
    payload = {"programme": CLUB.model_dump(mode="json"), "scenario": scenario, "snapshot": 1, "members": 3}
    run = workspace.registry.create_run(sandbox_runs.KIND, payload)
    workspace.registry.finish_run(run.id, status, message="no seats left; take fewer")
    page = opened(own_small, monkeypatch, run=str(run.id))
    (said,) = getattr(page, box)
    assert "no seats left" in said.value or "interrupted" in said.value
    assert not page.exception


def test_what_is_shown_is_what_the_simulation_found(demo):
    """The horizon's figures against plain sums over the months of each replication."""
    workspace = Workspace.open(demo)
    programme, snapshot = workspace.programme, workspace.latest()
    scenario = Scenario(changes={"tiers.gold.threshold": 9000}, months=MONTHS, replications=2, seed=5)
    compared = compare(live_history(snapshot, programme), programme, scenario, members=300)
    found = Found(document(compared))
    totals, closes, rates = [], [], []
    for baseline, other in compared.pairs.values():
        sides = [{name: [v for (end, m, t), v in side.items() if (m, t) == (name, "")]
                  for name in ("revenue", "points_outstanding", "points_redeemed", "points_issued")}
                 for side in (baseline, other)]  # fmt: skip
        totals.append(sum(sides[1]["revenue"]) - sum(sides[0]["revenue"]))
        closes.append(sides[1]["points_outstanding"][-1] - sides[0]["points_outstanding"][-1])
        rates.append(sum(sides[1]["points_redeemed"]) / sum(sides[1]["points_issued"]))
    assert found.in_all("differences", "revenue").mean == pytest.approx(np.mean(totals))
    assert found.in_all("differences", "points_outstanding").mean == pytest.approx(np.mean(closes))
    assert found.in_all("scenario", "redemption_rate").mean == pytest.approx(np.mean(rates))
    assert found.period_ends == [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31)]


def invented(mean: float, low: float | None, high: float | None) -> Found:
    """A result with one difference for every figure."""
    row = {"mean": mean, "low": low, "high": high}
    figures = [{"metric": name, **row} for name in ("revenue", "reward_cost", "redemption_rate")]
    tiers = [{"metric": "tier_members", "member_tier": "gold", **row}]
    rows = [{"period_end": "2027-10-31", **one} for one in (*figures, *tiers)]
    return Found(
        {
            "baseline": {"values": rows},
            "scenario": {"values": rows},
            "differences": rows,
            "horizon": {"baseline": rows, "scenario": rows, "differences": rows},
            "money": row,
        }
    )


@pytest.mark.parametrize(("lang", "expected"), [
    ("en", "Gold threshold raised to £5,000: it loses £312 (95% interval −£337 to −£287); "
           "about 312 (±25) fewer members in Gold on 31 Oct 2027; "
           "reward cost falls by £312 (95% interval £287 to £337)."),
    ("zh", "Gold门槛提高到 £5,000：净亏 £312（95% 区间 −£337 至 −£287）；"
           "2027年10月31日Gold约减少 312 人（±25）；"
           "权益成本减少 £312（95% 区间 £287 至 £337）。"),
])  # fmt: skip
def test_the_headline_names_cause_effect_and_interval(lang, expected):
    with speaking(lang):
        said = finding.headline(invented(-312, -337, -287), CLUB, {"changes": {"tiers.gold.threshold": 5000}})
    assert said == expected


@pytest.mark.parametrize(("lang", "expected"), [
    ("en", "Gold for a fee of £298: it loses £312 (95% interval −£337 to −£287); "
           "about 312 (±25) fewer members in Gold on 31 Oct 2027; "),
    ("zh", "Gold定价 £298：净亏 £312（95% 区间 −£337 至 −£287）；2027年10月31日Gold约减少 312 人（±25）；"),
])  # fmt: skip
def test_the_headline_names_a_fee_and_who_pays_it(lang, expected):
    *free, gold = CLUB.tiers
    sold = CLUB.model_copy(update={"tiers": (*free, Tier(name=gold.name, entry="paid", fee=198))})
    with speaking(lang):
        said = finding.headline(invented(-312, -337, -287), sold, {"changes": {"tiers.gold.fee": 298}})
    assert said.startswith(expected)


GAIN = {"probability_better": 0.9, "likely_better": {"en": "likely", "zh": "可能"},
        "meaning": {"en": "Margin.", "zh": "毛利。"}, "notes": []}  # fmt: skip


@pytest.mark.parametrize(("ends", "changed", "told"), [
    ((-312, -337, -287), {},
     [("−£312", "95% interval −£337 to −£287"), ("90%", "likely; of 10 replications"),
      ("−312", "95% interval −337 to −287"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
    ((12, None, None), {"tiers.silver.threshold": 400},
     [("+£12", "one run only"), ("–", "one run only"), ("+12", "one run only"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
    ((0, 0, 0), {},
     [("£0", "95% interval £0 to £0"), ("–", "no difference"), ("0", "no difference"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
])  # fmt: skip
def test_a_board_reads_first_what_it_is_worth_how_surely_whom_it_moves_and_what_it_rests_on(
    ends, changed, told
):
    found = invented(*ends)
    document = found.document | {"money": found.document["money"] | GAIN, "replications": 10}
    parts = [{"status": "assumption"}, {"status": "published"}]
    with speaking("en"):
        tiles = verdict.answered(Found(document), CLUB, changed, parts)
    assert [(one.value, one.beside) for one in tiles] == told


@pytest.mark.parametrize(("metric", "value", "written"), [
    ("redemption_rate", 0.005, "+0.5 pp"), ("redemption_rate", -0.0025, "−0.25 pp"),
    ("redemption_rate", 0.0, "0.0 pp"), ("members_active", -0.75, "−0.75"), ("members_active", 2.0, "+2"),
    ("members_active", 0.5, "+0.5"), ("members_active", 2500.0, "+2,500"),
])  # fmt: skip
def test_the_steps_of_an_axis_are_told_apart(metric, value, written):
    assert finding.short_signed(METRICS[metric], CLUB, value) == written


@pytest.mark.parametrize(("metric", "ends", "written"), [
    ("members_active", (-1.6, -13.2, 17.1), ["−2", "−13 to +17"]),
    ("members_active", (-0.6, -1.6, 0.4), ["−0.6", "−1.6 to +0.4"]),
    ("redemption_rate", (0.0001, -0.00002, 0.0003), ["+0.01 pp", "0.00 pp to +0.03 pp"]),
])  # fmt: skip
def test_a_difference_and_its_interval_are_rounded_alike_and_nought_has_no_sign(metric, ends, written):
    estimate, metric = Estimate(*ends), METRICS[metric]
    said = finding.signed(metric, CLUB, estimate.mean, estimate.values)
    assert [said, finding.between(metric, CLUB, estimate)] == written


@pytest.mark.parametrize(("lang", "expected", "titles"), [
    ("en", "Gold threshold raised to £5,000: worth −£312 (one run only); "
           "about 312 (one run only) fewer members in Gold on 31 Oct 2027; reward cost −£312 (one run only).",
     ["Member revenue: −£312, one run only", "Tiers: one run only"]),
    ("zh", "Gold门槛提高到 £5,000：价值 −£312（仅 1 次重复）；"
           "2027年10月31日Gold约减少 312 人（仅 1 次重复）；"
           "权益成本 −£312（仅 1 次重复）。",
     ["会员消费额：−£312（仅 1 次重复）", "等级：仅 1 次重复"]),
])  # fmt: skip
def test_one_run_alone_is_not_said_to_be_within_chance(lang, expected, titles):
    found = invented(-312, None, None)
    with speaking(lang):
        assert finding.headline(found, CLUB, {"changes": {"tiers.gold.threshold": 5000}}) == expected
        assert [finding.title(found, CLUB, "revenue"), finding.tier_title(found, CLUB)] == titles


def test_tiers_for_sale_have_a_field_for_their_fee():
    sold = {"entry": "paid", "fee": 198}
    tiers = (Tier(name="member"), Tier(name="plus", **sold), Tier(name="gift", entry="paid"))
    found = levers.levers(CLUB.model_copy(update={"tiers": tiers}))
    (fee,) = (one for one in found if one.group == levers.FEES)
    assert (fee.path, fee.now, fee.written, fee.label) == ("tiers.plus.fee", 198, "198", "Plus")


def test_a_difference_within_chance_is_not_sold_as_one():
    said = finding.headline(invented(-12, -40, 16), CLUB, {"changes": {"earning.points_per_unit": 2}})
    assert "no clear gain or loss (95% interval −£40 to +£16)" in said
    assert "falls" not in said and "no clear change of reward cost (95% interval −£40 to +£16)" in said
    assert finding.title(invented(-12, -40, 16), CLUB, "revenue").endswith("no clear difference")


def test_a_tier_stands_at_its_difference_with_the_numbers_behind_it():
    gold = comparison_charts.TierChange(
        label="Gold",
        members=(Estimate(136.0, 129.0, 143.0), Estimate(22.0, 20.0, 24.0)),
        difference=Estimate(-114.0, -123.0, -106.0),
        shares=(Estimate(0.02, 0.02, 0.02), Estimate(0.004, 0.004, 0.004)),
    )
    figure = comparison_charts.distribution([gold], ("In force", "What-if"), str, str).checked
    shares, gains = figure.data
    assert list(shares.x) == [0.02, 0.004] and list(gains.x) == [-114.0]
    assert (list(gains.error_x.array), list(gains.error_x.arrayminus)) == ([8.0], [9.0])
    assert "136" in figure.layout.annotations[0].text and "22" in figure.layout.annotations[0].text
    assert [shape.x0 for shape in figure.layout.shapes] == [0]


def test_a_band_holds_the_line_and_the_zero_line_is_drawn():
    estimates = [Estimate(-1.0, -2.0, 0.5), Estimate(2.0, 1.0, 3.0), Estimate(None, None, None)]
    figure = comparison_charts.difference(["a", "b", "c"], estimates, str, str).checked
    low, high, line = (trace.y for trace in figure.data)
    assert (list(low), list(high), list(line)) == ([-2.0, 1.0, None], [0.5, 3.0, None], [-1.0, 2.0, None])
    assert figure.data[1].fill == "tonexty"
    assert [shape.y0 for shape in figure.layout.shapes] == [0]


def test_the_job_process_finds_the_very_same_as_a_single_process(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("LOYALTY_WORKERS", "2")
    folder = shutil.copytree(demo, tmp_path / "demo 会员 [2]")
    registry = Workspace.open(folder).registry
    finished = registry.run(1)
    process = JobProcess(folder)
    process.ensure()
    run = registry.create_run(sandbox_runs.KIND, finished.payload)
    end = time.monotonic() + 300
    while (again := registry.run(run.id)).status in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.1)
    process.end()
    assert again.status == "done", again.message
    for name, value in finished.result.items():
        assert again.result[name] == value, name


def desks_on_screen():
    from dashboard.sandbox import desk_table

    estimate = {"mean": 12.0, "low": 9.5, "high": 14.5}
    one = {"desk": "parcels", "figure": "requests", "baseline": estimate, "scenario": estimate}
    share = one | {"figure": "within_promise", "difference": {"mean": -0.25, "low": None, "high": None}}
    rows = [one | {"difference": estimate}, share]
    monthly = [row | {"period_end": "2026-11-30"} for row in rows]
    desk_table.table({"desks": [*(row | {"period_end": None} for row in rows), *monthly]})
    desk_table.table({"desks": []})


def test_desks_are_told_over_the_whole_span_beside_the_programme_in_force():
    page = AppTest.from_function(desks_on_screen).run()
    assert not page.exception and len(page.dataframe) == 1
    requests, kept = page.dataframe[0].value.to_dict("records")
    assert requests["Desk"] == "parcels" and requests["What-if"] == "12"
    assert (requests["Difference"], requests["95% interval"]) == ("+12.0", "+9.5 to +14.5")
    assert (kept["Difference"], kept["95% interval"]) == ("−25.0 pp", "–")


def test_a_what_if_can_be_taken_along_with_its_intervals_and_grounds(demo, monkeypatch):
    with speaking("en"):
        run = Workspace.open(demo).registry.run(1)
        with seen.watching() as sight:
            comparison_page.result(run, run.result)
        assert sight.sentence.startswith("Gold threshold raised to")
        assert sight.provenance == comparison_page.provenance(run, Found(run.result))
        slides = Presentation(io.BytesIO(deck.deck(sight))).slides
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    assert titles == [sight.sentence, *(card.title for card in sight.cards)]
    assert titles[-1].startswith("What this rests on")
    (chart, *_others) = (shape.chart for slide in slides for shape in slide.shapes if shape.has_chart)
    months = Found(run.result).by_month("differences", "reward_cost")
    assert [list(one.values) for one in chart.plots[0].series] == [
        [getattr(month, end) for month in months] for end in ("low", "high", "mean")
    ]
