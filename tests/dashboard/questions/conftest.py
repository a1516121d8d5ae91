"""A what-if that was tried, and what is answered when it is asked about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.jobs import question_job
from dashboard.jobs.calibrated import told_past
from dashboard.jobs.question_job import answered
from dashboard.jobs.simulation_job import document
from dashboard.sandbox import sandbox_runs
from dashboard.sandbox.questions import asking
from data.tables import Run
from data.workspace import Workspace
from simulation import drawn_runs
from simulation.experiment import compare
from tests.dashboard.questions.what_ifs import (
    MEMBERS,
    SCENARIO,
    Inline,
    payload,
)
from tests.living import shared_between_workers


@pytest.fixture(autouse=True)
def _in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every partial answer is told, however soon one follows the other; draws and ends meet as little luck
    as tells of its scatter."""
    monkeypatch.setattr(question_job, "PARTIAL_SECONDS", 0.0)
    monkeypatch.setattr(drawn_runs, "LUCKS", 2)


@pytest.fixture(scope="session")
def tried(demo: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The simulated programme with a finished what-if, a copy for each test process."""

    def make(folder: Path) -> None:
        workspace = Workspace.open(shutil.copytree(demo, folder))
        programme, snapshot = workspace.programme, workspace.latest()
        asked = {
            "programme": programme.model_dump(mode="json"),
            "scenario": SCENARIO.model_dump(mode="json"),
            "snapshot": snapshot.id,
            "members": MEMBERS,
        }
        past, calibration = told_past(workspace, snapshot, programme)
        found = document(compare(past, programme, SCENARIO, calibration=calibration, members=MEMBERS))
        run = workspace.registry.create_run(sandbox_runs.KIND, asked)
        workspace.registry.finish_run(run.id, result=found)

    made = shared_between_workers(tmp_path_factory, worker_id, "a what-if", make)
    return shutil.copytree(made, tmp_path_factory.mktemp("questions") / "demo")


@pytest.fixture
def own(tried: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that the test may change, of which nothing that is queued is worked on."""
    for place in ("dashboard.sandbox.questions.asking", "dashboard.sandbox.sandbox_runs", "dashboard.runs"):
        monkeypatch.setattr(f"{place}.ensure_job_process", lambda folder: None)
    return shutil.copytree(tried, tmp_path / "own")


@pytest.fixture(scope="session")
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
