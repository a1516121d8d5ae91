"""The job process: simulations and imports run here, never inside the server.

A pool inside the server would run the page script again in each spawned worker, and its workers would
outlive a killed server. So `python -m dashboard.jobs --workspace DIR` owns the pool and takes queued runs
from the registry. It ends as soon as its parent does, which holds the other end of its standard input;
started by hand, where that is no pipe, it runs until it is stopped.

Spawned workers import this module again, so it imports its machinery only when it is the process.
"""

from __future__ import annotations

import argparse
import logging
import os
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.workspace import Workspace

KINDS = {
    "simulate": "dashboard.jobs.simulation_job:simulated",
    "contest": "dashboard.jobs.simulation_job:ranked",
    "import": "dashboard.jobs.import_job:imported",
    "question": "dashboard.jobs.question_job:answered",
    "chances": "dashboard.jobs.contest_draws:drawn",
}


def serve(folder: Path, kinds: dict[str, str]) -> None:
    """Work on queued runs of those kinds (name -> "module:function") until the parent ends; meanwhile on what
    somebody may ask for, unless LOYALTY_WORK_AHEAD says no."""
    from dashboard.jobs.lanes import Lanes
    from dashboard.jobs.prefetch import work_ahead
    from data.priority import give_way
    from data.workspace import Workspace

    give_way()
    workspace = Workspace.open(folder)
    lanes = Lanes(workspace, kinds)
    _tidy(workspace)
    lanes.start()
    if os.environ.get("LOYALTY_WORK_AHEAD") != "no":
        ahead = (workspace, lambda: lanes.busy)
        threading.Thread(target=work_ahead, args=ahead, daemon=True, name="ahead").start()
    _wait_for_the_end()
    lanes.interrupt(seconds=2.0)
    os._exit(0)  # the lanes are in the middle of something; their workers notice and end


def _tidy(workspace: Workspace) -> None:
    """Remove old uploads that no import still waits to read."""
    from dashboard.uploads import remove_old
    from data.registry import QUEUED, RUNNING

    waiting = [run for status in (QUEUED, RUNNING) for run in workspace.registry.runs(status=status)]
    wanted = [path for run in waiting for path in _files(run.payload)]
    remove_old(workspace.folder, wanted)


def _files(payload: dict[str, Any]) -> list[str]:
    return [*payload.get("sources", ()), str(payload.get("mapping", ""))]


def _wait_for_the_end() -> None:
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        while os.read(0, 1024):
            pass
    else:
        threading.Event().wait()


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.jobs", description="Works on queued runs.")
    parser.add_argument("--workspace", type=Path, required=True, help="Folder of the programme's data.")
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    serve(parser.parse_args().workspace, KINDS)


if __name__ == "__main__":
    main()
