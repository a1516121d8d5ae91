"""Worker processes for simulations: spawned, modest, and never outliving the process that owns them."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from multiprocessing import get_context, parent_process

from data.priority import come_last, give_way
from loyalty_core.errors import InputError

CLUSTER = "LOYALTY_CLUSTER"  # the address of a Dask scheduler whose workers do the work of a server
CONNECT_SECONDS = 10
# Options of glibc's mallopt by the numbers of malloc.h, in bytes.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = (-1, 2**31 - 1), (-2, 64 * 2**20), (-3, 2**30)


def worker_count() -> int:
    """One worker per core that this process may use; `LOYALTY_WORKERS` says otherwise."""
    asked = os.environ.get("LOYALTY_WORKERS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else _cores()


def spawned_pool(workers: int | None = None, yielding: Callable[[], None] = give_way) -> ProcessPoolExecutor:
    """A pool whose workers start fresh, give way to the pages, and end when their owner ends."""
    return ProcessPoolExecutor(
        max_workers=workers or worker_count(),
        mp_context=get_context("spawn"),
        initializer=_begin_worker,
        initargs=(yielding,),
    )


@contextmanager
def warm_pool(workers: int, module: str) -> Iterator[Executor]:
    """A pool whose processes have all started and know the module, for work that is timed."""
    with spawned_pool(workers) as executor:
        list(executor.map(_know, [module] * workers))
        yield executor


@contextmanager
def behind_all() -> Iterator[Executor]:
    """One process for what nobody waits for: it comes last of all, and who is through with it does not wait
    for what it is doing."""
    executor = spawned_pool(1, come_last)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def check_address(address: str) -> None:
    """InputError for what is no address of a scheduler."""
    if not re.search(r":\d+$", address):
        raise InputError(f"--cluster {address}: an address is like tcp://host:8786")


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler at an address like tcp://host:8786; InputError where that cannot be.

    A task whose worker dies is done again by another one.
    """
    check_address(address)
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--cluster needs dask.distributed, here and on the workers: "
            "pip install 'loyalty-dashboard[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"--cluster {address}: no scheduler answers there ({error})") from error
    with client:
        own, others = _own_version(), set(client.run(_own_version).values())
        if others - {own}:
            theirs = ", ".join(sorted(others - {own}))
            raise InputError(f"--cluster {address}: workers run version {theirs}, this is {own}")
        # Of pure tasks Dask would run equal ones once; ours are told apart by their parcel's name anyway.
        yield client.get_executor(pure=False)


def _own_version() -> str:
    return version("loyalty-dashboard")


def _know(module: str) -> None:
    import_module(module)
    time.sleep(0.1)  # so that the next one finds another process


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _begin_worker(yielding: Callable[[], None]) -> None:
    yielding()
    _keep_memory()
    # Work is on arrays: objects are few, and to look for those that only name each other takes a twentieth.
    gc.set_threshold(50_000, 20, 50)
    threading.Thread(target=_end_with_owner, daemon=True, name="end with owner").start()


def _keep_memory() -> None:
    """Let freed memory lie for the next array: asking the system for fresh pages costs a sixth of the time of
    counting. Where there is no glibc, nothing changes."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, size in (TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD):
        mallopt(option, size)


def _end_with_owner() -> None:
    # A killed owner closes nothing: each worker itself holds both ends of the pool's queue,
    # so that without this watch it would wait for work forever.
    owner = parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)
