"""What is answered to a question about a what-if: found by the job, told in words, drawn and taken along."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from typer.testing import CliRunner

from dashboard import page_record
from dashboard.cli import app
from dashboard.handouts import deck, files
from dashboard.i18n import speaking
from dashboard.jobs.question_job import answered
from dashboard.sandbox import sandbox_runs
from dashboard.sandbox.questions import answer, asking
from dashboard.sandbox.questions.kinds import QUESTIONS
from data.workspace import Workspace
from simulation.layers import PARTS
from simulation.scenario import Scenario
from tests.dashboard import reader
from tests.dashboard.questions.what_ifs import (
    BEST,
    CALL,
    MEMBERS,
    RATE,
    SCENARIO,
    TURNED,
    VIEW,
    WEIGHED,
    Inline,
    payload,
    what_if,
    words_of,
)


def test_a_break_even_is_found_kept_and_the_same_on_the_command_line(tried: Path, tmp_path: Path) -> None:
    job = Inline(Workspace.open(tried), payload(tried, "break-even", {"lever": RATE}))
    found = answered(job)
    assert job.shares == sorted(job.shares) and job.partials[-1]["tried"] == found["tried"]
    again = Inline(Workspace.open(tried), job.payload)
    assert answered(again) == found and not again.partials  # not run again
    file = tmp_path / "sandbox.yaml"
    asked = {**SCENARIO.model_dump(mode="json"), "tolerance": None}
    file.write_text(json.dumps(asked))
    told = CliRunner().invoke(app, [
        "break-even", str(file), RATE["path"], "--between", "0.5,1.5", "--members", str(MEMBERS),
        "--workers", "1", "--workspace", str(tried), "--json"])  # fmt: skip
    assert json.loads(told.stdout) == found, told.output


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_break_even_is_told_with_all_it_rests_on(own: Path, finished, monkeypatch, lang: str) -> None:
    run = finished("break-even", {"lever": RATE})
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    told = words_of(page)
    assert page.segmented_control(key="ask:question").value == "break-even"
    for stated in (str(MEMBERS), "95%", "2026", "5"):
        assert stated in told
    assert len(page.get("plotly_chart")) == 7  # six of the what-if, one of the answer
    tried = page.dataframe[-1].value
    assert len(tried) == len(run.result["tried"])
    assert not re.search(r"\bnan\b|None|effects\.|changes\.|_", tried.to_string())


def test_the_answer_of_another_what_if_is_not_shown(own: Path, finished, monkeypatch) -> None:
    run = finished("break-even", {"lever": RATE})
    registry = Workspace.open(own).registry
    first = registry.run(1)
    other = {**first.payload, "scenario": {**first.payload["scenario"], "seed": 6}}
    second = registry.create_run(sandbox_runs.KIND, other)
    registry.finish_run(second.id, result=first.result)
    page = reader.opened(VIEW, own, monkeypatch, run=str(second.id), ask=str(run.id))
    assert not page.exception and page.segmented_control(key="ask:question").value is None
    assert len(page.get("plotly_chart")) == 6


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("question", "about", "charts"),
    [("layers", {"draws": 2}, 1), ("influences", {"method": "morris", "size": 2, "levers": TURNED}, 1)],
)
def test_what_an_answer_rests_on_is_told_in_words(
    own: Path, finished, monkeypatch, question: str, about: dict[str, Any], charts: int, lang: str
) -> None:
    run = finished(question, about)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    assert page.segmented_control(key="ask:question").value == question
    assert len(page.get("plotly_chart")) == 6 + charts
    shown = page.dataframe[-1].value
    told = [shown.to_string(), *(one.value for one in page.subheader)]
    assert not re.search(r"\bnan\b|None|effects\.|behaviour\.|_", " ".join(told))
    if question == "layers":
        shares = [run.result[name] for name in PARTS if run.result.get(name) is not None]
        assert sum(shares) == pytest.approx(1) and len(shown) == len(shares)
    else:
        assert len(shown) == len(run.result["influences"]) == len(TURNED)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_given_up_for_what_is_drawn_and_told(own: Path, finished, monkeypatch, lang: str) -> None:
    run = finished("trade-offs", WEIGHED)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    shown = page.dataframe[-1].value
    assert len(shown) == len(run.result["choices"]) and len(page.get("plotly_chart")) == 7
    assert len(shown.columns) == 7  # name, the rule, both aims with an interval of their own, the front
    told = [shown.to_string(), *(one.value for one in page.subheader)]
    assert not re.search(r"\bnan\b|None|:up|:down|_", " ".join(told).replace("None of", ""))
    with speaking(lang), page_record.recording() as record:
        QUESTIONS["trade-offs"].show(what_if(own), run, run.result)
        assert QUESTIONS["trade-offs"].asked(what_if(own), run.payload["about"])
    (chart,) = (card.figure for card in record.cards if card.figure is not None)
    mark = chart.checked.data[0]
    assert [*mark.x] == [one["changes"][0] for one in run.result["choices"]]
    assert [*mark.error_y.array] == [one["half_widths"][1] or 0 for one in run.result["choices"]]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_best_candidate_can_be_tried_as_a_what_if(own: Path, finished, monkeypatch, lang: str) -> None:
    run = finished("best", BEST)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    (first, *_others) = run.result["candidates"]
    shown = page.dataframe[-1].value
    assert len(shown) == len(run.result["candidates"])
    assert shown.iloc[0, -1] == {"en": "kept", "zh": "满足"}[lang]
    said, interval = page.subheader[-3].value, {"en": "95% interval", "zh": "95% 区间"}[lang]
    assert interval in said and (
        first["gain_in_words"]["en"] == "gains" or first["gain_in_words"][lang] in said
    )
    page.button(key=f"try:{run.id}:0").click().run()
    assert not page.exception and not page.error
    tried = Workspace.open(own).registry.run(int(page.query_params["run"]))
    assert tried.status == "queued" and tried.payload["scenario"]["replications"] == SCENARIO.replications
    rate = page.number_input(key="sandbox:earning.points_per_unit")
    assert rate.value == first["values"][RATE["path"]] != SCENARIO.changes["earning.points_per_unit"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_campaign_says_of_itself_may_be_optimised(
    own: Path, tried: Path, monkeypatch, lang: str
) -> None:
    workspace = Workspace.open(own)
    registry, first = workspace.registry, workspace.registry.run(1)
    calling = SCENARIO.model_copy(update={"campaigns": Scenario(campaigns=[CALL]).campaigns})
    told = {**first.payload, "scenario": calling.model_dump(mode="json")}
    run = registry.create_run(sandbox_runs.KIND, told)
    registry.finish_run(run.id, result=first.result)
    page = reader.opened(VIEW, own, monkeypatch, run=str(run.id), lang=lang)
    page.segmented_control(key="ask:question").set_value("best").run()
    paths = ["campaigns.call.points_percent", "campaigns.call.response.returns"]
    page.multiselect(key=f"ask:{run.id}:best:rules").set_value(paths).run()
    page.number_input(key=f"ask:{run.id}:best:trials").set_value(2).run()
    page.button(key="ask:run").click().run()
    assert not page.exception and not page.error
    (asked,) = registry.runs(kind=asking.KIND)
    levers = asked.payload["about"]["levers"]
    assert [one["path"] for one in levers] == paths
    assert [(one["low"], one["high"]) for one in levers] == [(0, 300), (0, 0.04)]
    # Worked on where the other language finds it.
    answer = answered(Inline(Workspace.open(tried), {**asked.payload, "members": 60}))
    registry.finish_run(asked.id, result=answer)
    page = reader.opened(VIEW, own, monkeypatch, run=str(run.id), ask=str(asked.id), lang=lang)
    best = answer["candidates"][0]["values"]
    label = {"en": "Points on its days, of the usual at", "zh": "call · "}[lang]
    assert label in words_of(page) and "campaigns." not in words_of(page)
    page.button(key=f"try:{asked.id}:0").click().run()
    assert not page.exception and not page.error
    (line,) = registry.run(int(page.query_params["run"])).payload["scenario"]["campaigns"]
    assert [line["points_percent"], line["response"]["returns"]] == [best[path] for path in paths]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_passport_tells_verdict_reasons_and_how_near_forecasts_came(
    own: Path, finished, monkeypatch, lang
) -> None:
    about = {"origins": 1, "horizon_months": 1, "replications": 10, "draws": 2}
    run = finished("trust", about)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    told = words_of(page)
    assert run.result["verdict_words"][lang] in told.lower()
    assert all(reason[lang] in told for reason in run.result["reasons"])
    whole = run.result["coverage_whole"]["90"]
    assert f"{whole['held']} of {whole['trials']} totals" in told or lang != "en"
    shown, ends = (one.value for one in page.dataframe[-2:])
    assert len(ends) == len(run.result["ends"]) > 0
    assert len(shown) == len(run.result["metrics"])
    assert not re.search(r"\bnan\b|None|_", shown.to_string())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_winners_and_losers_are_told_by_group_and_one_by_one(
    own: Path, finished, monkeypatch, lang: str
) -> None:
    run = finished("winners", {"listed": 40})
    found = run.result
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and not page.error
    assert f"{found['all']['won']:,}" in words_of(page)
    groups, *lists = (table.value for table in page.dataframe[2:])  # after figures and targets
    assert groups.iloc[0, 1] == f"{found['all']['members']:,}" and len(groups) == 1 + len(found["groups"])
    most = found["most"]
    assert [list(one.iloc[:, 0]) for one in lists] == [
        [f"member?member={member['member']}&lang={lang}" for member in most[outcome]]
        for outcome in ("lost", "won", "mixed")
        if most[outcome]
    ]
    assert all(len(most[one]) == min(found["all"][one], 40) for one in most)
    assert not re.search(r"\bnan\b|None", "".join(one.to_string() for one in lists))


def test_the_command_line_tells_the_same_winners(tried: Path, tmp_path: Path) -> None:
    found = answered(Inline(Workspace.open(tried), payload(tried, "winners", {"listed": 5})))
    file = tmp_path / "sandbox.yaml"
    file.write_text(json.dumps(SCENARIO.model_dump(mode="json")))
    told = CliRunner().invoke(app, ["winners", str(file), "--list", "5", "--workspace", str(tried), "--json"])
    assert json.loads(told.stdout) == found, told.output


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("break-even", {"lever": RATE}),
        ("layers", {"draws": 2}),
        ("influences", {"method": "morris", "size": 2, "levers": TURNED}),
        ("best", BEST),
        ("trade-offs", WEIGHED),
        ("trust", {"origins": 1, "horizon_months": 2, "replications": 10, "draws": 2}),
        ("winners", {"listed": 40}),
    ],
)
def test_an_answer_can_be_taken_along_as_slides(own: Path, finished, question: str, about) -> None:
    run = finished(question, about)
    with speaking("en"), page_record.recording() as record:
        QUESTIONS[question].show(what_if(own), run, run.result)
        slides = Presentation(io.BytesIO(deck.deck(record))).slides
    titles = [slide.shapes.title.text for slide in slides]
    (_page, told) = record.parts()
    assert titles == [told.sentence, *(card.title for card in record.cards)]
    notes = [slide.notes_slide.notes_text_frame.text for slide in slides]
    assert "snapshot 1" in told.provenance and all(told.provenance in one for one in notes)
    assert question == "winners" or ("data to" in told.provenance and "seed 5" in told.provenance)
    about = load_workbook(io.BytesIO(files.workbook(record))).worksheets[0]
    rows = [row[:2] for row in about.iter_rows(values_only=True)]
    assert ("Answer", told.sentence) in rows and ("Source", told.provenance) in rows


def test_an_answer_counts_what_the_reader_supposes(own: Path) -> None:
    calling = SCENARIO.model_copy(update={"campaigns": Scenario(campaigns=[CALL]).campaigns})
    asked = payload(own, "layers", {"draws": 2}) | {"scenario": calling.model_dump(mode="json")}
    run = Workspace.open(own).registry.create_run(asking.KIND, asked)
    found = {"from": "2026-11-01", "to": "2026-12-31", "data_to": "2026-10-31", "members": 3, "scale": 1}
    with speaking("en"):
        assert answer.provenance(run, found).endswith(" · rests on 2 assumptions of yours")
