"""A job process whose work is counting: slow enough to watch, cancel, interrupt and kill."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import wait
from pathlib import Path

from dashboard.jobs.__main__ import serve


def counted(job):
    """Counts to `payload["to"]` in the workers, a step of `payload["seconds"]` at a time."""
    from dashboard.jobs.lanes import Cancelled

    workers = sorted(job.executor.submit(_pid).result() for _ in range(4))
    to, found = job.payload["to"], []
    for number in range(to):
        if job.cancelled():
            raise Cancelled({"counted": found, "workers": workers})
        found.append(job.executor.submit(_slowly, number, job.payload["seconds"]).result())
        job.report((number + 1) / to, "counting", partial={"counted": found, "workers": workers}, done=number)
    return {
        "counted": found,
        "workers": workers,
        "page_script_in_workers": _page_modules(job),
        "page_script_beside_them": _loaded(("streamlit", "dashboard.app")),
    }


def refused(job):
    from loyalty_core.errors import InputError

    raise InputError("counting: to must be positive; write to: 3")


def crashed(job):
    wait([job.executor.submit(os._exit, 3)])
    job.executor.submit(_pid).result()


def _pid():
    return os.getpid()


def _slowly(number, seconds):
    time.sleep(seconds)
    return number


def _page_modules(job):
    return job.executor.submit(_loaded, ("streamlit", "dashboard.app", "dashboard.jobs.lanes")).result()


def _loaded(names):
    return [name for name in names if name in sys.modules]


KINDS = {
    name: f"{__name__ if __name__ != '__main__' else 'tests.dashboard.counting_jobs'}:{function}"
    for name, function in (("count", "counted"), ("refuse", "refused"), ("crash", "crashed"))
}

if __name__ == "__main__":
    serve(Path(sys.argv[sys.argv.index("--workspace") + 1]), KINDS)
