"""A demo programme, and the dashboard that shows it, as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.demo_workspace import published, wanted
from dashboard.server_command import server_command

START_SECONDS, AHEAD_SECONDS = 60, 7200


def demo_made(folder: Path, members: int) -> None:
    """Fill the folder with the demo programme."""
    published(folder, wanted(members))


@dataclass(frozen=True, slots=True)
class Served:
    """A running dashboard."""

    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """What the server has computed so far, 0 where the system does not say."""
        try:
            told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_warm(self) -> None:
        """Returns when it has opened its pages ahead, as a server has that was started before people come."""
        self._wait_until("is_warm")

    def wait_until_it_knows_all(self) -> None:
        """Returns when it has found out the rest, too: of a large programme some time later."""
        self._wait_until("knows_all")

    def _wait_until(self, done: str) -> None:
        end = time.monotonic() + AHEAD_SECONDS
        while time.monotonic() < end:
            with urllib.request.urlopen(_health(self.port), timeout=60) as told:
                if json.load(told)[done]:
                    return
            time.sleep(1)
        raise RuntimeError(f"the dashboard was not done ahead within {AHEAD_SECONDS} s: {done}")


@contextmanager
def served(workspace: Path, caches: Path) -> Iterator[Served]:
    """The dashboard of a workspace on a free port, ended with the block; what it finds out of a large
    snapshot lies in the folder of caches for the next one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        server_command(port),
        env=os.environ
        | {"LOYALTY_WORKSPACE": str(workspace.absolute()), "XDG_CACHE_HOME": str(caches.absolute())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(process, _health(port))
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait()


def _health(port: int) -> str:
    return f"http://127.0.0.1:{port}/healthz"


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard did not start on {url}")
