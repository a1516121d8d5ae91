"""A run of a page: what goes wrong is said in one sentence, and what was drawn can be taken along."""

from __future__ import annotations

import logging
from typing import Any

import streamlit as st

from dashboard import drawer, frame, page_record
from dashboard.handouts import menu, presentation
from dashboard.i18n import language, speaking
from loyalty_core.errors import InputError

_log = logging.getLogger("loyalty.dashboard")


def run(page: Any) -> None:
    """Run a page; what goes wrong is one sentence on screen and a traceback in the log."""
    st.session_state[frame.DRAWING] = page.url_path
    try:
        if presentation.is_on():
            presentation.run(page)
            return
        # The language is settled for this run: every text would look it up again.
        with page_record.recording() as record, speaking(language()):
            page.run()
        st.session_state[frame.DRAWN] = page.url_path
        if record.page is not None:
            drawer.offer(record, record.page)
        menu.offer(record)
    except Exception as error:
        if not isinstance(error, InputError):
            _log.exception("page %s failed", page.url_path or "overview")
        frame.sorry(error)
