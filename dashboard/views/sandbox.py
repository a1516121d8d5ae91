"""Sandbox: change the rules, and see what would happen beside the programme as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import frame, live, runs
from dashboard.i18n import _
from dashboard.sandbox import (
    comparison_page,
    contest_runs,
    past_reading,
    rests_on,
    sandbox_runs,
    saved_scenarios,
    scenario_form,
)
from dashboard.sandbox.draft import Asked
from dashboard.sandbox.questions import asking
from data.tables import Run

_FORM, _ANSWERED = "change", "sandbox:answered"

shown = live.now()
frame.heading(_("Sandbox"), shown)
if shown is None:
    frame.empty()

workspace = live.opened(shown.workspace)
registry = workspace.registry
run = runs.opened(workspace, sandbox_runs.KIND, sandbox_runs.NAME)
if run is not None:
    st.query_params.pop(contest_runs.NAME, None)  # the address names what is shown
contest = contest_runs.opened(workspace)
saved = saved_scenarios.opened(registry) if run is None else None


def ask(asked: Asked) -> str:
    """Queue the what-if and open it; the form already shows it."""
    queued = sandbox_runs.queue(workspace, shown, asked)
    st.query_params.pop(saved_scenarios.NAME, None)
    runs.open_run(sandbox_runs.NAME, queued.id)
    return sandbox_runs.start(queued)


def result(of: Run, found: Mapping[str, Any]) -> None:
    """What a what-if found so far."""

    def below() -> None:
        asking.members_line(workspace, of)
        rests_on.line(workspace, of)

    comparison_page.result(of, rests_on.drawn(workspace, of, found), below)
    rests_on.levels(workspace, of)


nothing_asked = run is None and contest is None
if nothing_asked:
    st.markdown(
        _(
            "What would happen if …? Change a rule below or add a campaign, then run it: your members live "
            "through the months ahead twice, with the change and without it, with the same luck. The answer "
            "says what the change is worth, whom it moves, and how sure that is."
        )
    )
answered = (run and run.id, contest and contest.id)
if (
    st.session_state.get(_ANSWERED) != answered
):  # each answer is seen first; its reader may open the form again
    st.session_state.update({_ANSWERED: answered, _FORM: nothing_asked})
with st.expander(_("What to change"), icon=":material/tune:", key=_FORM, on_change="rerun"):
    saved_scenarios.row(registry, saved)
    scenario_form.form(
        sandbox_runs.around(workspace, shown),
        sandbox_runs.enrolled(shown),
        saved_scenarios.asked(saved) if saved else sandbox_runs.asked(run),
        saved_scenarios.start(saved) if saved else sandbox_runs.start(run),
        ask,
        saved_scenarios.saving(registry),
    )
contest_runs.form(workspace, shown, contest)
past_reading.notice(shown)
if run is not None:
    sandbox_runs.show(workspace, run, result)
    asking.below(workspace, run)
if contest is not None:
    contest_runs.show(workspace, contest)
sandbox_runs.earlier(workspace, run)
contest_runs.earlier(workspace, contest)
