"""Work that takes much memory, done by a process of its own: what it took is given back when it ends.

A server that looked at what many members did would stay several times as large as what it keeps, and readers
of its other pages would wait for the interpreter meanwhile. So many pieces at once as readers ask for would
be more than a machine holds: each waits for the one before. Work that nobody waits for comes last of all that
the machine has to do.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Thread
from time import sleep
from typing import Any, TypeVar

from data.priority import come_last, give_way
from data.turns import Line

Answer = TypeVar("Answer")

WATCH_SECONDS = 1.0
COMES_LAST = "--last"
_much, _little = Line(), Line()
_is_ahead = ContextVar("_is_ahead", default=False)


@contextmanager
def nobody_waits() -> Iterator[None]:
    """While this is held by who asks, what is looked for elsewhere takes what all others leave."""
    before = _is_ahead.set(True)
    try:
        yield
    finally:
        _is_ahead.reset(before)


def elsewhere(work: Callable[..., Answer], *arguments: Any) -> Answer:
    """What a module's function finds, which raises here what it raises there; all of it can be pickled.

    RuntimeError where the process was ended, as the system does when memory runs out.
    """
    with _much:
        return _found(work, *arguments)


def soon_elsewhere(work: Callable[..., Answer], *arguments: Any) -> Answer:
    """As `elsewhere`, of work that takes little memory and so waits for none that takes much."""
    with _little:
        return _found(work, *arguments)


def _found(work: Callable[..., Answer], *arguments: Any) -> Answer:
    # -P: a folder named data where this process was started must not stand in for the package.
    command = [sys.executable, "-P", "-m", __name__, *([COMES_LAST] if _is_ahead.get() else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError), process.stdin as asking:
            pickle.dump((work, arguments), asking)
        try:  # taken over as it comes: whole, it would be held twice
            found, error = pickle.load(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            ended = f"{work.__name__} was ended before it had found anything ({process.wait()})"
            raise RuntimeError(ended) from None
    if error is not None:
        raise error
    answer: Answer = found
    return answer


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        sleep(WATCH_SECONDS)
    os._exit(1)


def _worked() -> tuple[Any, Exception | None]:
    work, arguments = pickle.load(sys.stdin.buffer)
    try:
        return work(*arguments), None
    except Exception as error:  # whatever it is, who asked raises it
        return None, error


def main() -> None:
    """Do the one piece of work that comes in, and give out what was found."""
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    (come_last if COMES_LAST in sys.argv else give_way)()
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no part of the answer
    with answer:
        pickle.dump(_worked(), answer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
