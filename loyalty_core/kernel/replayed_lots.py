"""The lots of points, or of bonus, that a replay makes, and the rows of their expiry."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.facts import EXPIRE
from loyalty_core.kernel.derived import EXPIRY, DerivedRows
from loyalty_core.kernel.walk import Walk
from loyalty_core.points.lots import Moves, summed


class ReplayedLots:
    """Which deed each lot of an account came from; lots that a wallet numbers and nobody notes have none."""

    def __init__(self, walk: Walk, rows: DerivedRows, account: str) -> None:
        self._walk, self._rows, self._account = walk, rows, account
        self._deed = np.full(1024, -1, np.int64)

    def note(self, lot: Ints, deed: Ints) -> None:
        """Lots (0 for none) that came from these deeds."""
        most = int(lot.max(initial=0)) + 1
        if most > len(self._deed):
            room = np.full(max(most, len(self._deed) * 3 // 2) - len(self._deed), -1, np.int64)
            self._deed = np.concatenate([self._deed, room])
        self._deed[lot] = deed
        self._deed[0] = -1

    def write_expired(self, gone: Moves) -> None:
        """Write down what went: a row per lot of a deed, and one per member and day for all others."""
        if not len(gone):
            return
        source = self._deeds_of(gone.lot)
        known, unknown = source >= 0, summed(gone.part(source < 0))
        self._write(gone.part(known), source[known])
        self._rows.entry(EXPIRE, EXPIRY, unknown.member, unknown.day, -unknown.points, account=self._account)

    def _write(self, gone: Moves, source: Ints) -> None:
        acted, row = self._walk.of_activity(source), self._walk.row[source]
        purchase, activity = np.where(acted, -1, row), np.where(acted, row, -1)
        self._rows.entry(
            EXPIRE,
            EXPIRY,
            gone.member,
            gone.day,
            -gone.points,
            account=self._account,
            purchase=purchase,
            activity=activity,
        )

    def _deeds_of(self, lot: Ints) -> Ints:
        """The deeds behind lots, -1 where there is none."""
        found: Ints = np.where(lot < len(self._deed), self._deed[np.minimum(lot, len(self._deed) - 1)], -1)
        return found
