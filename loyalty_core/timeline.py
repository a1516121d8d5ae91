"""What was true of a member on a day, read from events sorted by (member, day); and spells of days.

A spell is a run of days, both ends included, during which something holds of a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER

LONG_AGO = -(2**40)  # a day before all others


def moment(member: Ints, day: Ints) -> Ints:
    """Member and day as one int64 that sorts like the pair."""
    return (np.asarray(member, np.int64) << 32) + np.asarray(day, np.int64)


def distinct(values: Ints) -> Ints:
    """Each value once, ascending; sorts, which for these keys is faster than hashing."""
    ascending = np.sort(values)
    new: Flags = np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]
    return ascending[new]


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Each value once, ascending, and the place of each value among these; as np.unique, which sorts.

    Looked up in a table where the values lie close together.
    """
    if not len(values) or (span := int(np.ptp(values)) + 1) > 4 * len(values):
        return np.unique(values, return_inverse=True)
    begin = int(values.min())
    occurs = np.zeros(span, bool)
    occurs[values - begin] = True
    return np.flatnonzero(occurs) + begin, (np.cumsum(occurs) - 1)[values - begin]


def parts(moments: Ints) -> tuple[Ints, Ints]:
    """Member and day of each `moment`."""
    member = (moments + 2**31) >> 32
    return member, moments - (member << 32)


def in_order(member: Ints, at: Ints) -> Ints:
    """The rows by member and instant, those alike in the order that they have; as np.lexsort((at, member)).

    Both together are one number wherever that is large enough, which sorts several times faster.
    """
    if not len(at):
        return np.zeros(0, np.int64)
    begin, span = int(at.min()), int(at.max()) - int(at.min()) + 1
    if (int(member.max()) + 2) * span >= 2**63:
        return np.lexsort((at, member))
    key = (member.astype(np.int64) + 1) * span + (at - begin)  # guests are -1
    order = np.argsort(key)
    key = key[order]
    alike = key[1:] == key[:-1]
    if alike.any():
        rows = np.flatnonzero(np.append(False, alike) | np.append(alike, False))
        order[rows] = order[rows][np.lexsort((order[rows], key[rows]))]
    return order


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


def total_upto(member: Ints, day: Ints, amount: Ints, who: Ints, when: Ints) -> Ints:
    """For each (who, when) the sum of that member's amounts up to that day; rows as `latest` takes them."""
    ever = np.append(0, np.cumsum(amount, dtype=np.int64))
    row, everyone = latest(member, day, who, when), np.arange(int(np.max(who, initial=0)) + 1)
    before = ever[np.searchsorted(member, everyone)]
    return np.where(row >= 0, ever[row + 1] - before[who], 0)


def daily(member: Ints, day: Ints, *amounts: Ints) -> tuple[Ints, ...]:
    """Member and day of each day with a row, sorted, and the sums of the amounts of its rows."""
    moments = moment(member, day)
    if np.any(moments[1:] < moments[:-1]):
        order = np.argsort(moments, kind="stable")
        moments, amounts = moments[order], tuple(amount[order] for amount in amounts)
    begins = np.flatnonzero(np.append(True, moments[1:] != moments[:-1])[: len(moments)])
    sums = (np.append(0, np.cumsum(amount, dtype=np.int64)) for amount in amounts)
    ends = np.append(begins, len(moments))
    return *parts(moments[begins]), *(np.diff(ever[ends]) for ever in sums)


def running(member: Ints, amount: Ints) -> Ints:
    """The sum of each member's amounts up to each row; rows sorted by member."""
    ever = np.cumsum(amount, dtype=np.int64)
    before: Ints = np.append(0, ever)[np.searchsorted(member, member)]
    return ever - before


def following(member: Ints, day: Ints) -> Ints:
    """The day of the same member's next event after each, in rows sorted by member; NEVER after the last."""
    later = np.full(len(day), NEVER, np.int64)
    same = member[1:] == member[:-1]
    later[:-1][same] = day[1:][same]
    return later


