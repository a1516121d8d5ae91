"""What a finished what-if rests on: found out unasked, when nobody waits, and told under its answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard import figures
from dashboard.cli import app
from dashboard.jobs import first_look, prefetch
from dashboard.jobs.questions import Asking, passport_of
from dashboard.jobs.simulation_job import answered
from dashboard.sandbox import sandbox_runs
from data.tables import Run
from data.workspace import Workspace
from simulation import drawn_runs
from simulation.effects import OF_LEDGERS, default_effects
from simulation.experiment import Cancelled
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
FEW = {
    key: False
    for key, one in default_effects().items()
    if one.active and one.unit.neutral is not None
    if key not in ("goal_gradient", "redemption_momentum", *OF_LEDGERS) and not key.startswith("response_")
}  # so that few are put at their ends
SCENARIO = Scenario(
    name="sandbox", changes={"earning.points_per_unit": 1.5}, effects=FEW, months=1, replications=3, seed=5
)
ABOUT = {"origins": 1, "horizon_months": 1, "replications": 10, "seed": 5}


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """Few members and draws, counted here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_look, "MEMBERS", 80)
        patch.setattr(first_look, "DRAWS", 2)
        patch.setattr(first_look, "behind_all", nullcontext)
        patch.setattr(drawn_runs, "LUCKS", 2)
        yield


