"""What worker processes are given to work with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.jobs.workers import spawned_pool

PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
ON_REQUEST = PAGES.exists() and "[madvise]" in PAGES.read_text()


def large_bytes() -> int:
    """How much of this process's memory lies in large pages, with some small arrays in use."""
    held = [np.ones(2**16) for _ in range(32)]  # half a megabyte each: numpy itself asks for none
    told = Path("/proc/self/smaps_rollup").read_text()
    (line,) = (line for line in told.splitlines() if line.startswith("AnonHugePages:"))
    return int(line.split()[1]) * 1024 if held else 0


@pytest.mark.skipif(not ON_REQUEST, reason="the system does not give large pages on request")
def test_workers_hold_their_arrays_in_large_pages() -> None:
    with spawned_pool(1) as executor:
        assert executor.submit(large_bytes).result() >= 8 * 2**20
