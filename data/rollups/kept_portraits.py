"""The portraits of closes that were asked for, kept: whoever is looked at, they are picked from the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

import pandas as pd
from cachetools import LRUCache

from loyalty_core.history import History
from loyalty_core.portraits import portraits_of
from loyalty_core.rules.programme import Programme

KEPT_BYTES = 192 * 2**20


def _bytes(portraits: pd.DataFrame) -> int:
    return int(portraits.memory_usage().sum())


@dataclass(frozen=True, slots=True)
class KeptPortraits:
    """The portraits of a history by day, as many of those asked for last as there is room for."""

    history: History
    programme: Programme
    _frames: LRUCache[int, pd.DataFrame] = field(
        default_factory=lambda: LRUCache(KEPT_BYTES, getsizeof=_bytes), repr=False, compare=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def of(self, days: Sequence[int]) -> Iterator[pd.DataFrame]:
        """As `portraits_of`; not to be changed. Who asks for the same meanwhile waits for the answer."""
        with self._lock:
            found = {day: self._frames[day] for day in days if day in self._frames}
            missing = [day for day in dict.fromkeys(days) if day not in found]
            for day, portraits in zip(missing, self._drawn(missing), strict=True):
                found[day] = portraits
                if _bytes(portraits) <= KEPT_BYTES:
                    self._frames[day] = portraits
        yield from (found[day] for day in days)

    def _drawn(self, days: Sequence[int]) -> Iterator[pd.DataFrame]:
        # Matching the ledger is what costs most: without a day, not even that.
        return portraits_of(self.history, self.programme, days) if days else iter(())