def ranks(bounds: Ints, day: Ints, after: bool = False) -> Ints:
    """How many of the ascending `bounds` lie before each day, or with `after` up to it.

    As np.searchsorted; looked up in a table of days where there are more values than days.
    """
    side: Literal["left", "right"] = "right" if after else "left"
    first, last = int(bounds[0]) - 1, int(bounds[-1]) + 1
    if day.size <= last - first:
        return np.searchsorted(bounds, day, side)
    table = np.searchsorted(bounds, np.arange(first, last + 1), side)
    return table[np.clip(day, first, last) - first]


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

    def where(self, keep: Flags | Ints) -> Spells:
        return Spells(self.member[keep], self.start[keep], self.end[keep], self.what[keep])

    def clipped(self, first: Ints | int, last: Ints | int) -> Spells:
        """The parts within the days given, per spell or for all."""
        start, end = np.maximum(self.start, first), np.minimum(self.end, last)
        return Spells(self.member, start, end, self.what).where(start <= end)

    def split(self, member: Ints, day: Ints) -> Spells:
        """The same days, cut before each of the days given (sorted by member, then day)."""
        return self.pieces(member, day)[0]

    def pieces(self, member: Ints, day: Ints) -> tuple[Spells, Ints]:
        """As `split`, and which spell each piece is of."""
        cuts = moment(member, day)
        low = np.searchsorted(cuts, moment(self.member, self.start), side="right")
        high = np.searchsorted(cuts, moment(self.member, self.end), side="right")
        spell, nth = repeated(high - low + 1)
        cut = low[spell] + nth  # the one that ends the piece
        cut_day = np.append(np.asarray(day, np.int64), 0)
        start = np.where(nth == 0, self.start[spell], cut_day[cut - 1])
        end = np.where(cut == high[spell], self.end[spell], cut_day[cut] - 1)
        if not (kept := start <= end).all():  # the same day twice among the cuts
            start, end, spell = start[kept], end[kept], spell[kept]
        return Spells(self.member[spell], start, end, self.what[spell]), spell

    def on(self, days: Ints) -> tuple[Ints, Ints]:
        """Each spell on each of the ascending days that it holds: places of the spell and of the day."""
        first = ranks(days, self.start)
        spell, nth = repeated(np.maximum(ranks(days, self.end, after=True) - first, 0))
        return spell, first[spell] + nth

    def holding(self, member: Ints, day: Ints) -> Ints:
        """The place of the spell of that member that holds each day, -1 where none does.

        The spells are sorted by member and day, and those of a member lie apart.
        """
        row = latest(self.member, self.start, member, day)
        return np.where((row >= 0) & (value_at(row, self.end, LONG_AGO) >= day), row, -1)

    def united(self) -> Spells:
        """The days that any of them holds, as spells with one `what` that neither overlap nor adjoin; by
        member and day."""
        order = np.lexsort((self.start, self.what, self.member))
        spells = self.where(order)
        alike = (spells.member[1:] == spells.member[:-1]) & (spells.what[1:] == spells.what[:-1])
        group = np.cumsum(np.append(False, ~alike))[: len(order)]
        furthest = parts(np.maximum.accumulate(moment(group, spells.end)))[1]
        begins = np.flatnonzero(
            np.append(True, ~alike | (spells.start[1:] > furthest[:-1] + 1))[: len(order)]
        )
        last = np.append(begins[1:], len(order))[: len(begins)] - 1
        member, start, what = (one[begins] for one in (spells.member, spells.start, spells.what))
        whole = Spells(member, start, furthest[last], what)
        return whole.where(np.argsort(moment(member, start), kind="stable"))


def repeated(times: Ints) -> tuple[Ints, Ints]:
    """Each place so many times, and the how manieth time it is."""
    place = np.repeat(np.arange(len(times)), times)
    return place, np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
