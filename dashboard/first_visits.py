"""The first visit to each page, by nobody: what it makes the server find out is kept for everybody after."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from dashboard.pages import PAGES
from dashboard.visitor import PageFailedError, visitor

LEFT_OUT = frozenset({"sandbox", "import"})  # they tell nothing before somebody asks
PAUSE_SECONDS = 3.0  # at most, after a page
SLOW = ("segments",)  # how these developed is counted from all that ever happened
QUICK = tuple(page.url_path for page in PAGES if page.url_path not in {*LEFT_OUT, *SLOW})


def are_wanted() -> bool:
    """Whether pages are opened ahead: unless LOYALTY_FIRST_VISITS says no."""
    return os.environ.get("LOYALTY_FIRST_VISITS") != "no"


def open_pages(paths: Sequence[str], period: str = "month") -> None:
    """Open pages of this server once, one after the other, as somebody who chooses nothing but the period; in
    between stands as long as it took, some seconds at most, so that people who are there already hardly wait:
    what takes longer is done by another process."""
    asyncio.run(_opened(paths, st.get_option("server.port"), period))


async def _opened(paths: Sequence[str], port: int, period: str) -> None:
    for path in paths:
        async with visitor(port, seed=0) as nobody:
            with suppress(PageFailedError, TimeoutError):  # whoever comes next is told
                waited = await nobody.opened(path, period=period)
                await asyncio.sleep(min(waited.whole, PAUSE_SECONDS))
