"""First in, first out, for many members at once, exactly and without a matrix of members × lots.

A running total per member is cut into stretches, each ending at `upto` and due on a day. A lot of
points is a stretch that is due when it expires; a purchase is one that is due when it leaves the
qualification window. All stretches lie in one growing log, linked per member in the order they
fall due, so that adding one and taking one off is a constant number of array operations. Where they are
linked both ways, one that was added of late is found by a few steps back.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER

NONE = 0  # the number of no stretch: it is never due and ends at 0


class Stretches:
    """The stretches of n members. Every call names each member at most once.

    `who` are members; numbers of stretches count from 1 in the order of adding and are never reused.
    Only stretches that are linked `both_ways` can be inserted, looked up by day and asked where they start.
    """

    def __init__(self, n: int, both_ways: bool):
        self.first = np.zeros(n, np.int64)
        self.first_day = np.full(n, NEVER, np.int32)
        self._last = np.zeros(n, np.int64)
        room = max(2 * n, 1024)
        self._day: Ints = np.full(room, NEVER, np.int32)
        self._upto: Ints = np.zeros(room, np.int64)
        # Links are kept short: there are many, and most of a log is read once or never.
        self._next: Ints = np.zeros(room, np.int32)
        # Of the first of a member one that is gone, or none.
        self._before: Ints = np.zeros(room if both_ways else 0, np.int32)
        self._both_ways = both_ways
        self._count = 1

    @property
    def count(self) -> int:
        """How many stretches have been added so far."""
        return self._count - 1

    def last_upto(self, who: Ints) -> Ints:
        """Where the latest stretch of each member ended, 0 before the first."""
        return self._upto[self._last[who]]

    def start(self, number: Ints) -> Ints:
        """Where each stretch begins, or, if all before it are gone, where the last of them ended."""
        return self._upto[self._preceding(number)]

    def in_order(self, who: Ints, day: Ints) -> Flags:
        """True where a stretch due on `day` comes after all those the member has."""
        after: Flags = self._day[self._last[who]] <= day
        return after if after.all() else after | (self.first[who] == NONE)

    def append(self, who: Ints, day: Ints, upto: Ints) -> Ints:
        """Add a stretch behind all others of each member; the numbers of the new ones."""
        last = self._last[who]
        new = self._added(day, upto, last)
        self._next[last] = new  # behind one that is gone, nobody looks
        self._next[NONE] = NONE
        self._last[who] = new
        alone = (self.first[who] == NONE).nonzero()[0]
        heads = who[alone]
        self.first[heads], self.first_day[heads] = new[alone], day[alone]
        return new

    def insert(self, who: Ints, day: Ints, start: Ints, size: Ints) -> Ints:
        """Add a stretch of `size` where its day belongs, behind those due on the same day.

        It begins no earlier than `start` (what is already behind the member), and pushes the
        stretches behind it on by its size. Walks each member's list once.
        """
        before, behind = self._place(who, day)
        begin = np.maximum(self._upto[before], start)
        new = self._added(day, begin + size, before)
        self._next[new], self._before[behind] = behind, new
        heads = before == NONE
        self._next[before[~heads]] = new[~heads]
        self.first[who[heads]] = new[heads]
        self.first_day[who[heads]] = day[heads]
        tails = behind == NONE
        self._last[who[tails]] = new[tails]
        self._push(behind, start, size)
        return new

    def fall_due(self, who: Ints, day: Ints) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
        """Take off all stretches due by `day`, oldest first, one per member and step.

        Yields positions in `who`, the stretches' numbers, their days and where they end.
        """
        at = (self.first_day[who] <= day).nonzero()[0]
        members, until = who[at], day[at]
        number: Ints = self.first[members]
        while at.size:
            yield at, number, self._day[number], self._upto[number]
            number = self._following(number)
            first_day = self._day[number]
            self.first[members], self.first_day[members] = number, first_day
            still = (first_day <= until).nonzero()[0]
            at, members, until, number = at[still], members[still], until[still], number[still]

    def pass_by(self, who: Ints, day: Ints) -> tuple[Ints, Ints]:
        """Take off all stretches due by `day` at once: positions of those who had any, and where the last of
        each ends."""
        at, last = self._last_due(who, day)
        self._begin_behind(who[at], last)
        return at, self._upto[last]

    def coming(self, who: Ints, day: Ints) -> tuple[Ints, Ints]:
        """What `pass_by` would tell of a later `day`; nothing is taken off."""
        at, last = self._last_due(who, day)
        return at, self._upto[last]

    def lasts_beyond(self, who: Ints, place: Ints) -> Flags:
        """Whether the first stretch of each member ends behind its `place`."""
        beyond: Flags = self._upto[self.first[who]] > place
        return beyond

    def ended(self, who: Ints, place: Ints) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
        """Take off the stretches in front of each member that end by its `place`, as `fall_due` does."""
        at = np.arange(len(who))
        while True:
            number = self.first[who[at]]
            passed = (number != NONE) & (self._upto[number] <= place[at])
            at, number = at[passed], number[passed]
            if not at.size:
                return
            yield at, number, self._day[number], self._upto[number]
            self._begin_behind(who[at], number)

    def pass_ended(self, who: Ints, place: Ints) -> None:
        """Take off what `ended` tells, at once."""
        first = self.first[who]
        at = ((self._upto[first] <= place) & (first != NONE)).nonzero()[0]
        self._begin_behind(who[at], self._last_within(first[at], self._upto, place[at]))

    def waiting(self, who: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Look at all stretches not yet due, as `fall_due` without taking: positions, days, ends."""
        at: Ints = np.arange(len(who))
        number: Ints = self.first[who]
        while True:
            there = number != NONE
            at, number = at[there], number[there]
            if not at.size:
                return
            yield at, self._day[number], self._upto[number]
            number = self._following(number)

    def due_on(self, who: Ints, day: Ints) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
        """Look at the stretches due on just that day, oldest first, one per member and step.

        Yields positions in `who`, the stretches' numbers, and where they begin and end.
        """
        at, number = self._first_from(who, day)
        while True:
            here = (number != NONE) & (self._day[number] == day[at])
            at, number = at[here], number[here]
            if not at.size:
                return
            before = np.where(number == self.first[who[at]], NONE, self._preceding(number))
            yield at, number, self._upto[before], self._upto[number]
            number = self._following(number)

    def shorten(self, number: Ints, size: Ints) -> None:
        """Cut so much off each of these stretches of different members; what lies behind moves up."""
        cut = size > 0
        self._push(number[cut], np.zeros(int(cut.sum()), np.int64), -size[cut])

    def _begin_behind(self, who: Ints, number: Ints) -> None:
        """Take off all stretches of each member up to that one."""
        following = self._following(number)
        self.first[who], self.first_day[who] = following, self._day[following]

    def _following(self, number: Ints) -> Ints:
        """The next stretch of each one's member, as a number that can be looked up by at once."""
        return self._next[number].astype(np.int64)

    def _preceding(self, number: Ints) -> Ints:
        """The stretch before each one; as `_following`."""
        return self._before[number].astype(np.int64)

    def _last_due(self, who: Ints, day: Ints) -> tuple[Ints, Ints]:
        """Positions of those with stretches due by `day`, and the number of the last of each."""
        at = (self.first_day[who] <= day).nonzero()[0]
        return at, self._last_within(self.first[who[at]], self._day, day[at])

    def _last_within(self, number: Ints, limit: Ints, bound: Ints) -> Ints:
        """From each of these stretches on the last one up to which `limit`, a value per stretch, is at most
        `bound`; of these themselves it is."""
        at, ahead = np.arange(len(number)), number
        while at.size:
            following = self._following(ahead)
            within = ((limit[following] <= bound) & (following != NONE)).nonzero()[0]
            at, ahead, bound = at[within], following[within], bound[within]
            number[at] = ahead
        return number

    def _first_from(self, who: Ints, day: Ints) -> tuple[Ints, Ints]:
        """Positions in `who` of those who have any, and of each the first that is due on `day` or later, or
        else the last of all; found from the end, where most of what is looked for lies."""
        at = (self.first[who] != NONE).nonzero()[0]
        members, wanted = who[at], day[at]
        first, number = self.first[members], self._last[members]
        walks = np.arange(len(at))
        while walks.size:
            one = number[walks]
            before = self._preceding(one)
            back = (one != first[walks]) & (self._day[before] >= wanted[walks])
            walks = walks[back]
            number[walks] = before[back]
        return at, number

    def _place(self, who: Ints, day: Ints) -> tuple[Ints, Ints]:
        before, behind = np.zeros(len(who), np.int64), self.first[who].copy()
        while (earlier := self._day[behind] <= day).any():
            before[earlier] = behind[earlier]
            behind[earlier] = self._following(behind[earlier])
        return before, behind

    def _push(self, number: Ints, start: Ints, size: Ints) -> None:
        while (there := number != NONE).any():
            number, start, size = number[there], start[there], size[there]
            self._upto[number] = np.maximum(self._upto[number], start) + size
            number = self._following(number)

    def _added(self, day: Ints, upto: Ints, before: Ints) -> Ints:
        begin = self._count
        self._count += len(upto)
        if self._count > len(self._day):
            self._grow()
        self._day[begin : self._count] = day
        self._upto[begin : self._count] = upto
        self._next[begin : self._count] = NONE
        if self._both_ways:
            self._before[begin : self._count] = before
        return np.arange(begin, self._count)

    def _grow(self) -> None:
        room = max(self._count, 2 * len(self._day))
        self._day = _lengthened(self._day, room)
        self._upto = _lengthened(self._upto, room)
        self._next = _lengthened(self._next, room)
        if self._both_ways:
            self._before = _lengthened(self._before, room)


def _lengthened(values: Ints, length: int) -> Ints:
    longer = np.empty(length, values.dtype)  # what is not in use yet is written before it is read
    longer[: len(values)] = values
    return longer
