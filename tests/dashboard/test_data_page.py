"""The Data page says whether the facts can be trusted, and keeps what somebody made of a case."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import cases
from data.workspace import Workspace
from tests.dashboard import reader


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened("views/data.py", folder, monkeypatch, **query)


def test_a_case_is_settled_and_stays_so(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = shutil.copytree(demo, tmp_path / "own")
    page = opened(own, monkeypatch)
    table = next(one.value for one in page.dataframe if "Noticed for" in one.value)
    assert set(table["State"]) == {"open"}
    page.selectbox(key="case:said").select(cases.CLEARED)
    page.button(key="case:keep").click().run()
    (saved,) = Workspace.open(own).registry.all_saved(cases.KIND)
    again = next(one.value for one in page.dataframe if "Noticed for" in one.value)
    assert sorted(again["State"]) == ["cleared", *["open"] * (len(table) - 1)]
    assert saved.name.endswith(again["Member"].iloc[-1])


def test_checks_and_reconciliation_are_run_when_asked(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(demo, monkeypatch, checks="1")
    assert not page.exception and not page.error
    checks = next(one.value for one in page.dataframe if "Check" in one.value)
    assert set(checks["State"]) <= {"holds", "warning"} and len(checks) > 20
    assert "checks hold." in page.header[0].value
