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


@pytest.mark.parametrize("path", [page.url_path for page in PAGES])
def test_a_page_is_whole_in_light_and_on_a_phone(go: Go, live_server: Server, path: str) -> None:
    window = go(path, lang="en")
    assert window.alerts() == []
    assert len(window.text()) > 100
    assert window.brightness() > 200

    window.page.set_viewport_size({"width": 390, "height": 844})
    window.settle()
    assert window.sideways() <= 1
    assert "Traceback" not in live_server.log.read_text()


@pytest.mark.parametrize("path", [page.url_path for page in PAGES])
def test_a_page_is_whole_in_chinese_and_in_the_dark(go: Go, live_server: Server, path: str) -> None:
    window = go(path, lang="zh")
    assert window.alerts() == []
    assert len(window.text()) > 100
    assert _english_left(window) == []

    window.page.emulate_media(color_scheme="dark")
    window.settle()
    assert window.brightness() < 80
    assert window.alerts() == []
    assert "Traceback" not in live_server.log.read_text()


def _english_left(window: Visit) -> list[str]:
    """Sentences of the catalogue that the Chinese page still shows in English."""
    with CATALOGUE.open("rb") as file:
        messages = [m.id for m in read_po(file, locale="zh_Hans_CN") if isinstance(m.id, str)]
    sentences = [m for m in messages if len(m.split()) > 1 and "{" not in m]
    assert sentences
    shown = window.text()
    return [sentence for sentence in sentences if sentence in shown]


def test_the_navigation_leads_to_every_page_and_keeps_the_language(go: Go) -> None:
    listed = json.loads(loyalty("dashboard", "--list-pages", "--json").stdout)
    window = go("overview", lang="zh")
    links = window.page.locator('[data-testid="stSidebarNavLink"]')
    assert links.count() == len(listed)
    for number, page in enumerate(listed):
        links.nth(number).click()
        window.settle()
        assert window.page.url.split("?")[0].removeprefix(window.url).strip("/") in (page["url_path"], "")
        assert window.query().get("lang") == ["zh"]
        assert window.alerts() == []
