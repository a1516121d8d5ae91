"""Import: own files in, with a preview, a dry run, and an account of every row."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, live, runs
from dashboard.i18n import _
from dashboard.importing import import_form, import_preview, import_runs

frame.heading(_("Import"), live.now())
workspace = live.opened(str(live.path()))
chosen = import_form.form(workspace)


def ask(dry_run: bool) -> None:
    """Queue what the reader sees chosen, and open it."""
    if chosen is not None:
        runs.open_run(import_runs.NAME, import_runs.queue(workspace, chosen, dry_run).id)


title = _("Check and import")
st.markdown(f"**3 · {title}**")
with st.container(horizontal=True, gap="small"):
    inert = chosen is None
    previewing = st.button(_("Preview"), icon=":material/visibility:", disabled=inert, key="import:preview")
    # In callbacks: they are done before the script runs, which the next click may interrupt.
    st.button(
        _("Dry run"),
        icon=":material/rule:",
        disabled=inert,
        on_click=ask,
        args=(True,),
        key="import:rehearse",
    )
    st.button(
        _("Import"),
        type="primary",
        icon=":material/upload_file:",
        disabled=inert,
        on_click=ask,
        args=(False,),
        key="import:start",
    )
if chosen is None:
    st.caption(
        _(
            "Preview shows what the mapping makes of each column. A dry run accounts for every row and "
            "writes nothing. An import is published as a whole or not at all; what is rejected comes back "
            "as a list to correct and import again."
        )
    )
if chosen is not None and previewing:
    with st.spinner(_("Reading the files …")):
        import_preview.show(chosen, workspace)
run = runs.opened(workspace, import_runs.KIND, import_runs.NAME)
if run is not None and not previewing:
    import_runs.show(workspace, run)
import_runs.history(workspace)
