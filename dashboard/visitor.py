"""A person in front of the dashboard without a browser: speaks the server's protocol over its websocket.

Measured is the server's time, from the click to the end of the script; a browser then draws what it got.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 1800
LARGEST_MESSAGE = 2**28
# What a reader came for; all that stands around it is there at once.
FIGURES = frozenset({"metric", "plotly_chart", "dataframe"})
CHOICES = frozenset({"selectbox", "multiselect"})


@dataclass(frozen=True, slots=True)
class Waited:
    """Seconds from a click until the first figure came (None where none did) and until all had come."""

    first: float | None
    whole: float


class PageFailedError(Exception):
    """The server showed an error where figures should be."""


@dataclass
class Visitor:
    """One session; `choices` are the widgets on the page by key, `pages` the hashes by url path."""

    line: ClientConnection
    random: Random
    pages: dict[str, str] = field(default_factory=dict)
    choices: dict[str, Any] = field(default_factory=dict)
    _page: str = ""
    _query: str = ""

    async def opened(self, path: str, **query: str | list[str]) -> Waited:
        """Comes from outside: types an address."""
        return await self._asked(page_name=path, query_string=urlencode(query, doseq=True))

    async def went(self, path: str) -> Waited:
        """Follows the navigation to another page; the server brings the filters along."""
        return await self._asked(page_script_hash=self.pages[path])

    async def chose(self, key: str) -> Waited:
        """Sets a filter or period to another of its options, whichever."""
        widget = self.choices[key]
        state = WidgetState(id=widget.id)
        if widget.DESCRIPTOR.name == "MultiSelect":
            state.string_array_value.data.append(self.random.choice(widget.options))
        else:
            now = widget.options[widget.default] if widget.options else ""
            state.string_value = self.random.choice([one for one in widget.options if one != now])
        return await self._asked([state], page_script_hash=self._page, query_string=self._query)

    async def _asked(self, states: Iterable[WidgetState] = (), **client: str) -> Waited:
        asking = BackMsg()
        for name, value in client.items():
            setattr(asking.rerun_script, name, value)
        asking.rerun_script.widget_states.widgets.extend(states)
        async with asyncio.timeout(PATIENCE_SECONDS):
            started = time.perf_counter()
            await self.line.send(asking.SerializeToString())
            return await self._answered(started)

    async def _answered(self, started: float) -> Waited:
        first = None
        while True:
            told = ForwardMsg.FromString(await self.line.recv())
            kind = told.WhichOneof("type")
            if kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return Waited(first, time.perf_counter() - started)
            if kind == "delta" and self._seen(told) and first is None:
                first = time.perf_counter() - started
            self._follow(told, kind)

    def _follow(self, told: ForwardMsg, kind: str | None) -> None:
        """Keeps what a browser knows of where it is."""
        if kind == "navigation":
            self._page = told.navigation.page_script_hash  # a new session names the door of an address typed
            self.pages = {page.url_pathname: page.page_script_hash for page in told.navigation.app_pages}
        elif kind == "new_session":
            self.choices = {}
        elif kind == "page_info_changed":
            self._query = told.page_info_changed.query_string

    def _seen(self, told: ForwardMsg) -> bool:
        """Whether the element is a figure; remembers those that can be chosen from."""
        element = told.delta.new_element
        kind = element.WhichOneof("type")
        if kind in CHOICES:
            widget = getattr(element, kind)
            self.choices[widget.id.rpartition("-")[2]] = widget
        if kind == "alert" and element.alert.format == element.alert.ERROR:
            raise PageFailedError(element.alert.body)
        return kind in FIGURES


@asynccontextmanager
async def visitor(port: int, seed: int) -> AsyncIterator[Visitor]:
    """A person at the dashboard on that port of this machine."""
    url = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(url, subprotocols=["streamlit"], max_size=LARGEST_MESSAGE) as line:  # type: ignore[list-item]
        yield Visitor(line, Random(seed))
