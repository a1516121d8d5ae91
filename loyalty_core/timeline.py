"""What was true of a member on a day, read from events sorted by (member, day); and spells of days.

A spell is a run of days, both ends included, during which something holds of a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from loyalty_core.history import Flags, Ints

LONG_AGO = -(2**40)  # a day before all others


def moment(member: Ints, day: Ints) -> Ints:
    """Member and day as one int64 that sorts like the pair."""
    return (np.asarray(member, np.int64) << 32) + np.asarray(day, np.int64)


def distinct(values: Ints) -> Ints:
    """Each value once, ascending; sorts, which for these keys is faster than hashing."""
    ascending = np.sort(values)
    new: Flags = np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]
    return ascending[new]


def parts(moments: Ints) -> tuple[Ints, Ints]:
    """Member and day of each `moment`."""
    member = (moments + 2**31) >> 32
    return member, moments - (member << 32)


def latest(member: Ints, day: Ints, who: Ints, when: Ints) -> Ints:
    """For each (who, when) the row of that member's last event up to that day; -1 where there is none.

    `member` and `day` are sorted by member, then day.
    """
    if len(member) == 0:
        return np.full(np.shape(who), -1, np.int64)
    row = np.searchsorted(moment(member, day), moment(who, when), side="right") - 1
    return np.where((row >= 0) & (member[row] == who), row, -1)


def latest_at(member: Ints, day: Ints, n: int, bounds: Ints) -> Ints:
    """As `latest` for members 0 … n-1 at the close of each of the ascending `bounds`; shape n × bounds."""
    known = member >= 0
    skipped = int(np.count_nonzero(~known))  # guests sort first
    who = member[known].astype(np.int64)
    buckets = len(bounds) + 1
    counted = np.bincount(who * buckets + np.searchsorted(bounds, day[known]), minlength=n * buckets)
    upto = np.cumsum(counted.reshape(n, buckets), axis=1, dtype=np.int32)
    before = np.cumsum(upto[:, -1]) - upto[:, -1] + skipped - 1  # the row before the member's first one
    upto = upto[:, :-1]
    return np.where(upto > 0, upto + before.astype(np.int32)[:, None], np.int32(-1))


def total_at(member: Ints, day: Ints, amount: Ints, n: int, bounds: Ints) -> Ints:
    """Sum of each member's amounts up to the close of each bound, in any order of rows; n × bounds."""
    moments = moment(member, day)
    if np.any(moments[1:] < moments[:-1]):
        order = np.argsort(moments, kind="stable")
        member, day, amount = member[order], day[order], amount[order]
    total = np.cumsum(amount, dtype=np.int64)
    before = np.append(0, total)[np.searchsorted(member, np.arange(n))]
    row = latest_at(member, day, n, bounds)
    return np.where(row >= 0, value_at(row, total, 0) - before[:, None], 0)


def value_at(row: Ints, values: Ints, missing: int | np.integer[Any]) -> Ints:
    """`values` of the rows found by `latest`, `missing` where there is none."""
    if len(values) == 0:
        return np.full(row.shape, missing, values.dtype)
    return np.where(row >= 0, values[row], missing)


@dataclass(frozen=True, slots=True)
class Spells:
    """Runs of days of members; `what` tells apart what the caller follows (a row, a cell)."""

    member: Ints
    start: Ints
    end: Ints
    what: Ints

    def __len__(self) -> int:
        return len(self.member)

    def where(self, keep: Flags) -> Spells:
        return Spells(self.member[keep], self.start[keep], self.end[keep], self.what[keep])

    def and_also(self, other: Spells) -> Spells:
        """Both sets of spells."""
        return Spells(
            np.concatenate([self.member, other.member]),
            np.concatenate([self.start, other.start]),
            np.concatenate([self.end, other.end]),
            np.concatenate([self.what, other.what]),
        )

    def clipped(self, first: Ints | int, last: Ints | int) -> Spells:
        """The parts within the days given, per spell or for all."""
        start, end = np.maximum(self.start, first), np.minimum(self.end, last)
        return Spells(self.member, start, end, self.what).where(start <= end)

    def split(self, member: Ints, day: Ints) -> Spells:
        """The same days, cut before each of the days given (sorted by member, then day)."""
        cuts = moment(member, day)
        low = np.searchsorted(cuts, moment(self.member, self.start), side="right")
        pieces = np.searchsorted(cuts, moment(self.member, self.end), side="right") - low + 1
        spell = np.repeat(np.arange(len(self)), pieces)
        nth = np.arange(len(spell)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        cut_day = np.append(np.asarray(day, np.int64), 0)
        start = np.where(nth == 0, self.start[spell], cut_day[np.minimum(low[spell] + nth - 1, len(day))])
        last_piece = nth == pieces[spell] - 1
        end = np.where(last_piece, self.end[spell], cut_day[np.minimum(low[spell] + nth, len(day))] - 1)
        return Spells(self.member[spell], start, end, self.what[spell]).where(start <= end)
