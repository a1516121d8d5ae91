"""A real browser on a real server; every visit must stay on this machine and end without a fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser.visit import ACTION_MS, FLAGS, Go, Visit, visit
from tests.living import Server

# Nothing that a page puts aside lives on in the next one; a page without an address has no such place.
FORGETFUL = "if (location.origin !== 'null') localStorage.clear()"


@pytest.fixture(scope="session")
def person(chromium: str) -> Iterator[BrowserContext]:
    """Somebody with a browser, which keeps the dashboard's scripts from one visit to the next."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        context = browser.new_context(locale="en-GB", accept_downloads=True, reduced_motion="reduce")
        context.set_default_timeout(ACTION_MS)
        context.add_init_script(FORGETFUL)
        yield context
        browser.close()


@contextmanager
def _windows(person: BrowserContext, home: Server, name: str) -> Iterator[Go]:
    """Opens windows; all are closed at the end and must have stayed on this machine without a fault."""
    visits: list[Visit] = []

    def opened(
        path: str,
        *,
        server: Server = home,
        width: int = 1360,
        height: int = 900,
        scheme: str = "light",
        **query: str | list[str],
    ) -> Visit:
        visits.append(visit(person, server.url, width=width, height=height, scheme=scheme))
        return visits[-1].open(path, **query)

    yield opened
    for number, window in enumerate(visits):
        if folder := os.environ.get("LOYALTY_SCREENSHOTS"):
            window.photograph(Path(folder) / f"{name}-{number}.png")
        window.page.close()
    person.clear_cookies()
    assert not [address for window in visits for address in window.foreign], "left this machine"
    assert not [fault for window in visits for fault in window.faults], "script fault in the browser"


@pytest.fixture
def go(person: BrowserContext, live_server: Server, request: pytest.FixtureRequest) -> Iterator[Go]:
    """Opens windows on the demo programme: `go("overview", lang="zh")`, `go("overview", width=390)`."""
    with _windows(person, live_server, request.node.name) as opened:
        yield opened


@pytest.fixture(scope="module")
def walk(person: BrowserContext, live_server: Server, request: pytest.FixtureRequest) -> Iterator[Go]:
    """As `go`, for windows that several tests of a file walk on in."""
    with _windows(person, live_server, request.node.path.stem) as opened:
        yield opened
