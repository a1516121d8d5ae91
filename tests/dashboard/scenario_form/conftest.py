"""The programme for which scenarios are written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def shop(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme, whose runs stay queued."""
    return shutil.copytree(demo, tmp_path_factory.mktemp("scenario") / demo.name)


@pytest.fixture(autouse=True)
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queued runs stay queued: nothing works on them."""
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)
