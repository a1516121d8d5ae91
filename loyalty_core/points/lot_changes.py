"""What comes into lots of points and leaves them, by day, with lots that are alike counted as one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyalty_core.arrays import Ints, in_short
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, EXPIRE, REDEEM
from loyalty_core.points.lot_ledger import LotLedger
from loyalty_core.timeline import numbered, repeated

PARTS = ("came", "redeemed", "expired", "went")  # `went`: clawed back, adjusted or transferred away
PART_OF_KIND = np.array(
    [PARTS.index({REDEEM: "redeemed", EXPIRE: "expired"}.get(kind, "went")) for kind in ENTRY_KINDS], np.int8
)
ROWS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class LotChanges:
    """Points that came into the lots of a member in one batch or left them, a row each, by day; point units.

    A batch is the lots that came on one day and expire on one. `batches` is the ledger in which the lots of
    everybody in a batch are one lot of one member: it tells all that the whole programme's redemption does.
    `part` indexes PARTS.
    """

    batches: LotLedger
    day: Ints
    member: Ints
    batch: Ints
    part: Ints
    points: Ints

    @cached_property
    def of_all(self) -> LotChanges:
        """The changes of the batches, whosoever lots are in them: as of one member."""
        return lot_changes(self.batches)

    def rows_upto(self, close: int) -> int:
        """How many of the rows are of the day or of earlier ones."""
        # A day of another type would turn all of them into that.
        return int(np.searchsorted(self.day, np.asarray(close, self.day.dtype), side="right"))

    def rows_of(self, members: Ints, upto: int) -> Ints:
        """Those of the first so many rows that are of some members."""
        order, begins = self._by_member
        last = len(begins) - 1  # members beyond have no rows
        first, end = begins[np.minimum(members, last)], begins[np.minimum(members + 1, last)]
        place, nth = repeated(end - first)
        rows: Ints = order[first[place] + nth]
        return rows[rows < upto]

    @cached_property
    def _by_member(self) -> tuple[Ints, Ints]:
        """The rows by member, and where those of each begin."""
        order = np.argsort(self.member, kind="stable").astype(np.int32)
        return order, np.append(0, np.cumsum(np.bincount(self.member)))

    def at_closes(self, closes: Ints, places: Iterable[Ints], size: int) -> Iterator[Ints]:
        """Points by part, place and batch at each close, where `places` has the place of each member then,
        from 0 on and below `size`, -1 outside. The array is the same one at each close.

        What changed stays changed: from one close to the next only what came and went since is added, and
        what members who have moved to another place did goes with them.
        """
        found = np.zeros((len(PARTS), size, len(self.batches.lot_day)), np.int64)
        seen = 0
        before: Ints = np.zeros(0, np.int32)
        for close, place in zip(closes, places, strict=True):
            if seen and len(moved := np.flatnonzero(place != before)):
                theirs = self.rows_of(moved, seen)
                self._add(found, theirs, before, -1)
                self._add(found, theirs, place)
            upto = self.rows_upto(close)
            for begin in range(seen, upto, ROWS_AT_ONCE):
                self._add(found, slice(begin, min(begin + ROWS_AT_ONCE, upto)), place)
            seen, before = upto, place
            yield found

    def _add(self, found: Ints, rows: Ints | slice, place: Ints, sign: int = 1) -> None:
        at = place[self.member[rows]]
        inside = np.flatnonzero(at >= 0)
        _, size, batches = found.shape
        key = (self.part[rows][inside].astype(np.int64) * size + at[inside]) * batches
        key += self.batch[rows][inside]
        np.add.at(found.reshape(-1), key, sign * self.points[rows][inside].astype(np.int64))


def lot_changes(ledger: LotLedger) -> LotChanges:
    """The changes of a ledger's lots."""
    batches, batch = _batches(ledger)
    used, lots = ledger.use_lot, len(ledger.lot_day)
    day = np.concatenate([ledger.lot_day, ledger.use_day])
    order = _by_day(day)

    def rows(of_lots: Ints, of_uses: Ints) -> Ints:
        return np.concatenate([of_lots, of_uses])[order]

    return LotChanges(
        batches=batches,
        day=day[order],
        member=rows(ledger.lot_member, ledger.lot_member[used]),
        batch=rows(batch, batch[used]),
        part=rows(np.zeros(lots, np.int8), PART_OF_KIND[ledger.use_kind]),
        points=in_short(rows(ledger.lot_points, ledger.use_points)),
    )


def _by_day(day: Ints) -> Ints:
    """The rows by day, those of a day in the order that they have."""
    since = day - day.min(initial=NEVER)
    # Numbers of 16 bits are sorted by their digits, several times faster.
    return np.argsort(since.astype(np.uint16) if since.max(initial=0) < 2**16 else since, kind="stable")


def _batches(ledger: LotLedger) -> tuple[LotLedger, Ints]:
    """The ledger of the batches, by day and expiry, and the batch of each lot; without debts."""
    gone = ledger.lot_expires_on
    stays = gone.max(initial=0, where=gone < NEVER).astype(np.int64) + 1  # for NEVER: numbers close together
    gone = np.minimum(gone, stays)
    first = gone.min(initial=stays)
    span = int(stays - first) + 1
    keys, batch = numbered(ledger.lot_day.astype(np.int64) * span + (gone - first))
    expires_on = keys % span + first
    none = np.zeros(0, np.int64)
    whole = LotLedger(
        day=ledger.day,
        lot_member=np.zeros(len(keys), np.int32),
        lot_day=keys // span,
        lot_expires_on=np.where(expires_on == stays, NEVER, expires_on),
        lot_points=_added_up(batch, ledger.lot_points, len(keys)),
        **_uses_alike(ledger, batch),
        debt_day=none,
        debt_kind=none,
        debt_points=none,
    )
    return whole, in_short(batch)


def _uses_alike(ledger: LotLedger, batch: Ints) -> dict[str, Ints]:
    """What was taken from a batch on one day and for one kind of entry, as one use."""
    first = int(ledger.use_day.min(initial=0))
    span, kinds = int(ledger.use_day.max(initial=0)) - first + 1, len(ENTRY_KINDS)
    keys, use = numbered((batch[ledger.use_lot] * span + ledger.use_day - first) * kinds + ledger.use_kind)
    day = keys // kinds % span + first
    return {
        "use_lot": keys // kinds // span,
        "use_day": day,
        "use_taken_on": day,
        "use_kind": keys % kinds,
        "use_points": _added_up(use, ledger.use_points, len(keys)),
    }


def _added_up(number: Ints, points: Ints, size: int) -> Ints:
    total = np.zeros(size, np.int64)
    np.add.at(total, number, points)
    return total
