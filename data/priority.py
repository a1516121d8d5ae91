"""How a process leaves the processor to those that somebody waits for.

Priority that was given away cannot always be had back: a process decides when it begins.
"""

from __future__ import annotations

import os
from contextlib import suppress

BEHIND_PAGES, LAST = 10, 19  # niceness, where the system knows it


def give_way() -> None:
    """Let this process, and those that it starts, go on where the pages leave time."""
    _be_nice(BEHIND_PAGES)


def come_last() -> None:
    """Let this process, and those that it starts, go on where nothing else wants the processor: a page that
    is clicked then finds it as free as if nobody had it."""
    _be_nice(LAST)
    with suppress(AttributeError, OSError):  # another system, or one that forbids it
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _be_nice(niceness: int) -> None:
    if hasattr(os, "nice"):
        os.nice(max(0, niceness - os.nice(0)))
