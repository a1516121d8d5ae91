"""What holds on every page, in both languages, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from babel.messages.pofile import read_po

from dashboard.i18n import CATALOGUE
from dashboard.pages import PAGES
from tests.browser.visit import Visit
from tests.living import Server, loyalty

pytestmark = pytest.mark.browser
Go = Callable[..., Visit]

every_page = pytest.mark.parametrize("path", [page.url_path for page in PAGES])


@every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_no_error(go: Go, live_server: Server, path: str, lang: str, scheme: str) -> None:
    window = go(path, lang=lang, scheme=scheme)
    assert window.alerts() == []
    assert len(window.text()) > 100
    assert "Traceback" not in live_server.log.read_text()


@every_page
def test_the_chinese_page_has_no_english_sentence_left(go: Go, path: str) -> None:
    shown = go(path, lang="zh").text()
    with CATALOGUE.open("rb") as file:
        messages = [m.id for m in read_po(file, locale="zh_Hans_CN") if isinstance(m.id, str) and " " in m.id]
    assert messages
    assert not [message for message in messages if "{" not in message and message in shown]


@every_page
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_phone_the_page_does_not_scroll_sideways(go: Go, path: str, lang: str) -> None:
    window = go(path, lang=lang, width=390, height=844)
    assert window.alerts() == []
    assert window.sideways() <= 1


@every_page
def test_dark_is_dark_and_light_is_light(go: Go, path: str) -> None:
    assert _brightness(go(path, scheme="dark")) < 80
    assert _brightness(go(path, scheme="light")) > 200


def test_the_navigation_leads_to_every_page_and_keeps_the_language(go: Go) -> None:
    window = go("overview", lang="zh")
    for page in PAGES:
        link = window.page.locator('[data-testid="stSidebarNavLink"]').nth(PAGES.index(page))
        link.click()
        window.settle()
        assert window.query().get("lang") == ["zh"]
        assert window.alerts() == []


def test_the_pages_that_the_command_line_lists_are_those_of_the_navigation(go: Go) -> None:
    listed = json.loads(loyalty("dashboard", "--list-pages", "--json").stdout)
    window = go("overview")
    titles = window.page.locator('[data-testid="stSidebarNavLink"]').all_inner_texts()
    assert [page["title"] for page in listed] == [title.split("\n")[-1].strip() for title in titles]


def _brightness(window: Visit) -> float:
    """Of the page's background, 0 black to 255 white."""
    colour = window.page.evaluate(
        """() => getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor"""
    )
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3
