"""What is asked further of a what-if: asked by a form, worked on by the job process, answered in words."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
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
from dashboard.jobs import kept_results, question_job
from dashboard.jobs.calibrated import told_past
from dashboard.jobs.lanes import Cancelled
from dashboard.jobs.question_job import answered
from dashboard.jobs.simulation_job import document
from dashboard.sandbox import sandbox_runs
from dashboard.sandbox.comparison_page import TABLED
from dashboard.sandbox.questions import answer, asking
from dashboard.sandbox.questions.kinds import QUESTIONS
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from simulation.experiment import compare
from simulation.horizon import OF_HORIZON
from simulation.layers import PARTS
from simulation.levers import Lever, known_levers
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
MEMBERS = 150
SCENARIO = Scenario(
    name="sandbox", changes={"earning.points_per_unit": 1.5}, months=2, replications=2, seed=5
)
RATE = {"path": "changes.earning.points_per_unit", "low": 0.5, "high": 1.5}
TURNED = [
    {"path": "effects.goal_gradient", "low": 0.0, "high": 0.45, "status": "published"},
    {"path": "effects.demotion", "low": 0.8, "high": 1.0, "status": "assumption"},
]


class Inline:
    """A job that is worked on here; `patience` says after how many results nobody wants it any more."""

    executor = None

    def __init__(self, workspace: Workspace, payload: dict[str, Any], patience: int = 10_000) -> None:
        self.workspace, self.payload, self.patience = workspace, payload, patience
        self.shares: list[float] = []
        self.partials: list[dict[str, Any]] = []

    def report(
        self, share: float, stage: str = "", partial: dict[str, Any] | None = None, **about: Any
    ) -> None:
        assert stage in asking.STAGES
        self.shares.append(share)
        self.partials += [] if partial is None else [partial]

    def cancelled(self) -> bool:
        return len(self.partials) >= self.patience


@pytest.fixture(autouse=True)
def _every_partial_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """However soon one follows the other."""
    monkeypatch.setattr(question_job, "PARTIAL_SECONDS", 0.0)


@pytest.fixture(scope="module")
def tried(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with a finished what-if."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("questions") / "demo")
    workspace = Workspace.open(folder)
    programme, snapshot = workspace.programme, workspace.latest()
    payload = {
        "programme": programme.model_dump(mode="json"),
        "scenario": SCENARIO.model_dump(mode="json"),
        "snapshot": snapshot.id,
        "members": MEMBERS,
    }
    past, calibration = told_past(workspace, snapshot, programme)
    found = document(compare(past, programme, SCENARIO, calibration=calibration, members=MEMBERS))
    workspace.registry.finish_run(workspace.registry.create_run(sandbox_runs.KIND, payload).id, result=found)
    return folder


@pytest.fixture
def own(tried: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that the test may change, of which nothing that is queued is worked on."""
    for place in ("dashboard.sandbox.questions.asking", "dashboard.sandbox.sandbox_runs", "dashboard.runs"):
        monkeypatch.setattr(f"{place}.ensure_job_process", lambda folder: None)
    return shutil.copytree(tried, tmp_path / "own")


def what_if(folder: Path) -> WhatIf:
    workspace = Workspace.open(folder)
    return WhatIf(workspace, workspace.registry.run(1))


def payload(folder: Path, question: str, about: dict[str, Any]) -> dict[str, Any]:
    gain = {"gain": what_if(folder).gain} if question in ("layers", "trust") else {}
    return what_if(folder).payload(question, about | gain, MEMBERS, 2)


@pytest.fixture(scope="module")
def answers(tried: Path) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """What the job really answers, found once for all tests."""
    known: dict[str, dict[str, Any]] = {}

    def of(question: str, about: dict[str, Any]) -> dict[str, Any]:
        if question not in known:
            asked = payload(tried, question, about)
            known[question] = json.loads(json.dumps(answered(Inline(Workspace.open(tried), asked))))
        return known[question]

    return of


@pytest.fixture
def finished(own: Path, answers) -> Callable[[str, dict[str, Any]], Run]:
    """A question that was answered."""

    def run(question: str, about: dict[str, Any]) -> Run:
        registry = Workspace.open(own).registry
        asked = registry.create_run(asking.KIND, payload(own, question, about))
        registry.finish_run(asked.id, result=answers(question, about))
        return registry.run(asked.id)

    return run


def words_of(page) -> str:
    parts = [*page.markdown, *page.caption, *page.header, *page.subheader, *page.error]
    tables = [table.value.to_string() for table in page.dataframe]
    return " ".join([*(str(part.value) for part in parts), *(one.label for one in page.button), *tables])


def chosen(folder: Path, monkeypatch: pytest.MonkeyPatch, question: str, **query: str):
    page = reader.opened(VIEW, folder, monkeypatch, run="1", **query)
    page.segmented_control(key="ask:question").set_value(question).run()
    assert not page.exception and not page.error
    return page


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


def test_a_question_that_nobody_wants_any_more_stops_with_what_was_found(own: Path) -> None:
    job = Inline(
        Workspace.open(own), payload(own, "break-even", {"lever": {**RATE, "high": 1.6}}), patience=1
    )
    with pytest.raises(Cancelled) as stopped:
        answered(job)
    assert stopped.value.partial["tried"] == job.partials[0]["tried"]


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


BEST = {"levers": [{**RATE, "finest": 2}], "constraints": ["points_issued>=60%"], "trials": 3}


WEIGHED = {**BEST, "aims": ["money", "points_issued:up"], "trials": 4}


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


