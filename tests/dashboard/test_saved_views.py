"""A view is saved with all that was chosen, opened again by a click, and new data is announced."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import live, saved_views
from dashboard.i18n import speaking
from data.workspace import Workspace

APP = str(Path(dashboard.__file__).parent / "app.py")


@pytest.fixture
def own(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(small, tmp_path / "own")
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(folder))
    return folder


def test_a_view_is_kept_with_its_choices_but_not_with_the_language(own: Path) -> None:
    page = AppTest.from_file(APP, default_timeout=120)
    for name, value in {"period": "quarter", "lang": "zh"}.items():
        page.query_params[name] = value
    with speaking("zh"):  # AppTest writes the choices of widgets outside of the page
        page.run()
        page.text_input(key="view:name").set_value("Board")
        page.button(key="view:save").click().run()
    registry = Workspace.open(own).registry
    (saved,) = registry.all_saved(saved_views.KIND)
    assert saved.name == "Board"
    assert saved.document == {"page": "overview", "query": {"period": ["quarter"]}}
    (link,) = [one for one in page.get("page_link") if one.proto.label == "Board"]
    assert "period=quarter" in link.proto.query_string and "lang=zh" in link.proto.query_string
    with speaking("zh"):
        page.button(key=f"view:remove:{saved.id}").click().run()
    assert registry.all_saved(saved_views.KIND) == [] and not page.exception


def test_a_page_says_when_something_newer_was_published(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = AppTest.from_file(APP, default_timeout=120).run()
    assert "newer" not in [button.key for button in page.button]
    shown = live.now()
    newer = replace(shown, snapshot_id=shown.snapshot_id + 1)
    seen = iter([shown, newer])
    monkeypatch.setattr(live, "now", lambda: next(seen, newer))
    page.run()
    assert page.button(key="newer").label.endswith(f"snapshot {newer.snapshot_id}")
