"""Runs of the sandbox: found by their address, shown with what they rest on, and exactly as simulated."""

from __future__ import annotations

import io
import re
import shutil
import time
from datetime import date

import numpy as np
import pytest
from pptx import Presentation
from streamlit.testing.v1 import AppTest

from dashboard import figures, page_record, sentences
from dashboard.handouts import deck
from dashboard.i18n import speaking
from dashboard.jobs.job_process import JobProcess
from dashboard.jobs.simulation_job import document
from dashboard.sandbox import comparison_page, sandbox_runs
from dashboard.sandbox.comparison import Found
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import programme_from_dict
from simulation.experiment import compare
from simulation.scenario import Scenario
from simulation.unseen import EXPIRY
from tests.dashboard.sandbox.pages import CLUB, GOLD, MONTHS, REPLICATIONS, opened, words_of


def test_a_waiting_run_is_found_by_its_address_and_can_be_cancelled(own_small, monkeypatch, no_job_process):
    first = opened(own_small, monkeypatch)
    first.form_submit_button(key="sandbox:run").click().run()
    run = first.query_params["run"]
    second = opened(own_small, monkeypatch, run=run)
    second.button(key=f"cancel:{run}").click().run()
    assert Workspace.open(own_small).registry.run(int(run)).status == "cancelled"
    assert any("cancelled" in info.value for info in second.info)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_result_is_shown_with_everything_it_rests_on(demo, monkeypatch, lang):
    page = opened(demo, monkeypatch, lang=lang, run="1")
    assert not page.exception and not page.error
    shown = words_of(page)
    assert "9,000" in page.header[0].value and "95%" in page.header[0].value
    provenance = page.caption[2].value
    for stated in (str(REPLICATIONS), "5", "300", "2026"):
        assert stated in provenance
    unseen = EXPIRY.filled(months=12)(lang)  # which a run of three months is too short to show
    assert [one.value for one in page.info] == [unseen]
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


@pytest.mark.parametrize(("lang", "sentence"), [
    ("en", "Nothing would change: every difference is exactly 0."),
    ("zh", "不会有任何变化：所有差异均为 0。"),
])  # fmt: skip
def test_a_what_if_equal_to_the_programme_in_force_says_that_nothing_changes(
    demo, monkeypatch, lang, sentence
):
    page = opened(demo, monkeypatch, lang=lang, run="2")
    assert page.header[0].value == sentence
    difference = page.dataframe[0].value.iloc[:, 1]
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


def test_a_what_if_can_be_taken_along_with_its_intervals_and_grounds(demo, monkeypatch):
    with speaking("en"):
        run = Workspace.open(demo).registry.run(1)
        with page_record.recording() as record:
            comparison_page.result(run, run.result)
        assert record.sentence.startswith("Gold threshold raised to")
        told = comparison_page.provenance(run, Found(run.result))
        assert record.provenance == f"{told} · {EXPIRY.filled(months=12).en}"
        slides = Presentation(io.BytesIO(deck.deck(record))).slides
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    assert titles == [record.sentence, *(card.title for card in record.cards)]
    assert titles[-1].startswith("What this rests on")
    notes = {slide.shapes.title.text_frame.text: slide.notes_slide.notes_text_frame.text for slide in slides}
    programme = programme_from_dict(run.payload["programme"])
    for key, name in {"tiers": "tier_members", "reward_cost": "reward_cost"}.items():
        (title,) = [card.title for card in record.cards if card.key == key]
        assert METRICS[name].meaning_for(programme).en in notes[title]
    (chart, *_others) = (shape.chart for slide in slides for shape in slide.shapes if shape.has_chart)
    months = Found(run.result).by_month("differences", "reward_cost")
    assert [list(one.values) for one in chart.plots[0].series] == [
        [getattr(month, end) for month in months] for end in ("low", "high", "mean")
    ]
