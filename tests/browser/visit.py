"""A person in front of the dashboard: opens pages, waits as a person would, sees what is on screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Request

SETTLE_MS = 180_000
ACTION_MS = 60_000
HOME = {"127.0.0.1", "localhost", ""}
FLAGS = [
    # Names of other hosts lead nowhere, so that a window cannot leave this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# True once the page is connected, its script has run, and nothing on it is still to come.
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return !!app && app.dataset.testConnectionState === 'CONNECTED'
        && app.dataset.testScriptState === 'notRunning'
        && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
        && !!document.querySelector('[data-testid="stMain"] h1, [data-testid="stException"]');
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser window on the dashboard at `url`; `foreign` and `faults` are what must stay empty."""

    page: Page
    url: str
    foreign: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, **query: str | list[str]) -> Visit:
        """Go to a page by its address."""
        address = f"{self.url}/{path}"
        self.page.goto(f"{address}?{urlencode(query, doseq=True)}" if query else address)
        return self.settle()

    def settle(self) -> Visit:
        """Wait until the page has come to rest, twice in a row: a click first shows after a moment."""
        for _ in range(2):
            self.page.wait_for_timeout(250)
            self.page.wait_for_function(SETTLED, timeout=SETTLE_MS)
        return self

    def query(self) -> dict[str, list[str]]:
        """What stands in the address after the question mark."""
        return parse_qs(urlsplit(self.page.url).query)

    def main(self) -> Locator:
        """The page without navigation and sidebar."""
        return self.page.locator('[data-testid="stMain"]')

    def text(self) -> str:
        """The words on screen, without the names of icons (they are letters to the browser)."""
        return re.sub(r"(?m)^[a-z]+(_[a-z0-9]+)+$", "", self.main().inner_text())

    def tiles(self) -> dict[str, str]:
        """Label and value of every tile of the page."""
        found = self.page.locator('[class*="st-key-tile_"]')
        labels = [
            tile.locator('[data-testid="stCaptionContainer"]').first.inner_text() for tile in found.all()
        ]
        values = found.locator('[data-testid="stMetricValue"]').all_inner_texts()
        lines = zip((label.split("\n")[0] for label in labels), values, strict=True)
        return {label.strip(): value.strip() for label, value in lines}

    def keyed(self, key: str) -> Locator:
        """The part of the page that the code calls by this key."""
        return self.page.locator(f".st-key-{re.sub(r'[^A-Za-z0-9_-]', '-', key)}")

    def press(self, key: str) -> Visit:
        """Press a button by its key, and wait for what follows."""
        self.keyed(key).get_by_role("button").click()
        return self.settle()

    def pick(self, key: str, option: str) -> Visit:
        """Choose from a list by the words shown."""
        self.keyed(key).locator("input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.keyboard.press("Escape")
        return self.settle()

    def type(self, key: str, value: str) -> None:
        """Write into a field."""
        field = self.keyed(key).locator("input")
        field.fill(value)
        field.press("Tab")

    def alerts(self) -> list[str]:
        """Error boxes, exception elements and dialogs on screen."""
        broken = '[data-testid="stException"], [data-testid="stAlertContentError"], [role="dialog"]'
        return self.page.locator(broken).all_inner_texts()

    def barriers(self) -> list[str]:
        """What axe finds serious or critical for people who see, hear or point differently."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def sideways(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        return self.page.evaluate(
            """() => Math.max(...['stMain', 'stApp', 'stAppViewContainer']
                .map(id => document.querySelector(`[data-testid="${id}"]`))
                .concat(document.documentElement).filter(Boolean)
                .map(box => box.scrollWidth - box.clientWidth))"""
        )

    def brightness(self) -> float:
        """Of the page's background, 0 black to 255 white."""
        colour = self.page.evaluate(
            """() => getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor"""
        )
        return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3

    def photograph(self, path: Path) -> None:
        """The whole page as a picture, for people to look at; the page itself is what scrolls."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before = self.page.viewport_size
        height = self.page.evaluate("""() => document.querySelector('[data-testid="stMain"]').scrollHeight""")
        self.page.set_viewport_size({"width": before["width"], "height": max(height, before["height"])})
        self.settle().page.screenshot(path=path)
        self.page.set_viewport_size(before)


# Opens a window on a page: `go("overview", lang="zh")`.
Go = Callable[..., Visit]


def visit(person: BrowserContext, url: str, *, width: int, height: int, scheme: str) -> Visit:
    """A new window of somebody who has the dashboard's scripts at hand; requests to other hosts are noted."""
    window = Visit(person.new_page(), url)
    window.page.set_viewport_size({"width": width, "height": height})
    window.page.emulate_media(color_scheme=scheme)

    def note(request: Request) -> None:
        if (urlsplit(request.url).hostname or "") not in HOME:
            window.foreign.append(request.url)

    window.page.on("request", note)
    window.page.on("pageerror", lambda error: window.faults.append(str(error)))
    return window
