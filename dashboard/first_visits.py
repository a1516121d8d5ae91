"""The first visit to each page, by nobody: what it makes the server find out is kept for everybody after."""

from __future__ import annotations

import asyncio

import streamlit as st

from dashboard.pages import PAGES
from dashboard.visitor import visitor

# How segments developed is counted from all that ever happened, which is not held in memory for nobody.
LEFT_OUT = frozenset({"segments", "sandbox", "import"})


def open_every_page() -> None:
    """Open the pages of this server once, one after the other, as somebody who chooses nothing."""
    asyncio.run(_opened(st.get_option("server.port")))


async def _opened(port: int) -> None:
    for path in (page.url_path for page in PAGES if page.url_path not in LEFT_OUT):
        async with visitor(port, seed=0) as nobody:
            await nobody.opened(path)