@pytest.fixture(scope="module")
def asked(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with a finished what-if that nobody has looked into."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("first look") / "demo")
    finished(folder, SCENARIO)
    return folder


@pytest.fixture(scope="module")
def looked(asked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, looked into."""
    folder = shutil.copytree(asked, tmp_path_factory.mktemp("looked") / "demo")
    first_look.look(Workspace.open(folder), lambda: False)
    return folder


@pytest.fixture(autouse=True)
def _nothing_queued_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("dashboard.sandbox.questions.asking", "dashboard.sandbox.sandbox_runs", "dashboard.runs"):
        monkeypatch.setattr(f"{place}.ensure_job_process", lambda folder: None)


def finished(folder: Path, scenario: Scenario) -> Run:
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    found = answered(workspace, snapshot, programme, (Scenario(), scenario), 150, executor=lambda: None)
    payload = {
        "programme": programme.model_dump(mode="json"),
        "scenario": scenario.model_dump(mode="json"),
        "snapshot": snapshot.id,
        "members": 150,
    }
    run = workspace.registry.create_run(sandbox_runs.KIND, payload)
    workspace.registry.finish_run(run.id, result=found)
    return workspace.registry.run(run.id)


def words_of(page) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.caption])


def test_it_rests_on_fewer_members_and_on_the_gain_of_the_what_if(looked: Path) -> None:
    workspace = Workspace.open(looked)
    run = workspace.registry.run(1)
    found = first_look.first_look(workspace, run)
    assert found is not None and found["members"] == 80
    assert found["gain"] == run.result["money"]["mean"] and found["runs"] == 3
    shares = {name: share for name, share in found.items() if name.endswith("_share")}
    assert sum(shares.values()) == pytest.approx(1) and found["draws"]["assumptions"] == 2
    assert found["ends"] and found["levels"] and found["targets"]
    assert (
        not list((looked / "results" / "arms").glob("*"))
        or len(list((looked / "results" / "arms").glob("*.json"))) == 6
    )  # those of the what-if itself alone


def test_what_tells_no_chance_or_holds_no_more_is_not_looked_into(asked: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(asked, tmp_path / "own")
    once = finished(folder, SCENARIO.model_copy(update={"replications": 1}))
    same = finished(folder, Scenario(name="sandbox", months=1, replications=2))
    workspace = Workspace.open(folder)
    assert first_look.is_looked_at(workspace, workspace.registry.run(1))
    for run in (once, same):  # no chance is told, or there is none
        assert not first_look.is_looked_at(workspace, run) and first_look.first_look(workspace, run) is None
    workspace.apply_programme(workspace.programme.model_copy(update={"name": "newer"}))
    assert not first_look.is_looked_at(workspace, workspace.registry.run(1))
    first_look.look(workspace, lambda: pytest.fail("nothing is to be run"))


def test_it_gives_way_to_work_that_somebody_waits_for_and_is_tried_again(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(shutil.copytree(asked, tmp_path / "own"))
    snapshot, programme = workspace.latest(), workspace.programme
    assert not prefetch._look(workspace, snapshot, programme, lambda: True)
    with pytest.raises(Cancelled):
        first_look.look(workspace, lambda: True)
    assert first_look.first_look(workspace, workspace.registry.run(1)) is None

    def broken(*args: object, **wishes: object) -> None:
        raise MemoryError

    monkeypatch.setattr(first_look, "grounds_of", broken)
    assert prefetch._look(workspace, snapshot, programme, lambda: False)  # not tried time and again


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_waits_for_it_and_then_tells_shares_and_sign(
    asked: Path, looked: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    waiting = reader.opened(VIEW, asked, monkeypatch, run="1", lang=lang)
    assert not waiting.exception
    assert {"en": "is being looked into", "zh": "将在系统空闲时查明"}[lang] in words_of(waiting)
    page = reader.opened(VIEW, looked, monkeypatch, run="1", lang=lang)
    assert not page.exception and not page.error
    told = words_of(page)
    assert {"en": "is how members are supposed to respond", "zh": "对会员响应方式的假设"}[lang] in told
    assert {"en": "No backtest of these data stands yet", "zh": "这些数据尚无回测"}[lang] in told
    assert {"en": "not widened", "zh": "未加宽"}[lang] in told
    assert {"en": "of the replications alone", "zh": "仅按重复运行为"}[lang] in told
    assert {"en": "in brackets by the replications alone", "zh": "括号内仅按重复运行计算"}[lang] in told
    alone = {"en": "Share of the replications whose", "zh": "达标的重复占比"}[lang]
    assert alone in words_of(waiting) and alone not in told
    assert len(page.dataframe[-1].value) == 7  # levels with their intervals


def test_where_a_backtest_stands_the_verdict_is_told_and_levels_are_widened_by_it(
    looked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(looked, tmp_path / "own")
    before = reader.opened(VIEW, folder, monkeypatch, run="1").dataframe[-1].value
    workspace = Workspace.open(folder)
    asking = Asking(executor=lambda: None)
    past = passport_of(workspace, workspace.latest(), workspace.programme, ABOUT, asking)
    page = reader.opened(VIEW, folder, monkeypatch, run="1")
    told = words_of(page)
    assert past["verdict"].capitalize() in told and figures.unmarked(past["reasons"][0]["en"]) in told
    assert f"{past['widening']:.2f} times as wide" in told and past["widening"] != 1
    known = first_look.first_look(workspace, workspace.registry.run(1))
    assert (known["form_share"] > 0) is (past["widening"] > 1)
    assert not page.dataframe[-1].value.equals(before)


def test_the_command_line_tells_the_passport_of_an_answer(looked: Path, tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    file.write_text(json.dumps(SCENARIO.model_dump(mode="json")))
    size = ["--members", "150", "--sample", "80", "--draws", "2", "--workers", "1"]
    tests = ["--origins", "1", "--horizon", "1", "--replications", "10"]
    asked = ["passport", str(file), *size, *tests, "--workspace", str(looked)]
    found = CliRunner().invoke(app, [*asked, "--json"])
    told = json.loads(found.stdout)
    workspace = Workspace.open(looked)
    known = first_look.first_look(workspace, workspace.registry.run(1))
    assert told["gain"] == known["gain"] and told["ends"] == known["ends"]  # the same members and luck
    assert told["verdict"] in ("decide", "pilot first", "do not trust")
    said = CliRunner().invoke(app, [*asked, "--language", "zh"])
    assert told["verdict_words"]["zh"] in said.stdout
    assert all(one["zh"] in said.stdout for one in told["reasons"])
    once = tmp_path / "once.yaml"
    once.write_text(json.dumps({**SCENARIO.model_dump(mode="json"), "replications": 1}))
    refused = CliRunner().invoke(app, ["passport", str(once), *size, *tests, "--workspace", str(looked)])
    assert "one tells nothing of chance" in str(refused.exception)
