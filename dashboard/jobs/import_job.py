"""The work of an import in the job process: the same functions as the command line's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dashboard.jobs.lanes import Cancelled, Job
from dashboard.jobs.workers import spawned_pool
from dashboard.uploads import without_folders
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from loyalty_core.errors import InputError

STARTS = {
    "Reading ": "reading",
    "Checking": "checking",
    "Comparing": "comparing",
    "Writing": "writing",
    "Deriving": "deriving",
    "Publishing": "publishing",
}


def imported(job: Job) -> dict[str, Any]:
    """The account of importing the files that `payload` names: sources, mapping, dry_run.

    Asked to stop before the last stage has begun, it stops there and changes nothing.
    """
    asked = job.payload

    def progress(share: float, message: str) -> None:
        if job.cancelled() and share < 1:  # 1: it is published, and no wish can undo that
            raise Cancelled
        start = next((start for start in STARTS if message.startswith(start)), "")
        job.report(share, STARTS.get(start, "working"), about=message.removeprefix(start))

    sources: list[str | Path] = list(asked["sources"])
    try:
        mapping = load_mapping(asked["mapping"])
        with spawned_pool() as executor:  # its processes start when there is work for them
            report = import_files(
                job.workspace.folder,
                sources,
                mapping,
                dry_run=asked["dry_run"],
                progress=progress,
                executor=executor,
            )
    except InputError as error:
        raise InputError(without_folders(str(error), [*asked["sources"], asked["mapping"]])) from error
    return report.to_json()
