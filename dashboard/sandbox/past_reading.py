"""Says that the past is still being read, where the first what-if would wait for it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import live
from dashboard.i18n import _
from dashboard.jobs.calibrated import is_awaited
from dashboard.jobs.job_process import is_at_work

REFRESH_SECONDS = 2.0


def notice(shown: live.Live) -> None:
    """One line as long as it is so; nothing otherwise."""
    if _is_being_read(shown):
        st.fragment(_notice, run_every=REFRESH_SECONDS)(shown)


def _notice(shown: live.Live) -> None:
    if not _is_being_read(shown):
        st.rerun()
    words = _(
        "The members' past is being read and calibrated, once for this snapshot. A what-if can be sent at "
        "once; it begins when this is done."
    )
    st.caption(words)


def _is_being_read(shown: live.Live) -> bool:
    workspace = live.opened(shown.workspace)
    snapshot = workspace.snapshot(shown.snapshot_id)
    return is_at_work(Path(shown.workspace)) and is_awaited(workspace, snapshot, shown.programme)
