"""What holds on every page, in both languages, light and dark, wide and narrow."""

from __future__ import annotations

from functools import cache

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Locator

from dashboard.i18n import CATALOGUE
from dashboard.pages import PAGES
from tests.browser.visit import Go, Visit
from tests.living import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", [page.url_path for page in PAGES])
def test_a_page_opened_by_its_address_is_whole_in_light_and_on_a_phone(
    go: Go, live_server: Server, path: str
) -> None:
    window = go(path, lang="en")
    assert window.alerts() == []
    assert len(window.text()) > 100
    assert window.brightness() > 200

    window.page.set_viewport_size({"width": 390, "height": 844})
    window.settle()
    assert window.sideways() <= 1
    assert window.barriers() == []
    assert "Traceback" not in live_server.log.read_text()


@pytest.fixture(scope="module")
def chinese(walk: Go) -> Visit:
    """One window for all pages, in Chinese and in the dark."""
    return walk("overview", lang="zh", scheme="dark")


def test_the_navigation_shows_every_page(chinese: Visit) -> None:
    addresses = _links(chinese).evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    assert [address.strip("/") or "overview" for address in addresses] == [page.url_path for page in PAGES]


@pytest.mark.parametrize("number", range(len(PAGES)), ids=[page.url_path for page in PAGES])
def test_the_navigation_leads_to_a_page_whole_in_chinese_and_in_the_dark(
    chinese: Visit, live_server: Server, number: int
) -> None:
    _links(chinese).nth(number).click()
    chinese.settle()
    at = chinese.page.url.split("?")[0].removeprefix(chinese.url).strip("/")
    assert (at or "overview") == PAGES[number].url_path
    assert chinese.query().get("lang") == ["zh"]
    assert chinese.alerts() == []
    text = chinese.text()
    assert len(text) > 100
    assert [sentence for sentence in _sentences() if sentence in text] == []
    assert chinese.brightness() < 80
    assert chinese.barriers() == []
    assert "Traceback" not in live_server.log.read_text()


def _links(window: Visit) -> Locator:
    """The links at the left; each stands there twice, with a tooltip for a mouse and one for a finger."""
    return window.page.locator('[data-testid="stSidebar"] [data-testid="stPageLink-NavLink"]:visible')


@cache
def _sentences() -> tuple[str, ...]:
    """Those of the catalogue in English, which a Chinese page must not show."""
    with CATALOGUE.open("rb") as file:
        messages = [m.id for m in read_po(file, locale="zh_Hans_CN") if isinstance(m.id, str)]
    sentences = tuple(m for m in messages if len(m.split()) > 1 and "{" not in m)
    assert sentences
    return sentences
