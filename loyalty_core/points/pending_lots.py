"""Points that were earned and may not be spent yet, as lots that wait for their day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.points.lots import NO_MOVES, Lots, Moves, joined_moves


class Numbered:
    """A value per lot number, 0 until one is put there; grows as lots are added."""

    def __init__(self, values: Ints):
        self._values = values

    def __getitem__(self, number: Ints) -> Ints:
        self._reach(number)
        return self._values[number]

    def put(self, number: Ints, value: Ints) -> None:
        """Keep a value for each number."""
        self._reach(number)
        self._values[number] = value

    def _reach(self, number: Ints) -> None:
        room = int(number.max(initial=0)) + 1
        if room > len(self._values):
            longer = np.zeros(room + room // 2, np.int64)
            longer[: len(self._values)] = self._values
            self._values = longer


class PendingLots:
    """The pending points of n members, and under which numbers the lots of their wallet are known.

    A pending lot is a lot that leaves on the day it becomes available. `Lots` then counts it anew, so
    that numbers have to be kept: `names` gives the number under which each available lot is known.
    """

    def __init__(self, n: int, known: int):
        self.names = Numbered(np.arange(known + 1))
        self._lots = Lots(n)
        self._known = known  # how many numbers are given out
        self._number = Numbered(np.zeros(1, np.int64))
        self._gone_on = Numbered(np.zeros(1, np.int64))

    @property
    def balance(self) -> Ints:
        """Points of each member that wait."""
        return self._lots.balance

    @property
    def first_day(self) -> Ints:
        """When the next points of each member become available, NEVER if none wait."""
        return self._lots.first_day

    def add(self, who: Ints, points: Ints, available_on: Ints, gone_on: Ints) -> Ints:
        """Points that wait; the numbers of their lots."""
        lot = self._lots.add(who, points, available_on)
        self._gone_on.put(lot, gone_on)
        number = self._new(lot)
        self._number.put(lot, number)
        return number

    def withdraw(self, who: Ints, wanted: Ints, available_on: Ints, gone_on: Ints) -> Ints:
        """Let points leave the waiting lots of just those dates; what was taken."""
        return self._lots.withdraw(who, wanted, available_on, self._alike(gone_on))[0]

    def of(self, who: Ints, available_on: Ints, gone_on: Ints) -> Ints:
        """What waits in the lots of just those dates."""
        return self._lots.due_on(who, available_on, self._alike(gone_on))

    def release(self, who: Ints, day: Ints) -> Iterator[tuple[Moves, Ints]]:
        """What becomes available by `day`, in steps that name each member at most once, and its expiry."""
        for moves in self._lots.fall_due(who, day):
            yield (
                Moves(
                    member=moves.member,
                    day=moves.day,
                    points=moves.points,
                    lot=self._number[moves.lot],
                ),
                self._gone_on[moves.lot].astype(np.int32),
            )

    def hand_over(self, giver: Ints, taker: Ints) -> tuple[Moves, Ints]:
        """All waiting lots of each giver become the taker's, with their dates and numbers.

        Returns them with the day on which they become available, and that on which they will be gone.
        """
        handed = [NO_MOVES]
        to = dict(zip(giver.tolist(), taker.tolist(), strict=True))
        for moves in list(self._lots.fall_due(giver, np.full(len(giver), NEVER - 1))):
            who = np.array([to[member] for member in moves.member.tolist()], np.int64)
            lot = self._lots.add(who, moves.points, moves.day)
            self._gone_on.put(lot, self._gone_on[moves.lot])
            self._number.put(lot, self._number[moves.lot])
            handed.append(moves)
        all_of_them = joined_moves(handed)
        return all_of_them, self._gone_on[all_of_them.lot].astype(np.int32)

    def named(self, lot: Ints) -> Ints:
        """New numbers for lots that are available at once, 0 where none is kept."""
        number = self._new(lot)
        self.names.put(lot, number)
        return number

    def name(self, lot: Ints, number: Ints) -> None:
        """The available lots are known under these numbers."""
        self.names.put(lot[lot > 0], number[lot > 0])

    def _alike(self, gone_on: Ints) -> Callable[[Ints, Ints], Flags]:
        def alike(lot: Ints, at: Ints) -> Flags:
            flags: Flags = self._gone_on[lot] == gone_on[at]
            return flags

        return alike

    def _new(self, lot: Ints) -> Ints:
        kept = lot > 0
        numbers: Ints = np.where(kept, self._known + np.cumsum(kept), 0)
        self._known += int(kept.sum())
        return numbers
