"""The server's side of the job process: started once per workspace, started again when it died.

Pages queue runs in the registry and read them there; nothing here waits for one.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import streamlit as st

from data.registry import QUEUED, RUNNING, Registry
from data.tables import Run

END_SECONDS = 3.0


class JobProcess:
    """The process that works on one workspace's runs."""

    def __init__(self, folder: Path, module: str = "dashboard.jobs") -> None:
        # -P: a folder named data where the server was started must not stand in for the package.
        self._command = [sys.executable, "-P", "-m", module, "--workspace", str(folder)]
        self._log = folder / "jobs" / "jobs.log"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.end)

    @property
    def pid(self) -> int | None:
        """Its process id; None while it is not alive."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def ensure(self) -> None:
        """Start it unless it lives. It ends when this end of its standard input is closed."""
        with self._lock:
            if self.pid is None:
                # A group of its own: an interrupt typed for the server is not for the workers. No session of
                # its own: where Linux shares processors out by session, nobody would give way to pages.
                self._log.parent.mkdir(parents=True, exist_ok=True)
                with self._log.open("ab") as log:
                    self._process = subprocess.Popen(
                        self._command, stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0
                    )

    def end(self) -> None:
        """Let it end, and see that it does."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ensure_job_process(folder: Path) -> JobProcess:
    """The living job process of the workspace in that folder."""
    process = _job_process(str(folder.absolute()))
    process.ensure()
    return process


def is_at_work(folder: Path) -> bool:
    """Whether the job process of the workspace in that folder lives."""
    return _job_process(str(folder.absolute())).pid is not None


@st.cache_resource(show_spinner=False)
def _job_process(folder: str) -> JobProcess:
    return JobProcess(Path(folder))


def queued(registry: Registry, kind: str, payload: dict[str, Any], named: str) -> Run:
    """A run over that input: the finished or waiting one where there is one, else a new one."""
    same: Run | None = registry.run_with_input(kind, named)
    if same is not None:
        return same
    for status in (RUNNING, QUEUED):
        for run in registry.runs(kind=kind, status=status):
            if run.input_hash == named and not run.cancel_requested:
                return run
    return registry.create_run(kind, payload, named)
