"""The machine, and how much memory the product's processes hold together while it works."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "pandas", "pyarrow", "duckdb", "deltalake", "sqlalchemy")
EVERY_SECONDS = 0.2


def machine() -> dict[str, Any]:
    """Cores, memory, processor and versions."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "memory_mib": _kib("/proc/meminfo", "MemTotal:") // 1024,
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
    } | {name: version(name) for name in LIBRARIES}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def significant(ratio: float) -> float:
    """Three digits: more would pretend that a second run gives the same."""
    return float(f"{ratio:.3g}")


class Peak:
    """The most memory that was held at once while watched, in MiB: by this process and its children, or by
    another process alone of its own."""

    def __init__(self, pid: int | None = None) -> None:
        self.mib, self._pid = 0, pid

    @contextmanager
    def watched(self) -> Iterator[None]:
        over = threading.Event()

        def watch() -> None:
            while not over.wait(EVERY_SECONDS):
                self._look()

        watcher = threading.Thread(target=watch, daemon=True, name="memory")
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            self._look()

    def _look(self) -> None:
        if self._pid is not None:
            self.mib = max(self.mib, own_mib_of(self._pid))
            return
        # What is held exactly takes the system long to tell of large processes, which stand still meanwhile.
        if at_most_mib() > self.mib:
            self.mib = max(self.mib, held_mib())


def held_mib() -> int:
    """What this process and all that it started hold now; memory that they share counts once, and pages of
    files that are only mapped, which the system takes back when it needs them, do not count."""
    return _told("smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))


def at_most_mib() -> int:
    """As `held_mib`, but memory that processes share counts for each of them; told at once."""
    return _told("status", ("RssAnon:", "RssShmem:"))


def peak_mib_of(pid: int) -> int:
    """The most that a process has held so far, pages of files that it maps among it."""
    return _kib(f"/proc/{pid}/status", "VmHWM:") // 1024


def own_mib_of(pid: int) -> int:
    """What a process holds now, pages of files that it maps left out."""
    return sum(_kib(f"/proc/{pid}/status", part) for part in ("RssAnon:", "RssShmem:")) // 1024


def _told(by: str, parts: tuple[str, ...]) -> int:
    files = [f"/proc/{pid}/{by}" for pid in _family(os.getpid())]
    return sum(_kib(file, part) for file in files for part in parts) // 1024


def _family(pid: int) -> list[int]:
    found = [pid]
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in told.read_text().split() for one in _family(int(child))]
        except OSError:
            continue  # it has just ended
    return found


def _kib(path: str, name: str) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
