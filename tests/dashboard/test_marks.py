"""Marks stand at the close of the period in which something happened, and are everybody's to write."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import charts, figures, live, marks, theme
from dashboard.charts import Series
from dashboard.marks import KIND, Mark, Sort
from data.workspace import Workspace

APP = str(Path(dashboard.__file__).parent / "app.py")
CLOSES = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


def drawn(*happened: Mark) -> tuple[list[Mark], dict[str, str]]:
    """The marks that a chart of three months holds, and what stands at each month."""
    line = [Series(label="x", values=[1, 2, 3], colour=theme.slot("active"))]
    figure = charts.lines(figures.closes(CLOSES), line, figures.count, figures.count)
    marked, held = marks.drawn(figure, happened)
    notes = marked.layout["annotations"]
    return held, {note["x"]: note["hovertext"] for note in notes if "hovertext" in note}


def test_a_mark_stands_at_the_close_of_its_period() -> None:
    happened = [
        Mark(date(2026, 1, 4), "first", Sort.NOTE),
        Mark(date(2026, 1, 31), "last of January", Sort.CAMPAIGN),
        Mark(date(2026, 2, 1), "first of February", Sort.RULES),
    ]
    held, told = drawn(*happened)
    assert held == happened
    assert told["Jan 2026"].split("<br>") == ["4 Jan 2026: first", "31 Jan 2026: last of January"]
    assert told["Feb 2026"] == "1 Feb 2026: first of February"


def test_what_happened_outside_of_the_axis_is_not_drawn() -> None:
    outside = [Mark(date(2025, 12, 31), "before", Sort.NOTE), Mark(date(2026, 4, 1), "after", Sort.NOTE)]
    assert drawn(*outside) == ([], {})


def test_words_of_a_mark_are_no_markup() -> None:
    _held, told = drawn(Mark(date(2026, 2, 3), "<b>sale</b>", Sort.NOTE))
    assert told["Feb 2026"].endswith("&lt;b&gt;sale&lt;/b&gt;")


def test_the_demo_marks_its_rule_change_and_its_campaigns(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(demo))
    shown = live.now()
    versions = Workspace.open(demo).registry.programme_versions()
    changed = sorted(version.effective_on for version in versions if version.effective_on)
    found = marks.marks(shown)
    assert changed and [mark.day for mark in found if mark.sort is Sort.RULES] == changed
    rows = Workspace.open(demo).latest().query("SELECT starts_on FROM campaigns")
    begun = [day.date() for day in rows["starts_on"] if day.date() <= shown.as_of]
    assert begun and sorted(mark.day for mark in found if mark.sort is Sort.CAMPAIGN) == sorted(begun)
    assert found == sorted(found, key=lambda mark: mark.day)


def test_a_mark_is_written_and_removed_on_the_page(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(small, tmp_path / "own")
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(own))
    registry = Workspace.open(own).registry
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.date_input(key="mark:day").set_value(date(2026, 10, 5))
    page.text_input(key="mark:words").set_value("Rival opens")
    page.button(key="mark:write").click().run()
    (saved,) = registry.all_saved(KIND)
    assert saved.document == {"day": "2026-10-05", "words": "Rival opens"}
    assert any("Rival opens" in one.value for one in page.caption)
    page.selectbox(key="mark:chosen").set_value(saved.name).run()
    assert page.text_input(key="mark:words").value == "Rival opens"
    page.date_input(key="mark:day").set_value(date(2026, 10, 6))
    page.text_input(key="mark:words").set_value("Rival closes")
    page.button(key="mark:write").click().run()
    (saved,) = registry.all_saved(KIND)
    assert saved.document == {"day": "2026-10-06", "words": "Rival closes"}
    page.selectbox(key="mark:chosen").set_value(saved.name).run()
    page.button(key="mark:remove").click().run()
    assert registry.all_saved(KIND) == [] and not page.exception


def test_marks_of_the_data_are_reworded_hidden_and_shown_again(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(demo, tmp_path / "own")
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(own))
    before = marks.marks(live.now())
    (first, second) = [mark for mark in before if mark.sort is not Sort.NOTE][-2:]
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.selectbox(key="mark:chosen").set_value(first.name).run()
    page.text_input(key="mark:words").set_value("Stamps again")
    page.button(key="mark:write").click().run()
    page.selectbox(key="mark:chosen").set_value(second.name).run()
    page.button(key="mark:remove").click().run()
    worded = [replace(mark, words="Stamps again") if mark == first else mark for mark in before]
    assert marks.marks(live.now()) == [mark for mark in worded if mark != second]
    page.button(key="mark:show").click().run()
    assert marks.marks(live.now()) == before[: before.index(first)] + worded[before.index(first) :]
    assert not page.exception
