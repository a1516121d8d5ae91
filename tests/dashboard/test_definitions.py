"""The page of definitions shows every number of the dictionary, whatever the workspace holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.definitions import found
from dashboard.figures import unmarked
from dashboard.i18n import speaking
from loyalty_core.metrics.dictionary import DEFINED
from loyalty_core.metrics.metric import SECTIONS, Section
from tests.dashboard import reader


def shown(monkeypatch: pytest.MonkeyPatch, folder: Path, **query: str) -> AppTest:
    return reader.opened("views/definitions.py", folder, monkeypatch, **query)


def words_of(page: AppTest) -> str:
    return "\n".join(part.value for part in (*page.markdown, *page.caption))


def test_every_number_has_its_place_in_one_section() -> None:
    placed = [metric.name for section in SECTIONS for metric in found("", section)]
    assert sorted(placed) == sorted(DEFINED)


@pytest.mark.parametrize("asked", ["redemption rate", "消耗率", "REDEMPTION_rate"])
def test_a_number_is_found_by_its_words_in_either_language(asked: str) -> None:
    assert "redemption_rate" in [metric.name for metric in found(asked, Section.MEMBERS)]


@pytest.mark.parametrize("asked", ["zzz", "<script>alert(1)</script>", "![a](http://b/c.png)"])
def test_what_nobody_says_is_not_found_and_the_page_says_so(
    asked: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert found(asked, Section.POINTS) == []
    page = shown(monkeypatch, tmp_path / "new", q=asked)
    assert not page.exception
    said = unmarked(f"No definition has “{asked}” in its name or meaning.")
    assert said in [one.value for one in page.info]


@pytest.mark.parametrize(
    ("lang", "label", "about"), [("en", "Silent members", "91 to 180"), ("zh", "沉默会员", "91 至 180")]
)
def test_an_empty_workspace_has_definitions_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lang: str, label: str, about: str
) -> None:
    page = shown(monkeypatch, tmp_path, lang=lang)
    assert not page.exception
    told = words_of(page)
    assert label in told and about in told
    assert "Points outstanding" not in told


def test_the_section_stands_in_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = words_of(shown(monkeypatch, tmp_path, section="points"))
    assert "Points outstanding" in told and "Silent members" not in told


def test_what_is_written_is_no_markdown() -> None:
    assert unmarked("a*b_c [d](e) $f$") == r"a\*b\_c \[d\](e) \$f\$"
    with speaking("zh"):
        assert unmarked("积分 | 余额") == "积分 \\| 余额"
