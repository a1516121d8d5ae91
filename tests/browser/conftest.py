"""A real browser on a real server; every visit must stay on this machine and end without a fault."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visit import FLAGS, Visit, visit
from tests.living import Server


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def go(
    browser: Browser, live_server: Server, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Opens windows on the demo programme: `go("overview", lang="zh")`, `go("overview", width=390)`."""
    visits: list[Visit] = []

    def opened(
        path: str,
        *,
        server: Server = live_server,
        width: int = 1360,
        height: int = 900,
        scheme: str = "light",
        **query: str | list[str],
    ) -> Visit:
        visits.append(visit(browser, server.url, width=width, height=height, scheme=scheme))
        return visits[-1].open(path, **query)

    yield opened
    for number, window in enumerate(visits):
        if folder := os.environ.get("LOYALTY_SCREENSHOTS"):
            window.photograph(Path(folder) / f"{request.node.name}-{number}.png")
        window.page.context.close()
    assert not [address for window in visits for address in window.foreign], "left this machine"
    assert not [fault for window in visits for fault in window.faults], "script fault in the browser"
