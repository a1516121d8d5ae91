"""The first visit to each page, by nobody: what it makes the server find out is kept for everybody after."""

from __future__ import annotations

import asyncio

import streamlit as st

from dashboard.pages import PAGES
from dashboard.visitor import visitor


def open_every_page() -> None:
    """Open every page of this server once, one after the other, as somebody who chooses nothing."""
    asyncio.run(_opened(st.get_option("server.port")))


async def _opened(port: int) -> None:
    for page in PAGES:
        async with visitor(port, seed=0) as nobody:
            await nobody.opened(page.url_path)
