"""Every page opens on whatever a workspace holds, in both languages, and shows no number that is none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import cast

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import speaking
from dashboard.pages import PAGES, Page
from data.segmented import save_segment
from data.workspace import Workspace
from loyalty_core.segments.every_segment import OWN
from loyalty_core.segments.own_rules import own_segment
from loyalty_core.text import Language
from tests.dashboard import reader
from tests.dashboard.real_data import SOURCES, imported

NO_NUMBER = r"\b(nan|NaN|None|inf)\b"
# A count of one beside a word for several of them; 0.1 and 21 are others.
ONE_AS_MANY = (
    r"(?<![\d.,–+−])1 (?:are|were|have|people|members|buyers|campaigns|contacts|coupons|days|months|points|"
    r"purchases|tasks|times|segments|birthdays|alerts|targets)\b"
)


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


FOLDS = ("flows", "finance")  # what is worked out only when somebody opens it


@pytest.mark.parametrize(("lang", "unfolded"), [("en", False), ("zh", True)])
def test_every_page_opens(folder: Path, lang: str, unfolded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one language with its folds closed, in the other with them open and the checks of the data made."""
    with speaking(cast(Language, lang)):  # AppTest writes the choices of widgets outside of the page
        test = opened(PAGES[0], folder, monkeypatch, lang=lang, checks=str(int(unfolded)))
        for page in PAGES:
            for fold in FOLDS:
                test.session_state[fold] = unfolded
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


@pytest.mark.parametrize(
    ("lang", "of_all"),
    [("en", r"\b(of all|all members)\b"), ("zh", "占全部|(全部|所有|全体)会员")],
    ids=["en", "zh"],
)
def test_where_some_are_chosen_nothing_is_told_of_all(
    lang: str, of_all: str, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = opened(PAGES[0], demo, monkeypatch, region="North", lang=lang)
    told = {}
    for page in PAGES:
        if page.section != "Watch" or page.url_path == "member":  # of one member, whoever is chosen
            continue
        test.switch_page(f"views/{page.view}").run()
        assert not test.exception and test.button(key="chip:region:North"), page.url_path
        told[page.url_path] = [one.value for one in (*test.header, *test.subheader)]
    assert len(told) == 9 and all(len(titles) > 3 for titles in told.values())
    assert not [one for titles in told.values() for one in titles if re.search(of_all, one, re.IGNORECASE)]


def test_finance_reads_what_is_known_of_those_chosen(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_everybody = ("is deferred for points", "are redeemed in that month")
    page = next(one for one in PAGES if one.url_path == "points")
    for chosen in ({}, {"region": "North"}):
        test = opened(page, demo, monkeypatch, **chosen)
        test.session_state["finance"] = True
        told = words_of(test.run())
        assert not test.exception and not test.error
        assert "of the points are expected to be redeemed in the end" in told
        assert [one in told for one in of_everybody] == [not chosen] * 2
        assert ("is told where everybody is looked at" in told) == bool(chosen)


def test_one_is_told_as_one(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a segment with one member, who did a little of everything, pages tell counts of one."""
    folder = shutil.copytree(demo, tmp_path / "one")
    workspace = Workspace.open(folder)
    snapshot = workspace.latest()
    assert snapshot is not None
    sql = "SELECT member_id FROM coupons GROUP BY member_id ORDER BY count(*), member_id LIMIT 1"
    [member] = snapshot.query(sql)["member_id"]
    save_segment(workspace.registry, own_segment({"name": "One", "members": [member]}))
    test = opened(PAGES[0], folder, monkeypatch, in_segment=f"{OWN}.One")
    told_of_one = 0
    for page in PAGES:
        test.switch_page(f"views/{page.view}").run()
        told = words_of(test)
        assert not re.search(ONE_AS_MANY, told), (page.url_path, re.search(f".*{ONE_AS_MANY}.*", told))
        told_of_one += len(re.findall(r"(?<![\d.,])1 member\b", told))
    assert told_of_one >= 5
