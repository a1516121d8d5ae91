"""The product as its users run it: its commands, a demo workspace, a dashboard on a free port."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from dashboard.cli import main

LOYALTY = Path(sys.executable).parent / "loyalty"
DEMO = ("--members", "1500", "--months", "24", "--seed", "7")
START_SECONDS = 60
STOP_SECONDS = 15


def loyalty(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    """The finished command; raises with its output if it failed."""
    return subprocess.run(
        [LOYALTY, *arguments], check=True, text=True, capture_output=True, timeout=300, **options
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave back to the shell."""

    status: int
    output: str
    complaint: str


def asked(*words: str | Path, folder: Path | str = ".") -> Answer:
    """The answer of `loyalty` in a folder, found within this process: starting one takes longer than most
    answers do."""
    output, complaint = io.StringIO(), io.StringIO()
    with (
        chdir(folder),
        patch.object(sys, "argv", [str(LOYALTY), *map(str, words)]),
        redirect_stdout(output),
        redirect_stderr(complaint),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Answer(int(ended.value.code or 0), output.getvalue(), complaint.getvalue())


def shared_between_workers(
    factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], object]
) -> Path:
    """The folder of that name, made by whichever test process comes first."""
    base = factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "shared"
    shared.mkdir(exist_ok=True)
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / name).exists():
            unfinished = shared / f"{name} unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(shared / name)
    return shared / name


@dataclass(frozen=True, slots=True)
class Server:
    """A running dashboard: its address without a trailing slash, and the workspace it shows."""

    url: str
    workspace: Path
    log: Path

    def __str__(self) -> str:
        return self.url


@contextmanager
def running_dashboard(workspace: Path) -> Iterator[Server]:
    """A dashboard on a free port, answering when handed out, gone with its children at the end."""
    port = _free_port()
    log = workspace.with_name("dashboard.log")
    # People start it where their files are; a folder there must not stand in for a package of that name.
    here = workspace.with_name("started here")
    (here / "data").mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [LOYALTY, "dashboard", "--port", str(port), "--workspace", workspace],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=here,
            env={**os.environ, "BROWSER": "true"},
        )
        try:
            _wait_until_healthy(process, f"http://127.0.0.1:{port}", log)
            yield Server(f"http://127.0.0.1:{port}", workspace, log)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(process: subprocess.Popen, url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard did not start:\n{log.read_text()[-4000:]}")


def _stop(process: subprocess.Popen) -> None:
    """Ask as a person would, with an interrupt; then make sure that nothing of its group is left."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
