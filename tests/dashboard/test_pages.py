"""Every page opens on whatever a workspace holds, in both languages, and shows no number that is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.i18n import speaking
from dashboard.pages import PAGES, Page
from loyalty_core.text import Language

APP = str(Path(dashboard.__file__).parent / "app.py")


def opened(page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(folder))
    test = AppTest.from_file(APP, default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    test.switch_page(f"views/{page.view}")
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def words_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.title, *page.header, *page.subheader]
    shown = [part.value for part in parts]
    shown += [f"{metric.label} {metric.value} {metric.delta}" for metric in page.metric]
    shown += [table.value.to_csv() for table in (*page.dataframe, *page.table)]
    return "\n".join(map(str, shown))


@pytest.mark.parametrize(
    ("workspace", "lang"), [("empty", "zh"), ("small", "zh"), ("demo", "en"), ("demo", "zh")]
)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_path)
def test_a_page_opens(
    page: Page,
    workspace: str,
    lang: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path if workspace == "empty" else request.getfixturevalue(workspace)
    with speaking(cast(Language, lang)):  # AppTest writes the choices of widgets outside of the page
        test = opened(page, folder, monkeypatch, lang=lang)
    assert not test.exception and not test.error
    told = words_of(test)
    assert len(told) > 30
    assert not re.search(r"\b(nan|NaN|None|inf)\b", told), told
    assert "{" not in told


@pytest.mark.parametrize("path", ["members", "points", "tiers"])
def test_filters_hold_on_every_page(path: str, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(one for one in PAGES if one.url_path == path)
    test = opened(page, demo, monkeypatch, region="North", period="quarter")
    assert not test.exception and not test.error
    assert "North" in words_of(test) and "1 Aug" in words_of(test)
