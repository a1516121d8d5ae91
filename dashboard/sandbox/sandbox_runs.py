"""The runs of the sandbox: queued from the form, shown while they work and when they are done, listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard import figures, live, runs
from dashboard.i18n import N_, _
from dashboard.jobs.calibrated import kept_calibration
from dashboard.jobs.job_process import ensure_job_process, queued
from dashboard.jobs.simulation_hash import asked_hash
from dashboard.sandbox import scenario_words
from dashboard.sandbox.draft import Asked
from dashboard.sandbox.part import Around
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.periods import periods
from loyalty_core.rules.programme import programme_from_dict
from simulation.effects import Effects, default_effects
from simulation.scenario import Scenario

KIND, NAME = "simulate", "run"
LISTED = 8
STAGES = {
    "reading": N_("Reading the members and their history"),
    "replications": N_("{done} of {of} replications done"),
}

Draw = Callable[[Run, Mapping[str, Any]], None]


def queue(workspace: Workspace, shown: live.Live, asked: Asked) -> Run:
    """The run that answers the question: a new one, or the one that did already."""
    scenario = asked.scenario.model_copy(update={"name": "sandbox"})
    payload = {
        "programme": shown.programme.model_dump(mode="json"),
        "scenario": scenario.model_dump(mode="json"),
        "snapshot": shown.snapshot_id,
        "members": asked.members,
    }
    return _queued(workspace, payload)


def queue_beside(workspace: Workspace, run: Run, scenario: Scenario) -> Run:
    """The run of another scenario from the very start of that one."""
    return _queued(workspace, {**run.payload, "scenario": scenario.model_dump(mode="json")})


def _queued(workspace: Workspace, payload: dict[str, Any]) -> Run:
    run = queued(workspace.registry, KIND, payload, asked_hash(KIND, payload))
    ensure_job_process(workspace.folder)
    return run


def enrolled(shown: live.Live) -> int:
    """How many members a simulation can start from."""
    today = to_day(shown.as_of)
    return int(live.measured(shown, periods(today, today), ["members_enrolled"])["members_enrolled"].iloc[-1])


def around(workspace: Workspace, shown: live.Live) -> Around:
    """What a what-if can name: today's programme, the days after the data, and where members are."""
    regions, channels = (live.labels(shown, name) for name in ("member_region", "member_channel"))
    first_day = shown.as_of + timedelta(days=1)
    return Around(
        programme=shown.programme,
        first_day=first_day,
        regions=[one for one in regions if one],
        channels=[one for one in channels if one],
        effects=_effects(workspace, shown),
    )


def _effects(workspace: Workspace, shown: live.Live) -> Effects:
    """How members respond in a run that sets out now: as the past tells, once that is looked through."""
    calibration = kept_calibration(workspace, workspace.snapshot(shown.snapshot_id), shown.programme)
    return calibration.effects if calibration else default_effects()


def start(run: Run | None) -> str:
    """What tells the form filled from this run, or from the programme in force, from other starts."""
    return f"{NAME}:{run.id}" if run else ""


def asked(run: Run | None) -> Asked | None:
    """What a run was asked; None without a run."""
    if run is None:
        return None
    scenario = Scenario.model_validate(run.payload["scenario"])
    return Asked(scenario=scenario, members=run.payload["members"])


def show(workspace: Workspace, run: Run, draw: Draw) -> None:
    """Progress and partial result while it works, then the result or why there is none."""
    if not runs.is_over(run):
        runs.follow(workspace, run, NAME, STAGES, lambda now: draw(now, now.partial or {}))
        return
    runs.outcome(run)
    document = run.result or run.partial
    if document and document.get("replications"):
        draw(run, document)


def earlier(workspace: Workspace, opened: Run | None) -> None:
    """The latest runs; a click opens one."""
    listed = workspace.registry.runs(kind=KIND, limit=LISTED)
    if not listed:
        return
    title = _("Earlier runs")
    st.markdown(f"**{title}**")
    with st.container(border=True, gap="xsmall", key="earlier"):
        for run in listed:
            _line(run, opened is not None and run.id == opened.id)


def _line(run: Run, is_open: bool) -> None:
    scenario = run.payload["scenario"]
    programme = programme_from_dict(run.payload["programme"])
    changes = scenario_words.cause(programme, scenario)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        runs.badge(run)
        st.button(
            changes,
            type="tertiary",
            disabled=is_open,
            on_click=runs.open_run,
            args=(NAME, run.id),
            key=f"open:{run.id}",
            width="content",
        )
        st.caption(
            _("{when} · {months} months · {replications} replications · seed {seed}").format(
                when=figures.moment(run.created_at, programme), **scenario
            ),
            width="content",
        )
