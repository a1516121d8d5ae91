"""How long people wait for the pages: one alone, and many at once who all do something all the time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from dashboard.benchmark.serving import Served, served
from dashboard.benchmark.watching import Peak, peak_mib_of
from dashboard.filters import SEGMENT
from dashboard.pages import PAGES
from dashboard.visitor import Visitor, Waited, visitor

PATHS = tuple(page.url_path for page in PAGES if page.url_path not in ("sandbox", "import"))
PEOPLE, EVERY_SECONDS, CLICKS = 20, 10.0, 12  # clicks of each
FIRST, OPENED, FILTERED, PERIOD = "first", "opened", "filtered", "period"
FILTERS = ("region", "tier", "channel")
SEGMENTS = (SEGMENT,)


@dataclass(frozen=True, slots=True)
class Click:
    """What somebody did on a page, and how long it took."""

    page: str
    kind: str
    waited: Waited

    @property
    def figures_ms(self) -> float:
        """Until the first figures came; until everything had where there are none."""
        return 1000 * (self.waited.whole if self.waited.first is None else self.waited.first)

    @property
    def whole_ms(self) -> float:
        return 1000 * self.waited.whole


def pages_watched(workspace: Path) -> dict[str, Any]:
    """The pages of a workspace as one person meets them in the morning, when a server that was started before
    has opened them ahead; as so many do then; and as that many do right after it was started again."""
    with TemporaryDirectory(prefix="loyalty-bench-") as caches:
        return _pages_watched(workspace, Path(caches))


def _pages_watched(workspace: Path, caches: Path) -> dict[str, Any]:
    with served(workspace, caches) as server, (own := Peak(server.process.pid)).watched():
        server.wait_until_warm()
        one = asyncio.run(_alone(server.port))
        before = server.cpu_seconds()
        many = asyncio.run(_together(server.port, PEOPLE))
        spent = server.cpu_seconds() - before
        peaks = {"peak_mib": peak_mib_of(server.process.pid), "peak_own_mib": own.mib}
        segments = _segments_watched(server)
    with served(workspace, caches) as server:
        at_once = asyncio.run(_together(server.port, PEOPLE))
    return {
        "first_figures_p95_ms": p95([click.figures_ms for click in one if click.kind in (FIRST, OPENED)]),
        "filter_p95_ms": p95([click.whole_ms for click in one if click.kind in (FILTERED, PERIOD)]),
        "people": PEOPLE,
        "people_p95_ms": p95([click.whole_ms for click in many]),
        "people_p50_ms": round(_share([click.whole_ms for click in many], 0.5), 1),
        "people_after_start_p95_ms": p95([click.whole_ms for click in at_once]),
        "server_cpu_ms_per_click": round(1000 * spent / max(1, len(many)), 1),
        **peaks,
        "one": _by_page(one),
        "many": _by_page(many),
        "segments": segments,
    }


def _segments_watched(server: Served) -> dict[str, Any]:
    """The same pages where the members of a segment alone are looked at, any that is offered."""
    server.wait_until_it_knows_all()
    one = asyncio.run(_alone_in_segments(server.port))
    many = [click for click in asyncio.run(_together(server.port, PEOPLE, SEGMENTS)) if click.kind != OPENED]
    return {
        "filter_p95_ms": p95([click.whole_ms for click in one]),
        "people_p95_ms": p95([click.whole_ms for click in many]),
        "peak_mib": peak_mib_of(server.process.pid),
        "one": _by_page(one),
        "many": _by_page(many),
    }


def p95(times: Sequence[float]) -> float:
    """What 95 of 100 stay within."""
    return round(_share(times, 0.95), 1)


def _share(times: Sequence[float], share: float) -> float:
    ranked = sorted(times)
    return ranked[math.ceil(share * len(ranked)) - 1] if ranked else math.nan


def _by_page(clicks: Sequence[Click]) -> dict[str, dict[str, float]]:
    """By page and kind the p95 until all had come; of what opens a page until the first figures, too."""
    told: dict[str, dict[str, float]] = {}
    for path in PATHS:
        for kind in (FIRST, OPENED, SEGMENT, FILTERED, PERIOD):
            if those := [click for click in clicks if (click.page, click.kind) == (path, kind)]:
                of_page = told.setdefault(path, {})
                of_page[f"{kind}_ms"] = p95([click.whole_ms for click in those])
                if kind in (FIRST, OPENED):
                    of_page[f"{kind}_figures_ms"] = p95([click.figures_ms for click in those])
    return told


async def _alone(port: int) -> list[Click]:
    """Every page for the first time, once more, and through each filter and another period."""
    clicks = []
    for path in PATHS:
        async with visitor(port, seed=1) as one:
            clicks.append(Click(path, FIRST, await one.opened(path)))
        async with visitor(port, seed=2) as one:
            clicks.append(Click(path, OPENED, await one.opened(path)))
            clicks += await _choices(one, path, (*FILTERS, PERIOD))
    return clicks


async def _alone_in_segments(port: int) -> list[Click]:
    """Every page of a segment, another one each time, and there through each filter and another period."""
    clicks = []
    for number, path in enumerate(PATHS):
        async with visitor(port, seed=number) as one:
            await one.opened(path)
            clicks += await _choices(one, path, (SEGMENT, *FILTERS, PERIOD))
    return clicks


async def _choices(one: Visitor, path: str, keys: Sequence[str]) -> list[Click]:
    """One choice after the other, of those that the page offers."""
    return [
        Click(path, key if key in (SEGMENT, PERIOD) else FILTERED, await one.chose(key))
        for key in keys
        if key in one.choices
    ]


async def _together(port: int, people: int, filters: Sequence[str] = FILTERS) -> list[Click]:
    """All that they did, each of them at a pace and on a way of their own."""
    ways = await asyncio.gather(*(_on_a_way(port, seed, filters) for seed in range(people)))
    return [click for way in ways for click in way]


async def _on_a_way(port: int, seed: int, filters: Sequence[str]) -> list[Click]:
    """A person who looks at a page, filters it, changes the period, and goes to the next one."""
    random, clicks = Random(seed), []
    await asyncio.sleep(random.uniform(0, EVERY_SECONDS))
    async with visitor(port, seed) as one:
        due = time.monotonic()
        for page, kind in _plan(random):
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += EVERY_SECONDS
            key = random.choice(filters) if kind == FILTERED else kind
            if kind == OPENED or key in one.choices:
                clicks.append(Click(page, kind, await _done(one, page, key)))
    return clicks


def _plan(random: Random) -> Iterator[tuple[str, str]]:
    pages = random.sample(PATHS, len(PATHS))
    for click in range(CLICKS):
        yield pages[click // 3 % len(pages)], (OPENED, FILTERED, PERIOD)[click % 3]


async def _done(one: Visitor, page: str, key: str) -> Waited:
    if key == OPENED:
        return await (one.went(page) if one.pages else one.opened(page))
    return await one.chose(key)
