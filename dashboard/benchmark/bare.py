"""What the simulator is held against: SimPy itself, and what processes reach here without any of our code.

SimPy keeps a process for each member, a bare timeout for each purchase, and no rules at all. No simulation
with a process per member can be faster than that.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import Executor

import numpy as np
import simpy

from loyalty_core.arrays import Ints

ROWS, PASSES, STEPS = 50_000, 400, 3_000_000  # about half passes over arrays and half Python's own loop


def events_per_s(bought: Ints, days: int) -> float:
    """How many events SimPy's calendar keeps in a second: a process for each member, a timeout for each
    purchase, and nothing done."""
    calendar = simpy.Environment()
    started = time.perf_counter()
    for count in bought.tolist():
        calendar.process(_buying(calendar, count, days))
    calendar.run()
    return max(int(bought.sum()), 1) / (time.perf_counter() - started)


def _buying(calendar: simpy.Environment, count: int, days: int) -> Generator[simpy.Event, None, None]:
    for _ in range(count):
        yield calendar.timeout(days / count)


def bare_ratio(one: Executor, several: Executor, workers: int) -> float:
    """How many times as fast all workers do as many equal pieces of work as one does them in turn."""
    alone, together = (_seconds(executor, workers) for executor in (one, several))
    return alone / together


def _seconds(executor: Executor, pieces: int) -> float:
    started = time.perf_counter()
    list(executor.map(_piece, range(pieces)))
    return time.perf_counter() - started


def _piece(number: int) -> float:
    """What a worker's time goes into: passes over arrays, sorting, picking, and steps of Python."""
    values = np.random.default_rng(number).random(ROWS)
    for _ in range(PASSES):
        order = np.argsort(values[: ROWS // 4])
        values = np.log1p(values * 1.5)[np.flatnonzero(values > -1)] + values[order].sum() * 1e-9
    total = 0
    for step in range(STEPS):
        total += step & 7
    return float(values.sum()) + total
