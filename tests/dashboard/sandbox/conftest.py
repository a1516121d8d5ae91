"""Workspaces for the tests of the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dashboard.jobs.calibrated import told_past
from dashboard.jobs.simulation_job import document
from dashboard.sandbox import sandbox_runs
from data.workspace import Workspace
from simulation.experiment import compare
from simulation.scenario import Scenario
from tests.dashboard.sandbox.pages import CLUB, MONTHS, REPLICATIONS
from tests.dashboard.three_members import three_members


@pytest.fixture(scope="module")
def demo(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with a finished and an unchanged what-if."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("sandbox") / demo.name)
    bold = {"tiers.gold.threshold": 9000, "earning.points_per_unit": 1.5, "expiry.months": 24}
    for changes in (bold, {}):
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
    return three_members(tmp_path_factory.mktemp("sandbox") / "small", CLUB)


@pytest.fixture
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queued runs stay queued: nothing works on them."""
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)


@pytest.fixture
def own_small(small, tmp_path) -> Path:
    """A copy that the test may change."""
    return shutil.copytree(small, tmp_path / "own")
