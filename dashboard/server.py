"""The dashboard as a server: compressed answers, security headers, a health route, errors in one line."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulation.mapped import keep_little

_log = logging.getLogger("loyalty.dashboard")
_is_warm, _knows_all = threading.Event(), threading.Event()

# A page sends some hundred messages and lends the interpreter with each: it must not wait for it as long as
# Python lets threads wait (5 ms) while another page counts.
TURN_SECONDS = 0.0005
NEWS_SECONDS = 30.0  # from one look for something newer to the next

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds headers that keep browsers from guessing types, framing the page or leaking its address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        await self.app(scope, receive, sending)


async def health(_: Request) -> JSONResponse:
    """Says that the server answers, and how much it has done of what it does before people come."""
    done = {"is_warm": _is_warm.is_set(), "knows_all": _knows_all.is_set()}
    return JSONResponse({"status": "ok"} | done)


def say_so(error: Exception) -> bool:
    """What a callback or a part of a page raised: a traceback in the log, one sentence on screen."""
    from dashboard.frame import sorry

    _log.error("a page failed", exc_info=error)
    sorry(error)
    return True


@asynccontextmanager
async def warmed(_: st.App) -> AsyncIterator[None]:
    """Reads the facts while the first reader's browser is still loading, so that the first page is ready;
    then what the first what-if would wait for."""
    sys.setswitchinterval(TURN_SECONDS)
    keep_little()
    threading.Thread(target=_warm, name="warm-up", daemon=True).start()
    threading.Thread(target=_keep_up, name="keep-up", daemon=True).start()
    yield
    gc.unfreeze()  # libraries that find at the end what was left alive would list all of it


def _warm() -> None:
    from dashboard import live, prefetch
    from dashboard.jobs.job_process import ensure_job_process

    try:
        shown = live.now()
        if shown is not None:
            ahead = prefetch.started(shown)
            ahead.pages.join()
            gc.collect()
            gc.freeze()  # what is left stays: nobody waits later while all of it is looked through again
            ensure_job_process(live.path())
            _is_warm.set()
            ahead.rest.join()
    except Exception:  # whatever it is, the page says it to the reader
        _log.warning("nothing could be read ahead", exc_info=True)
    finally:
        _is_warm.set()
        _knows_all.set()


def _keep_up() -> None:
    """Reads ahead what is published later, whether anybody is there to see it or not."""
    from dashboard import live, prefetch

    while True:
        time.sleep(NEWS_SECONDS)
        try:
            if (latest := live.now()) is not None:
                prefetch.started(latest)  # once for each state
        except Exception:  # a registry away for a moment, say: the next look may find it
            _log.warning("nothing could be read ahead", exc_info=True)


app = st.App(
    str(Path(__file__).with_name("app.py")),
    routes=[Route("/healthz", health)],
    middleware=[Middleware(SecurityHeaders), Middleware(GZipMiddleware, minimum_size=1000)],
    lifespan=warmed,
    on_script_error=say_so,
)
