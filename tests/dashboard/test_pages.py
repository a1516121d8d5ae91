"""Every page opens on whatever a workspace holds, in both languages, and shows no number that is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import speaking
from dashboard.pages import PAGES, Page
from loyalty_core.text import Language
from tests.dashboard import reader
from tests.dashboard.real_data import SOURCES, imported

NO_NUMBER = r"\b(nan|NaN|None|inf)\b"


def opened(page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(f"views/{page.view}", folder, monkeypatch, **query)


def words_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.title, *page.header, *page.subheader]
    shown = [part.value for part in parts]
    shown += [f"{metric.label} {metric.value} {metric.delta}" for metric in page.metric]
    shown += [table.value.to_csv() for table in (*page.dataframe, *page.table)]
    return "\n".join(map(str, shown))


@pytest.fixture(scope="module", params=["empty", "small", "demo", *SOURCES])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of each kind."""
    if request.param in SOURCES:
        made = tmp_path_factory.mktemp(request.param)
        return imported(request.param, request.getfixturevalue("shared"), made)
    empty = request.param == "empty"
    return tmp_path_factory.mktemp("empty") if empty else request.getfixturevalue(request.param)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_opens(folder: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(cast(Language, lang)):  # AppTest writes the choices of widgets outside of the page
        test = opened(PAGES[0], folder, monkeypatch, lang=lang)
        for page in PAGES:
            test.switch_page(f"views/{page.view}").run()
            told = words_of(test)
            assert not test.exception and not test.error, page.url_path
            assert len(told) > 30, page.url_path
            assert not re.search(NO_NUMBER, told) and "{" not in told, (page.url_path, told)


@pytest.mark.parametrize("path", ["members", "points", "tiers"])
def test_filters_hold_on_every_page(path: str, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(one for one in PAGES if one.url_path == path)
    test = opened(page, demo, monkeypatch, region="North", period="quarter")
    assert not test.exception and not test.error
    assert test.button(key="chip:region:North") and "1 Aug" in words_of(test)
