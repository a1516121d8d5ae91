"""Sandbox: change the rules, and see what would happen beside the programme as it stands."""

from __future__ import annotations

import streamlit as st

from dashboard import comparison_page, frame, live, runs, sandbox_runs, scenario_form
from dashboard.i18n import _

shown = live.now()
frame.heading(_("Sandbox"), shown)
if shown is None:
    frame.empty()

workspace = live.opened(shown.workspace)
run = runs.opened(workspace, sandbox_runs.KIND, sandbox_runs.NAME)
asked = scenario_form.form(
    shown.programme,
    sandbox_runs.enrolled(shown),
    sandbox_runs.asked(run),
    name=f"{run.id if run else ''}:{shown.key}",
)
if asked is not None:
    runs.open_run(sandbox_runs.NAME, sandbox_runs.queue(workspace, shown, asked).id)
    st.rerun()
if run is not None:
    sandbox_runs.show(workspace, run, comparison_page.result)
sandbox_runs.earlier(workspace, run)
