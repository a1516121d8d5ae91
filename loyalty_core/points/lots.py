"""The points of many members as lots: earned together, gone together, spent oldest expiry first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.points.stretches import Stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Points that left a lot, oldest first: member, the lot's expiry, point units, lot number."""

    member: Ints
    day: Ints
    points: Ints
    lot: Ints

    def __len__(self) -> int:
        return len(self.member)

    def part(self, which: Ints | Flags) -> Moves:
        """Some of the moves, in that order."""
        return Moves(
            member=self.member[which], day=self.day[which], points=self.points[which], lot=self.lot[which]
        )


def joined_moves(parts: list[Moves]) -> Moves:
    """All moves in one, in the order given."""
    if not parts:
        return NO_MOVES
    if len(parts) == 1:
        return parts[0]
    return Moves(
        member=np.concatenate([part.member for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        points=np.concatenate([part.points for part in parts]),
        lot=np.concatenate([part.lot for part in parts]),
    )


_NOTHING: Ints = np.zeros(0, np.int64)
NO_MOVES = Moves(member=_NOTHING, day=np.zeros(0, np.int32), points=_NOTHING, lot=_NOTHING)


def places(who: Ints, members: Ints) -> Ints:
    """Where each of the members, all of whom are in `who`, is in it."""
    order = np.argsort(who)
    found: Ints = order[np.searchsorted(who, members, sorter=order)]
    return found


def sum_of_each(who: Ints, moves: Moves) -> Ints:
    """The points that moved for each of `who`, whose members are all that there are."""
    points: Ints = np.zeros(len(who), np.int64)
    np.add.at(points, places(who, moves.member), moves.points)
    return points


def summed(moves: Moves) -> Moves:
    """One move for each member and day, without lots."""
    if not len(moves):
        return moves
    both = np.stack([moves.member, moves.day.astype(np.int64)])
    distinct, place = np.unique(both, axis=1, return_inverse=True)
    points = np.zeros(distinct.shape[1], np.int64)
    np.add.at(points, place.ravel(), moves.points)
    nothing = np.zeros(len(points), np.int64)
    return Moves(member=distinct[0], day=distinct[1].astype(np.int32), points=points, lot=nothing)


def _some(member: Ints, day: Ints, points: Ints, lot: Ints) -> Moves:
    """The moves that move any points."""
    some = (points > 0).nonzero()[0]
    if not len(some):
        return NO_MOVES
    return Moves(member=member[some], day=day[some], points=points[some], lot=lot[some])


class Lots:
    """The balances of n members and the lots they consist of, in point units.

    Points are laid end to end in the order in which they may be spent; `gone` says how far along a
    member is. Spending therefore only moves `gone`, and what is left of a lot is what lies beyond
    it. Points that never expire lie behind all lots and need no lot.
    """

    def __init__(self, n: int):
        self.balance = np.zeros(n, np.int64)
        self._gone = np.zeros(n, np.int64)
        self._lots = Stretches(n, both_ways=True)

    @property
    def count(self) -> int:
        """How many lots have been numbered so far."""
        return self._lots.count

    @property
    def first_day(self) -> Ints:
        """When the next lot of each member is gone, NEVER if none is kept."""
        return self._lots.first_day

    def add(self, who: Ints, points: Ints, expires_on: Ints) -> Ints:
        """Give each member points that are gone on `expires_on`; the lots' numbers, 0 where none is kept."""
        kept = (points > 0) & (expires_on < NEVER)
        last = kept & self._lots.in_order(who, expires_on)
        if last.all():
            numbers = self._append(who, points, expires_on)
            self.balance[who] += points
            return numbers
        numbers = np.zeros(len(who), np.int64)
        for where, place in ((last, self._append), (kept & ~last, self._insert)):
            if where.any():
                numbers[where] = place(who[where], points[where], expires_on[where])
        self.balance[who] += points
        return numbers

    def take(self, who: Ints, wanted: Ints) -> Ints:
        """Let points leave each member's oldest lots: what was wanted, and never more than the balance."""
        taken = self._go(who, wanted)
        # What is spent is no longer looked at: members who redeem much would have lots without end.
        self._lots.pass_ended(who, self._gone[who])
        return taken

    def spend(self, who: Ints, wanted: Ints) -> Moves:
        """As `take`, told lot by lot, oldest first; points that never expire are told as lot 0."""
        passed: Ints = self._gone[who]
        self._go(who, wanted)
        place: Ints = self._gone[who]
        parts = []
        for at, lot, expires_on, upto in self._lots.ended(who, place):
            parts.append(_some(who[at], expires_on, upto - passed[at], lot))
            passed[at] = np.maximum(passed[at], upto)
        parts.append(_some(who, self._lots.first_day[who], place - passed, self._lots.first[who]))
        return joined_moves(parts)

    def withdraw(
        self,
        who: Ints,
        wanted: Ints,
        expires_on: Ints,
        alike: Callable[[Ints, Ints], Flags] | None = None,
    ) -> tuple[Ints, Moves]:
        """Let points leave the lots that are gone on just that day, wherever they stand.

        Returns what was taken, and the same lot by lot. Of several lots the one given first leaves
        first. `alike` narrows them down: given lots' numbers and the positions in `who`, which are meant.
        """
        taken, parts = np.zeros(len(who), np.int64), []
        for at, lot, start, upto in self._lots.due_on(who, expires_on):
            left = np.maximum(upto - np.maximum(start, self._gone[who[at]]), 0)
            part = np.minimum(left, wanted[at] - taken[at])
            if alike is not None:
                part = np.where(alike(lot, at), part, 0)
            self._lots.shorten(lot, part)
            taken[at] += part
            parts.append(_some(who[at], expires_on[at], part, lot))
        stay = np.where(expires_on == NEVER, np.minimum(wanted, self.staying(who)), 0)
        parts.append(_some(who, expires_on, stay, np.zeros(len(who), np.int64)))
        self.balance[who] -= taken + stay
        return taken + stay, joined_moves(parts)

    def due_on(self, who: Ints, day: Ints, alike: Callable[[Ints, Ints], Flags]) -> Ints:
        """Points in each member's lots that are due on just that day and `alike`, as `withdraw` has it."""
        found = np.zeros(len(who), np.int64)
        for at, lot, start, upto in self._lots.due_on(who, day):
            left = np.maximum(upto - np.maximum(start, self._gone[who[at]]), 0)
            found[at] += np.where(alike(lot, at), left, 0)
        return found

    def staying(self, who: Ints) -> Ints:
        """Points of each member that never expire."""
        dated = np.maximum(self._lots.last_upto(who) - self._gone[who], 0)
        points: Ints = self.balance[who] - dated
        return points

    def any_going(self, who: Ints, day: Ints) -> Flags:
        """Whether any points of each member will be gone by a later day if none are spent."""
        going = self._lots.first_day[who] <= day
        # Of nearly all the first lot has points left; behind one that was taken back another may.
        unsure = (going & ~self._lots.lasts_beyond(who, self._gone[who])).nonzero()[0]
        at, upto = self._lots.coming(who[unsure], day[unsure])
        going[unsure[at]] = upto > self._gone[who[unsure[at]]]
        return going

    def expire(self, who: Ints, day: Ints) -> Moves:
        """Let every lot go whose expiry is on or before `day`; a move for each lot with points left."""
        steps = list(self._lots.fall_due(who, day))
        if not steps:
            return NO_MOVES
        at, lot, expires_on, upto = (np.concatenate(column) for column in zip(*steps, strict=True))
        members, heads = who[at], who[steps[0][0]]  # each lot's owner, and everybody of whom any is due
        passed, before = self._gone[members], self._gone[heads]
        left = upto - np.maximum(passed, self._lots.start(lot))
        self._gone[members] = np.maximum(passed, upto)  # of several lots the last one stays
        self.balance[heads] -= self._gone[heads] - before
        return _some(members, expires_on, left, lot)

    def fall_due(self, who: Ints, day: Ints) -> Iterator[Moves]:
        """As `expire`, in steps that name each member at most once."""
        for at, lot, expires_on, upto in self._lots.fall_due(who, day):
            members = who[at]
            moves = _some(members, expires_on, upto - self._gone[members], lot)
            if len(moves):
                self._go(moves.member, moves.points)
                yield moves

    def open(self, who: Ints) -> Moves:
        """What is left in each lot that will expire, oldest first; lots are not numbered here."""
        parts, passed = [], self._gone[who].copy()
        for at, expires_on, upto in self._lots.waiting(who):
            left = np.maximum(upto - passed[at], 0)
            passed[at] += left
            parts.append(_some(who[at], expires_on, left, np.zeros(len(at), np.int64)))
        return joined_moves(parts)

    def _go(self, who: Ints, wanted: Ints) -> Ints:
        """Points leave from the front; what was wanted, and never more than the balance."""
        taken: Ints = np.minimum(wanted, self.balance[who])
        self._gone[who] += taken
        self.balance[who] -= taken
        return taken

    def _append(self, who: Ints, points: Ints, expires_on: Ints) -> Ints:
        begin = np.maximum(self._lots.last_upto(who), self._gone[who])
        return self._lots.append(who, expires_on, begin + points)

    def _insert(self, who: Ints, points: Ints, expires_on: Ints) -> Ints:
        return self._lots.insert(who, expires_on, self._gone[who], points)
