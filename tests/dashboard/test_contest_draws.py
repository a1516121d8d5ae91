"""What is not known is drawn for a contest as a whole: unasked, when asked for, and on the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard import figures
from dashboard.cli import app
from dashboard.jobs import contest_draws, first_look
from dashboard.jobs.lanes import Job, Pool
from dashboard.jobs.simulation_job import answered
from dashboard.sandbox import contest_runs
from data.tables import Run
from data.workspace import Workspace
from simulation import drawn_runs
from simulation.contest_chances import ranked_too
from simulation.joint_draws import JointDraws
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
SIZE = {"months": 1, "replications": 3, "seed": 5}
FIRST = Scenario(name="one and a half", changes={"earning.points_per_unit": 1.5}, **SIZE)
OTHER = Scenario(name="dearer gold", changes={"tiers.gold.threshold": 9000}, **SIZE)
DRAWN = {"en": "hold chance and what is not known", "zh": "包含偶然因素和未知因素"}
ALONE = {"en": "count chance alone", "zh": "仅按各次重复运行计入偶然因素"}


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """Few members and draws, counted here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contest_draws, "MEMBERS", 80)
        patch.setattr(contest_draws, "DRAWS", 2)
        patch.setattr(first_look, "behind_all", nullcontext)
        patch.setattr(drawn_runs, "LUCKS", 2)
        yield


@pytest.fixture(autouse=True)
def _nothing_queued_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("dashboard.sandbox.contest_rests_on", "dashboard.sandbox.contest_runs", "dashboard.runs"):
        monkeypatch.setattr(f"{place}.ensure_job_process", lambda folder: None)


