"""Whose turn it is: counts that make arrays as long as what happened is much come one after the other.

Many readers who ask at once would otherwise have a server hold such arrays for each of them.
"""

from __future__ import annotations

from collections import deque
from threading import Lock, RLock

TURN = RLock()


class Line:
    """A lock that goes to those who wait for it in the order in which they came.

    Who does one piece of work after the other so lets others in between.
    """

    def __init__(self) -> None:
        self._changing = Lock()
        self._waiting: deque[Lock] = deque()  # the first one is that of who holds it

    @property
    def length(self) -> int:
        """How many hold it or wait for it."""
        return len(self._waiting)

    def __enter__(self) -> None:
        mine = Lock()
        mine.acquire()
        with self._changing:
            self._waiting.append(mine)
            if self._waiting[0] is mine:
                return
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._changing:
            self._waiting.popleft()
            if self._waiting:
                self._waiting[0].release()
