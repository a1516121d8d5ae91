"""The form of a scenario as somebody fills it in."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sandbox.part import Around
from data.workspace import Workspace
from simulation.effects import OF_LEDGERS, default_effects
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
OFFERED = [key for key, _ in default_effects().items() if key not in OF_LEDGERS]


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(VIEW, workspace, monkeypatch, **query)


def press(page: AppTest, key: str) -> AppTest:
    found = [*page.button, *page.form_submit_button]
    return next(one for one in found if one.key == f"sandbox:{key}").click().run()


def enter(page: AppTest, **values: object) -> AppTest:
    """Fill fields of the dialog that is open; names hold __ for a dot."""
    kinds = (page.text_input, page.number_input, page.date_input, page.selectbox, page.multiselect)
    for name, value in values.items():
        key = f"sandbox:line:{name.replace('__', '.')}"
        next(one for kind in kinds for one in kind if one.key == key).set_value(value)
    return page


def added(page: AppTest, part: str, **values: object) -> AppTest:
    enter(press(page, f"{part}:new"), **values)
    return press(page, "line keep")


def asked(workspace: Path, page: AppTest) -> Scenario:
    """The scenario of the run that the page queues."""
    press(page, "run")
    assert not page.exception and not page.error
    run = Workspace.open(workspace).registry.run(int(page.query_params["run"]))
    return Scenario.model_validate(run.payload["scenario"])


def lines_of(page: AppTest) -> list[str]:
    return [one.label for one in page.form_submit_button if re.search(r":(\d+|None)$", one.key or "")]


def around(shop: Path) -> Around:
    programme = Workspace.open(shop).programme
    return Around(programme=programme, first_day=date(2026, 11, 1), regions=["North"], channels=["app"],
                  effects=default_effects())  # fmt: skip


def changed_effects(page: AppTest, **values: object) -> AppTest:
    """The library with other values and switches; names hold __ for a dot."""
    press(page, "effects:new")
    for name, value in values.items():
        key = f"sandbox:line:{name.replace('__', '.')}"
        kind = page.toggle if isinstance(value, bool) else page.number_input
        kind(key=key).set_value(value)
    return press(page, "line keep")


def written(page: AppTest, text: str) -> AppTest:
    """A document brought into the form."""
    press(page, "document:new").text_area[0].set_value(text)
    return press(page, "document use")