@pytest.fixture(scope="module")
def asked(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with a finished contest that nobody has looked into."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("contest asked") / "demo")
    assert finished(folder, FIRST, OTHER).id == 1
    return folder


@pytest.fixture(scope="module")
def looked(asked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, looked into."""
    folder = shutil.copytree(asked, tmp_path_factory.mktemp("contest looked") / "demo")
    first_look.look(Workspace.open(folder), lambda: False)
    return folder


def finished(folder: Path, *scenarios: Scenario) -> Run:
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    sides = Scenario(), *scenarios
    payload = {
        "programme": programme.model_dump(mode="json"),
        "scenarios": [one.model_dump(mode="json") for one in scenarios],
        "snapshot": snapshot.id,
        "members": 150,
    }
    found = answered(workspace, snapshot, programme, sides, 150, executor=lambda: None)
    run = workspace.registry.create_run(contest_runs.KIND, payload)
    workspace.registry.finish_run(run.id, result=found)
    return workspace.registry.run(run.id)


def drawn_by_hand(workspace: Workspace, document: dict[str, Any]) -> dict[str, Any]:
    """The contest with what its kept draws say, by the simulator alone."""
    run = workspace.registry.run(1)
    found = first_look.first_look(workspace, run)
    return ranked_too(document, JointDraws.told(found))


def words_of(page) -> str:
    tables = [one.value.to_string() for one in page.dataframe]
    return " ".join([*(one.value for one in [*page.markdown, *page.caption]), *tables])


def test_all_rivals_are_drawn_for_at_once_by_few_members(looked: Path) -> None:
    workspace = Workspace.open(looked)
    found = first_look.first_look(workspace, workspace.registry.run(1))
    assert found["members"] == 80 and found["draws"]["assumptions"] == 2
    shapes = [(len(rows), len(rows[0]), len(rows[0][0])) for rows in found["drawn"].values()]
    assert shapes == [(count, 2, 3) for count in found["draws"].values()]
    assert len(found["targets"]) == 2 and found["targets"][0] and found["level"] > 0
    assert first_look.newest(workspace) == 1
    first_look.look(workspace, lambda: pytest.fail("nothing is to be run"))


def test_what_tells_no_chance_or_is_all_alike_is_not_looked_into(asked: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(asked, tmp_path / "own")
    once = finished(folder, *(one.model_copy(update={"replications": 1}) for one in (FIRST, OTHER)))
    alike = finished(folder, Scenario(name="as it is", **SIZE), Scenario(name="and again", **SIZE))
    workspace = Workspace.open(folder)
    assert first_look.is_looked_at(workspace, workspace.registry.run(1))
    for run in (once, alike):
        assert not first_look.is_looked_at(workspace, run) and first_look.first_look(workspace, run) is None
    rows = alike.result["ranking"]
    assert {row["probability_best"] for row in rows} == {1 / 3}
    assert {row["expected_regret"] for row in rows} == {0.0}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_waits_for_it_and_then_tells_chances_with_it(
    asked: Path, looked: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    waiting = reader.opened(VIEW, asked, monkeypatch, contest="1", lang=lang)
    assert not waiting.exception and not waiting.error
    assert {"en": "is being drawn", "zh": "将在系统空闲时抽样"}[lang] in words_of(waiting)
    assert ALONE[lang] in words_of(waiting) and DRAWN[lang] not in words_of(waiting)
    page = reader.opened(VIEW, looked, monkeypatch, contest="1", lang=lang)
    assert not page.exception and not page.error
    told = words_of(page)
    assert DRAWN[lang] in told and ALONE[lang] not in told
    assert {"en": "no backtest of these data stands", "zh": "这些数据尚无回测"}[lang] in told
    workspace = Workspace.open(looked)
    known = drawn_by_hand(workspace, workspace.registry.run(1).result)["ranking"]
    best = max(known, key=lambda row: row["probability_best"])
    first = page.dataframe[0].value.iloc[0]
    assert figures.share(best["probability_best"], 0) in [*first]
    assert figures.share(best["by_chance"]["probability_best"], 0) in [*first]
    targets = page.dataframe[2].value  # a chance for each side, in brackets by the replications alone
    assert (
        targets.iloc[:, 1:].apply(lambda one: one.str.fullmatch(r"[\d.]+% ?[(（][\d.]+%[)）]")).all(axis=None)
    )


def test_what_nobody_draws_unasked_is_drawn_when_somebody_asks(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(asked, tmp_path / "own")
    workspace = Workspace.open(folder)
    workspace.apply_programme(workspace.programme.model_copy(update={"name": "newer"}))
    page = reader.opened(VIEW, folder, monkeypatch, contest="1")
    assert ALONE["en"] in words_of(page)
    (button,) = [one for one in page.button if one.key == "contest:draw"]
    page = button.click().run()
    run = workspace.registry.claim_next_run((contest_draws.KIND,))
    assert page.query_params["chances"] == str(run.id) and run.payload["members"] == 80

    class Here(Pool):
        executor = None

    workspace.registry.finish_run(run.id, result=contest_draws.drawn(Job(run, workspace, Here())))
    told = reader.opened(VIEW, folder, monkeypatch, contest="1", chances=str(run.id))
    assert not told.exception and DRAWN["en"] in words_of(told)
    assert not [one for one in told.button if one.key == "contest:draw"]


def test_a_contest_of_before_worths_were_told_says_how_to_have_it(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(asked, tmp_path / "own")
    registry = Workspace.open(folder).registry
    run = registry.run(1)
    older = registry.create_run(contest_runs.KIND, run.payload)
    registry.finish_run(older.id, result={key: run.result[key] for key in run.result if key != "worths"})
    page = reader.opened(VIEW, folder, monkeypatch, contest=str(older.id))
    assert not page.exception and "Run them side by side again" in words_of(page)


def command(looked: Path, tmp_path: Path, *scenarios: Scenario, options: tuple[str, ...] = ()) -> Any:
    files = []
    for number, one in enumerate(scenarios):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(json.dumps(one.model_dump(mode="json")))
    size = ["--members", "150", "--workers", "1", "--workspace", str(looked)]
    return CliRunner().invoke(app, ["simulate", *map(str, files), *size, *options])


def test_the_command_line_tells_the_same_where_it_was_drawn(looked: Path, tmp_path: Path) -> None:
    workspace = Workspace.open(looked)
    known = workspace.registry.run(1).result
    by_hand = drawn_by_hand(workspace, known)
    for options in (("--json",), ("--json", "--draws", "2", "--sample", "80")):
        told = json.loads(command(looked, tmp_path, FIRST, OTHER, options=options).stdout)
        for part in ("ranking", "pairs", "draws", "comparisons"):
            assert told[part] == json.loads(json.dumps(by_hand[part]))
        assert told["drawn_of"] == 80 and told["widening"] is None
    said = command(looked, tmp_path, FIRST, OTHER).stdout
    assert "of replications alone" in said and DRAWN["en"] in " ".join(said.split())
    assert "no backtest stands" in " ".join(said.split())


def test_the_command_line_says_what_is_not_drawn_and_how_to_ask(looked: Path, tmp_path: Path) -> None:
    other = FIRST.model_copy(update={"seed": 6})
    said = command(looked, tmp_path, other).stdout
    assert "Chances count chance alone, by 3 replications; --draws 6" in " ".join(said.split())
    options = ("--draws", "2", "--sample", "80", "--json")
    told = json.loads(command(looked, tmp_path, other, options=options).stdout)
    assert told["draws"]["assumptions"] == 2 and told["money"]["by_chance"] in (0, 1 / 3, 2 / 3, 1)
    assert all("by_chance" in row["scenario"] for row in told["targets"]) and told["targets"]
    again = " ".join(command(looked, tmp_path, other, options=options[:4]).stdout.split())
    assert "of replications alone" in again and DRAWN["en"] in again
    once = other.model_copy(update={"replications": 1})
    refused = command(looked, tmp_path, once, options=("--draws", "2"))
    assert "one replication tells nothing of chance" in str(refused.exception)
    assert "tells nothing of chance" in " ".join(command(looked, tmp_path, once).stdout.split())
    refused = command(looked, tmp_path, other, options=("--sample", "80"))
    assert "--draws" in str(refused.exception)
