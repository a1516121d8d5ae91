"""The first visits to the pages, by nobody, to a server that only answers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.server import ServerConnection, serve

from dashboard import first_visits
from dashboard.pages import PAGES


@pytest.mark.parametrize("broken", [None, "value"])
def test_every_page_that_tells_something_is_opened_once_whatever_fails(broken: str | None) -> None:
    visited: list[str] = []

    async def answer(line: ServerConnection) -> None:
        rerun = BackMsg.FromString(await line.recv()).rerun_script
        asked = rerun.page_name
        visited.append(asked)
        assert rerun.query_string == "period=quarter"
        if asked == broken:
            failed = ForwardMsg()
            alert = failed.delta.new_element.alert
            alert.format, alert.body = alert.ERROR, "out of order"
            await line.send(failed.SerializeToString())
        await line.send(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString())

    async def visit() -> None:
        async with serve(answer, "127.0.0.1", 0, subprotocols=["streamlit"]) as server:  # type: ignore[list-item]
            paths = [*first_visits.QUICK, *first_visits.SLOW]
            await first_visits._opened(paths, server.sockets[0].getsockname()[1], "quarter")

    with ThreadPoolExecutor(1) as aside:  # a browser of other tests keeps a loop running in this one
        aside.submit(asyncio.run, visit()).result()
    assert sorted(visited) == sorted({page.url_path for page in PAGES} - {"sandbox", "import"})
