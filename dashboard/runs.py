"""Runs on a page: the one in the address, its progress while it works, and the earlier ones.

Runs live in the registry, so a refresh, a second tab and another person find the same ones; the address
names the run that is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from babel.dates import format_timedelta

from dashboard.complaints import complaint
from dashboard.i18n import N_, _, locale, ngettext
from dashboard.jobs.job_process import ensure_job_process
from data.registry import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING
from data.tables import Run
from data.workspace import Workspace

REFRESH_SECONDS = 1.0
STATUS = {
    QUEUED: (N_("Waiting"), "gray", ":material/schedule:"),
    RUNNING: (N_("Running"), "blue", ":material/play_circle:"),
    DONE: (N_("Done"), "green", ":material/check_circle:"),
    FAILED: (N_("Failed"), "red", ":material/error:"),
    CANCELLED: (N_("Cancelled"), "gray", ":material/cancel:"),
    INTERRUPTED: (N_("Interrupted"), "orange", ":material/warning:"),
}

Stages = Mapping[str, str]
Drawn = Callable[[Run], None]


def opened(workspace: Workspace, kind: str, name: str) -> Run | None:
    """The run that the address names; None where it names none of that kind."""
    given = st.query_params.get(name, "")
    run = workspace.registry.run(int(given)) if given.isdigit() and len(given) < 16 else None
    if given and (run is None or run.kind != kind):
        st.warning(_("There is no run {number} in this workspace.").format(number=given))
        return None
    return run


def open_run(name: str, run_id: int | str) -> None:
    """Put a run into the address: for an `on_click`, which the next click cannot interrupt."""
    st.query_params[name] = str(run_id)


def is_over(run: Run) -> bool:
    """Whether nothing more will come of it."""
    return run.status not in (QUEUED, RUNNING)


def follow(workspace: Workspace, run: Run, name: str, stages: Stages, draw: Drawn | None = None) -> None:
    """Progress, cancel button and partial result of the run open under `name`, refreshed until it is over."""
    st.fragment(_following, run_every=REFRESH_SECONDS)(workspace, run, name, stages, draw)


def _following(workspace: Workspace, asked: Run, name: str, stages: Stages, draw: Drawn | None) -> None:
    ensure_job_process(workspace.folder)
    workspace.registry.mark_interrupted()
    run = workspace.registry.run(asked.id)
    if run is None or run.status != asked.status:
        # The timer may have sent an address from before this run was opened.
        open_run(name, asked.id)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(run.progress, text=_said(workspace, run, stages))
        st.button(
            _("Cancelling …") if run.cancel_requested else _("Cancel"),
            icon=":material/stop_circle:",
            disabled=run.cancel_requested,
            on_click=workspace.registry.request_cancel,
            args=(run.id,),
            key=f"cancel:{run.id}",
            width="content",
        )
    if draw is not None and run.partial:
        draw(run)


def _said(workspace: Workspace, run: Run, stages: Stages) -> str:
    """What the run is doing, and how long it will take."""
    if run.status == QUEUED:
        ahead = sum(one.id < run.id for status in (RUNNING, QUEUED) for one in _of(workspace, run, status))
        if not ahead:
            return _("Starting")
        waiting = ngettext("Waiting for {count} earlier run", "Waiting for {count} earlier runs", ahead)
        return waiting.format(count=ahead)
    words = _stage(run, stages)
    left = _left(run)
    return f"{words} · {left}" if left else words


def _of(workspace: Workspace, run: Run, status: str) -> list[Run]:
    return workspace.registry.runs(kind=run.kind, status=status)


def _stage(run: Run, stages: Stages) -> str:
    try:
        said: dict[str, Any] = json.loads(run.message)
        words = stages[said["stage"]]
        return _(words).format(**said)
    except (ValueError, KeyError, TypeError):
        return _("Running")


def _left(run: Run) -> str:
    if run.started_at is None or not 0.05 < run.progress < 1:
        return ""
    seconds = (datetime.now(UTC) - run.started_at).total_seconds() * (1 - run.progress) / run.progress
    return _("about {time} left").format(
        time=format_timedelta(max(seconds, 1), granularity="second", locale=locale())
    )


def badge(run: Run) -> None:
    """The status of a run as a small mark."""
    words, colour, icon = STATUS[run.status]
    st.badge(_(words), color=colour, icon=icon)


def outcome(run: Run, cancelled: str = N_("This run was cancelled before it was done.")) -> None:
    """A sentence on a run that ended without a result; `cancelled` is the one for that."""
    if run.status == FAILED:
        st.error(complaint(run.message), title=_("The run failed"), icon=":material/error:")
    elif run.status == CANCELLED:
        st.info(_(cancelled), icon=":material/cancel:")
    elif run.status == INTERRUPTED:
        st.warning(
            _("This run was interrupted, because the process that worked on it ended. Please run it again."),
            icon=":material/warning:",
        )
