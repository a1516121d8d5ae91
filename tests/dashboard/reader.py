"""A reader of one page: opens it on a workspace, in a language, with an address."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import page_run
from dashboard.i18n import speaking

APP = str(Path(dashboard.__file__).parent / "app.py")


def opened(view: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """The page after its first run."""
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(workspace))
    # AppTest words the options of a choice itself, outside of the page that knows its language.
    spoken = query.get("lang", "en")
    monkeypatch.setattr("streamlit.testing.v1.element_tree._format_value_for_widget", _worded_in(spoken))
    page = AppTest.from_file(APP, default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    with patch.object(page_run, "run"):  # pages are registered by a first run, which shows none
        page.run()
    return page.switch_page(view).run()


def _worded_in(language: str):
    def worded(format_func, value):
        with speaking(language):
            return format_func(value)

    return worded
