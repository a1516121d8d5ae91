"""Lanes of the job process: each takes the queued runs of one kind, oldest first, one at a time.

An import thus never waits for a simulation. Work is a function of a `Job` that returns the run's result;
it may say how far it is, show a partial result, and learn that it should stop.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from importlib import import_module
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dashboard.jobs.workers import CLUSTER, cluster, spawned_pool
from data.registry import CANCELLED, DONE, FAILED, INTERRUPTED
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.errors import InputError

Document = dict[str, Any]

IDLE_SECONDS = 0.3
BEAT_SECONDS = 1.0
REPORT_SECONDS = 0.3

log = logging.getLogger("loyalty.jobs")


class Cancelled(Exception):  # noqa: N818 – a wish, no error
    """The run was asked to stop, and stopped; `partial` is what it had found by then."""

    def __init__(self, partial: Document | None = None) -> None:
        super().__init__()
        self.partial = partial


class Pool:
    """The workers: those of the cluster that `LOYALTY_CLUSTER` names, else processes of this machine.

    Started or met when first needed, and anew after a process was killed or the cluster was not there.
    """

    def __init__(self) -> None:
        self._executor: Executor | None = None
        self._held = ExitStack()
        self._lock = threading.Lock()

    @property
    def executor(self) -> Executor:
        """The workers; InputError where the cluster does not answer."""
        with self._lock:
            if self._executor is None:
                address = os.environ.get(CLUSTER)
                self._executor = self._held.enter_context(cluster(address)) if address else self._spawned()
            return self._executor

    def _spawned(self) -> Executor:
        pool = spawned_pool()
        self._held.callback(pool.shutdown, wait=False, cancel_futures=True)
        return pool

    def drop(self) -> None:
        """Forget broken workers; the next job looks for others."""
        with self._lock:
            self._executor = None
            held, self._held = self._held, ExitStack()
        with suppress(Exception):  # a cluster that is gone does not take its leave
            held.close()


class Job:
    """One run being worked on: what was asked for, and the way to say how far it is."""

    def __init__(self, run: Run, workspace: Workspace, pool: Pool) -> None:
        self.run, self.workspace, self._pool = run, workspace, pool
        self._said: tuple[float, str] = (0.0, "")
        self._said_at = 0.0
        self._stop = threading.Event()
        self.over = threading.Event()

    @property
    def payload(self) -> Document:
        """What was asked for."""
        return self.run.payload

    @property
    def executor(self) -> Executor:
        """The workers."""
        return self._pool.executor

    def cancelled(self) -> bool:
        """Whether somebody asked this run to stop."""
        return self._stop.is_set()

    def report(self, share: float, stage: str = "", partial: Document | None = None, **about: Any) -> None:
        """Tell how much is done (0 to 1), at what stage, and a first result.

        `stage` is a code that the page puts into words, `about` what these words mention. Calls that
        follow each other too closely are left out, except those with a result.
        """
        self._said = (min(max(share, 0.0), 1.0), json.dumps({"stage": stage, **about}, ensure_ascii=False))
        if partial is None and time.monotonic() - self._said_at < REPORT_SECONDS:
            return
        self._tell(partial)

    def beat(self) -> None:
        """Until the job is over, say every second that it lives, and hear whether it should stop."""
        while not self.over.wait(BEAT_SECONDS):
            try:
                self._tell()
            except (SQLAlchemyError, InputError):
                log.exception("run %s: the registry did not answer; trying again", self.run.id)

    def _tell(self, partial: Document | None = None) -> None:
        self._said_at = time.monotonic()
        if not self.workspace.registry.report_run(self.run.id, *self._said, partial=partial):
            self._stop.set()


class Lanes:
    """One thread per kind of work, and the pool that they share."""

    def __init__(self, workspace: Workspace, kinds: dict[str, str]) -> None:
        self.workspace, self.kinds = workspace, kinds
        self._pool = Pool()
        self._jobs: dict[str, Job] = {}

    def start(self) -> None:
        """Begin to take runs."""
        self.workspace.registry.mark_interrupted()
        for kind in self.kinds:
            threading.Thread(target=self._lane, args=(kind,), daemon=True, name=f"lane {kind}").start()

    @property
    def busy(self) -> bool:
        """Whether somebody waits for what is being worked on."""
        return bool(self._jobs)

    def interrupt(self, seconds: float) -> None:
        """Mark what is running as interrupted, if the registry answers within that time."""
        jobs = list(self._jobs.values())
        writer = threading.Thread(target=_mark_interrupted, args=(jobs,), daemon=True)
        writer.start()
        writer.join(seconds)

    def _lane(self, kind: str) -> None:
        while True:
            try:
                run = self.workspace.registry.claim_next_run((kind,))
                if run is not None:
                    self._work(run)
            except (SQLAlchemyError, InputError):
                log.exception("lane %s: the registry did not answer", kind)
                time.sleep(BEAT_SECONDS)
            else:
                if run is None:
                    time.sleep(IDLE_SECONDS)

    def _work(self, run: Run) -> None:
        job = self._jobs[run.kind] = Job(run, self.workspace, self._pool)
        threading.Thread(target=job.beat, daemon=True, name=f"beat {run.id}").start()
        try:
            outcome = self._outcome(job)
        finally:
            job.over.set()
            del self._jobs[run.kind]
        self.workspace.registry.finish_run(run.id, **outcome)

    def _outcome(self, job: Job) -> Document:
        """How the run ended, as the registry keeps it."""
        same = job.run.input_hash and self.workspace.registry.run_with_input(job.run.kind, job.run.input_hash)
        if same:
            return {"status": DONE, "result": same.result}
        try:
            return {"status": DONE, "result": _function(self.kinds[job.run.kind])(job)}
        except Cancelled as stopped:
            return {"status": CANCELLED, "result": stopped.partial}
        except InputError as error:
            return {"status": FAILED, "message": str(error)}
        except BrokenProcessPool:
            self._pool.drop()
            return {"status": FAILED, "message": "a worker process was killed; try fewer members"}
        except Exception as error:
            log.exception("run %s failed", job.run.id)
            if CLUSTER in os.environ:  # its workers may be gone; others are looked for
                self._pool.drop()
            return {"status": FAILED, "message": f"{type(error).__name__}: see the server's log"}


def _mark_interrupted(jobs: list[Job]) -> None:
    for job in jobs:
        job.workspace.registry.finish_run(job.run.id, INTERRUPTED, message="the server ended")


def _function(name: str) -> Callable[[Job], Document]:
    module, _, function = name.partition(":")
    found: Callable[[Job], Document] = getattr(import_module(module), function)
    return found