def test_the_best_is_asked_for_within_bounds(own: Path, monkeypatch) -> None:
    page = chosen(own, monkeypatch, "best")
    name = "ask:1:best"
    assert page.multiselect(key=f"{name}:rules").value == [RATE["path"]]
    offered = page.multiselect(key=f"{name}:bounds")
    refused = {METRICS[one].label.en for one in TABLED if one not in OF_HORIZON}
    assert METRICS["reward_cost"].label.en in offered.options and not refused & {*offered.options}
    offered.set_value(["reward_cost", "revenue"]).run()
    page.number_input(key=f"{name}:reward_cost:amount").set_value(110.0)
    page.selectbox(key=f"{name}:revenue:unit").set_value("")
    page.number_input(key=f"{name}:revenue:amount").set_value(500.0).run()
    page.button(key="ask:run").click().run()
    assert not page.exception and not page.error
    (run,) = Workspace.open(own).registry.runs(kind=asking.KIND)
    assert run.payload["about"]["constraints"] == ["reward_cost<=110%", "revenue>=500"]
    page.multiselect(key=f"{name}:rules").set_value([]).run()
    assert page.button(key="ask:run").disabled


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


CALL = {
    "name": "call", "kind": "member_day", "repeat": "once", "lasts_days": 20, "points_percent": 150,
    "cost_per_contact": 1, "first_day": "2026-11-01", "last_day": "2026-11-20",
    "response": {"lift": 0.2, "lift_range": [0.0, 0.5], "returns": 0.02},
}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_campaign_says_of_itself_may_be_optimised(own: Path, monkeypatch, lang: str) -> None:
    workspace = Workspace.open(own)
    registry, first = workspace.registry, workspace.registry.run(1)
    calling = SCENARIO.model_copy(update={"campaigns": Scenario(campaigns=[CALL]).campaigns})
    told = {**first.payload, "scenario": calling.model_dump(mode="json")}
    tried = registry.create_run(sandbox_runs.KIND, told)
    registry.finish_run(tried.id, result=first.result)
    page = reader.opened(VIEW, own, monkeypatch, run=str(tried.id), lang=lang)
    page.segmented_control(key="ask:question").set_value("best").run()
    paths = ["campaigns.call.points_percent", "campaigns.call.response.returns"]
    page.multiselect(key=f"ask:{tried.id}:best:rules").set_value(paths).run()
    page.number_input(key=f"ask:{tried.id}:best:trials").set_value(2).run()
    page.button(key="ask:run").click().run()
    assert not page.exception and not page.error
    (asked,) = registry.runs(kind=asking.KIND)
    levers = asked.payload["about"]["levers"]
    assert [one["path"] for one in levers] == paths
    assert [(one["low"], one["high"]) for one in levers] == [(0, 300), (0, 0.04)]
    answer = answered(Inline(workspace, {**asked.payload, "members": 60}))
    registry.finish_run(asked.id, result=answer)
    page = reader.opened(VIEW, own, monkeypatch, run=str(tried.id), ask=str(asked.id), lang=lang)
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


def test_of_a_what_if_whose_data_are_gone_nothing_is_asked(own: Path, monkeypatch) -> None:
    registry = Workspace.open(own).registry
    first = registry.run(1)
    gone = registry.create_run(sandbox_runs.KIND, {**first.payload, "snapshot": 99})
    registry.finish_run(gone.id, result=first.result)
    page = reader.opened(VIEW, own, monkeypatch, run=str(gone.id))
    assert not page.exception and not page.error
    assert "not kept any more" in words_of(page) and not page.segmented_control


def test_a_programme_that_says_little_and_is_not_calibrated_still_has_levers(small: Path) -> None:
    workspace = Workspace.open(small)
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


@pytest.mark.parametrize(("question", "about"), [
    ("layers", {"draws": 2}),
    ("influences", {"method": "morris", "size": 2, "levers": TURNED}),
    ("trust", {"origins": 1, "horizon_months": 1, "replications": 10, "draws": 2}),
])  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_gains_known_so_far_are_told_while_a_question_is_worked_on(
    own: Path, monkeypatch, question, about, lang
) -> None:
    shutil.rmtree(own / kept_results.FOLDER, ignore_errors=True)  # what other tests have asked
    job = Inline(Workspace.open(own), payload(own, question, about), patience=1)
    with pytest.raises(Cancelled) as stopped:
        answered(job)
    told = stopped.value.partial["so_far"]
    assert told["runs"] >= 1 and told["low"] <= told["mean"] <= told["high"]
    registry = Workspace.open(own).registry
    run = registry.create_run(asking.KIND, job.payload)
    registry.finish_run(run.id, "cancelled", result=stopped.value.partial)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and {"en": "comparison", "zh": "次对照"}[lang] in words_of(page)


def test_a_replay_that_nobody_wants_any_more_is_not_waited_for(own: Path, monkeypatch) -> None:
    job = Inline(Workspace.open(own), payload(own, "winners", {"listed": 7}), patience=0)
    with pytest.raises(Cancelled):
        answered(job)


def test_a_search_that_is_stopped_tells_the_best_it_had_found(own: Path, monkeypatch) -> None:
    job = Inline(Workspace.open(own), payload(own, "best", {**BEST, "trials": 4}), patience=1)
    with pytest.raises(Cancelled) as stopped:
        answered(job)
    registry = Workspace.open(own).registry
    run = registry.create_run(asking.KIND, job.payload)
    registry.finish_run(run.id, "cancelled", result=stopped.value.partial)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id))
    assert not page.exception and "Best so far in the search" in words_of(page)
