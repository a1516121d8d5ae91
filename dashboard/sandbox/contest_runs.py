"""Several what-ifs side by side: which are chosen, and the run in which they meet the same luck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import figures, live, number_fields, runs
from dashboard.i18n import _
from dashboard.jobs.job_process import ensure_job_process, queued
from dashboard.jobs.proposed_run import MOST_MEMBERS, USUAL
from dashboard.jobs.simulation_hash import asked_hash
from dashboard.sandbox import contest_page, contest_rests_on, rivals, sandbox_runs, scenario_parts
from dashboard.sandbox.part import of_this_one
from dashboard.sandbox.run_fields import run_fields
from data.registry import SCENARIO
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.scenario import Scenario

KIND, NAME = "contest", "contest"
FEWEST, MOST = 2, 4
_CHOSEN, _WRONG = "contest:chosen", "contest:wrong"

Candidates = Mapping[str, Scenario]


def opened(workspace: Workspace) -> Run | None:
    """The contest that the address names."""
    return runs.opened(workspace, KIND, NAME)


def form(workspace: Workspace, shown: live.Live, contest: Run | None) -> None:
    """Which what-ifs are to be run side by side, and how; nothing where there are not two of them."""
    known = candidates(workspace)
    if len(known) < FEWEST:
        return
    _start_from(sandbox_runs.enrolled(shown), contest, known)
    with (
        st.expander(_("Compare several what-ifs"), icon=":material/leaderboard:", key="contest"),
        st.form("contest form", enter_to_submit=False, border=False),
    ):
        st.multiselect(
            _("Saved what-ifs and earlier runs, two to four"),
            list(known),
            format_func=lambda name: _label(shown.programme, known[name]),
            max_selections=MOST,
            key=_CHOSEN,
        )
        with st.grid(4, min_column_width=190):
            run_fields(sandbox_runs.enrolled(shown), _key)
        for sentence in st.session_state.pop(_WRONG, []):
            st.error(sentence, icon=":material/error:")
        st.form_submit_button(
            _("Run them side by side"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_ask,
            args=(workspace, shown, known),
            key="contest:run",
        )


def show(workspace: Workspace, contest: Run) -> None:
    """Progress and what is known of the contest while it is worked on, then how it ended."""
    if not runs.is_over(contest):
        runs.follow(
            workspace, contest, NAME, sandbox_runs.STAGES, lambda now: _drawn(workspace, now, now.partial)
        )
        return
    runs.outcome(contest)
    _drawn(workspace, contest, contest.result or contest.partial)


def candidates(workspace: Workspace) -> dict[str, Scenario]:
    """What can be chosen, saved ones first; runs are called by their number."""
    registry = workspace.registry
    saved = {
        f"saved:{one.id}": Scenario.model_validate({"name": one.name, **one.document})
        for one in registry.all_saved(SCENARIO)
    }
    asked = {
        f"run:{run.id}": Scenario.model_validate(run.payload["scenario"] | {"name": f"#{run.id}"})
        for run in registry.runs(kind=sandbox_runs.KIND, limit=sandbox_runs.LISTED)
    }
    return saved | asked


def _label(programme: Programme, scenario: Scenario) -> str:
    return rivals.label(programme, scenario)


def _drawn(workspace: Workspace, contest: Run, document: Mapping[str, Any] | None) -> None:
    if document and document.get("ranking"):
        told = contest_rests_on.drawn(workspace, contest, document)
        contest_page.result(contest, told, lambda: contest_rests_on.line(workspace, contest, told))


def _ask(workspace: Workspace, shown: live.Live, known: Candidates) -> None:
    """Queue the contest and open it, if it can be run."""
    run = {name: st.session_state[_key(name)] for name in USUAL}
    chosen = [known[name].model_copy(update=run) for name in st.session_state[_CHOSEN] if name in known]
    st.session_state[_WRONG] = number_fields.wrong(_key("")) or _problems(shown.programme, chosen)
    if st.session_state[_WRONG]:
        return
    payload = {
        "programme": shown.programme.model_dump(mode="json"),
        "scenarios": [one.model_dump(mode="json") for one in chosen],
        "snapshot": shown.snapshot_id,
        "members": st.session_state[_key("members")],
    }
    contest = queued(workspace.registry, KIND, payload, asked_hash(KIND, payload))
    ensure_job_process(workspace.folder)
    for name in (sandbox_runs.NAME, SCENARIO):
        st.query_params.pop(name, None)
    runs.open_run(NAME, contest.id)


def _problems(programme: Programme, chosen: list[Scenario]) -> list[str]:
    if len(chosen) < FEWEST:
        return [_("Choose at least two what-ifs.")]
    found = []
    for scenario in chosen:
        try:
            scenario.check(programme)
        except InputError as error:
            what = of_this_one(error)
            found.append(_("{name}: {what}").format(name=_label(programme, scenario), what=what))
    return found


def _start_from(enrolled: int, contest: Run | None, known: Candidates) -> None:
    """Fill the fields with what the contest in the address was asked, or with what is proposed."""
    start: dict[str, Any] = {**USUAL, "members": min(enrolled, MOST_MEMBERS)}
    chosen: list[str] = []
    if contest is not None:
        asked = contest.payload["scenarios"]
        start = {name: asked[-1][name] for name in USUAL} | {"members": contest.payload["members"]}
        names = {one["name"] for one in asked}
        chosen = [name for name, scenario in known.items() if scenario.name in names]
    for name, value in start.items():
        st.session_state.setdefault(_key(name), min(value, max(enrolled, 1)) if name == "members" else value)
    st.session_state.setdefault(_CHOSEN, chosen)


def _key(name: str) -> str:
    return f"contest:{name}"


def earlier(workspace: Workspace, contest: Run | None) -> None:
    """The latest contests; a click opens one."""
    listed = workspace.registry.runs(kind=KIND, limit=sandbox_runs.LISTED)
    if not listed:
        return
    title = _("Earlier comparisons")
    st.markdown(f"**{title}**")
    with st.container(border=True, gap="xsmall", key="earlier_contests"):
        for run in listed:
            _line(run, contest is not None and run.id == contest.id)


def _line(run: Run, is_open: bool) -> None:
    programme = programme_from_dict(run.payload["programme"])
    asked = [Scenario.model_validate(one) for one in run.payload["scenarios"]]
    names = [rivals.label(programme, one) for one in asked]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        runs.badge(run)
        st.button(
            " · ".join(names).translate(scenario_parts.PLAIN),
            type="tertiary",
            disabled=is_open,
            on_click=_open,
            args=(run.id,),
            key=f"contest:{run.id}",
            width="content",
        )
        st.caption(figures.moment(run.created_at, programme), width="content")


def _open(run_id: int) -> None:
    for name in (sandbox_runs.NAME, SCENARIO):
        st.query_params.pop(name, None)
    runs.open_run(NAME, run_id)
