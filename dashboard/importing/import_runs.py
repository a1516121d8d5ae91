"""The runs of the Import page: queued, shown while they work, and every past import with its account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import figures, runs
from dashboard.i18n import N_, _, ngettext
from dashboard.importing import import_account
from dashboard.importing.import_form import Chosen
from dashboard.jobs.job_process import ensure_job_process
from data.tables import Import, ImportFile, Run
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme

KIND, NAME = "import", "import"
OVERVIEW_PAGE = "views/overview.py"
LISTED = 10
CANCELLED = N_("This import was cancelled. Nothing was changed.")
STAGES = {
    "reading": N_("Reading {about}"),
    "checking": N_("Checking every row"),
    "comparing": N_("Comparing with what is there"),
    "writing": N_("Writing"),
    "deriving": N_("Deriving what the source lacks"),
    "publishing": N_("Publishing"),
    "working": N_("Working"),
}


def queue(workspace: Workspace, chosen: Chosen, dry_run: bool) -> Run:
    """A run that imports the files, or tells what that would do."""
    payload = {"sources": chosen.sources, "mapping": chosen.where, "dry_run": dry_run}
    run = workspace.registry.create_run(KIND, payload)
    ensure_job_process(workspace.folder)
    return run


def show(workspace: Workspace, run: Run) -> None:
    """Progress while it works, then the account or why there is none."""
    names = _(", ").join(Path(source).name for source in run.payload["sources"])
    words = _("Dry run of {files}") if run.payload["dry_run"] else _("Import of {files}")
    st.subheader(words.format(files=names), anchor=False)
    if not runs.is_over(run):
        runs.follow(workspace, run, NAME, STAGES)
        return
    runs.outcome(run, CANCELLED)
    if run.result:
        import_account.account(workspace, run.result, key=f"run:{run.id}")
        if not run.payload["dry_run"]:
            st.page_link(OVERVIEW_PAGE, label=_("See the Overview"), icon=":material/monitoring:")


def history(workspace: Workspace) -> None:
    """Past imports, newest first, each with its account."""
    past = workspace.registry.imports(limit=LISTED)
    if not past:
        return
    title = _("Past imports")
    st.markdown(f"**{title}**")
    for done in past:
        part = st.expander(_line(done, workspace.programme), on_change="rerun", key=f"past:{done.id}")
        if part.open:
            with part:
                files = [_as_file(file) for file in done.files]
                import_account.files_table(files)
                import_account.lists(workspace, files, key=f"past:{done.id}")


def _line(done: Import, programme: Programme | None) -> str:
    rows = sum(file.rows_read for file in done.files)
    aside = sum(file.rejected + file.conflict for file in done.files)
    return _("{when} · {mapping} · {files} · {rows} rows read · {aside} rejected or in conflict").format(
        when=figures.moment(done.finished_at, programme),
        mapping=Path(done.mapping).stem,
        files=ngettext("{count} file", "{count} files", len(done.files)).format(count=len(done.files)),
        rows=figures.count(rows),
        aside=figures.count(aside),
    )


def _as_file(file: ImportFile) -> dict[str, Any]:
    names = ("file_name", "rows_read", "accepted", "duplicate", "conflict", "rejected")
    return {name: getattr(file, name) for name in (*names, "rejects_path", "conflicts_path")}
