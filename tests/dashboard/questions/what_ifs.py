"""What is asked in the tests of questions, of which what-if, and who works on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.sandbox.questions import asking
from dashboard.sandbox.questions.what_if import WhatIf
from data.workspace import Workspace
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
BEST = {"levers": [{**RATE, "finest": 2}], "constraints": ["points_issued>=60%"], "trials": 3}
WEIGHED = {**BEST, "aims": ["money", "points_issued:up"], "trials": 4}
CALL = {
    "name": "call", "kind": "member_day", "repeat": "once", "lasts_days": 20, "points_percent": 150,
    "cost_per_contact": 1, "first_day": "2026-11-01", "last_day": "2026-11-20",
    "response": {"lift": 0.2, "lift_range": [0.0, 0.5], "returns": 0.02},
}  # fmt: skip


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


def what_if(folder: Path) -> WhatIf:
    """What a folder's first run was, to be asked about."""
    workspace = Workspace.open(folder)
    return WhatIf(workspace, workspace.registry.run(1))


def payload(folder: Path, question: str, about: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the job: one question about that what-if."""
    gain = {"gain": what_if(folder).gain} if question in ("layers", "trust") else {}
    return what_if(folder).payload(question, about | gain, MEMBERS, 2)


def words_of(page) -> str:
    """All that a page says, with its buttons and tables."""
    parts = [*page.markdown, *page.caption, *page.header, *page.subheader, *page.error]
    tables = [table.value.to_string() for table in page.dataframe]
    return " ".join([*(str(part.value) for part in parts), *(one.label for one in page.button), *tables])


def chosen(folder: Path, monkeypatch: pytest.MonkeyPatch, question: str, **query: str):
    """The page of the what-if, on which that question was chosen."""
    page = reader.opened(VIEW, folder, monkeypatch, run="1", **query)
    page.segmented_control(key="ask:question").set_value(question).run()
    assert not page.exception and not page.error
    return page
