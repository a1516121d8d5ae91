"""Until when tiers are held for members, whatever reviews say: by validity, offer, invitation or fee."""

from __future__ import annotations

from collections.abc import Container, Iterable

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER

FREE = np.int32(np.iinfo(np.int32).min)  # the end of a hold that there is not


class Holds:
    """The day at whose start each hold of n members ends, int32; NEVER for good, FREE where there is none.

    Only the tiers named can be held, and those of which holds were carried over; asking about others,
    and in programmes without any, costs nothing.
    """

    def __init__(self, tiers: Iterable[int], n: int):
        self._until = {tier: np.full(n, FREE, np.int32) for tier in tiers}

    def __bool__(self) -> bool:
        return bool(self._until)

    def may_hold(self, tier: Ints) -> Flags:
        """Whether each of these tiers can be held."""
        found = np.zeros(len(tier), bool)
        for number in self._until:
            found |= tier == number
        return found

    def until(self, who: Ints, tier: Ints) -> Ints:
        """The end of each member's hold on a tier."""
        found = np.full(len(who), FREE, np.int32)
        for number, until in self._until.items():
            at = tier == number
            found[at] = until[who[at]]
        return found

    def set(self, who: Ints, tier: Ints, until: Ints) -> None:
        """End each member's hold on a tier on that day, and not as it was."""
        for number, held in self._until.items():
            at = tier == number
            held[who[at]] = until[at]

    def adopt(self, who: Ints, other: Holds) -> None:
        """Take over the holds of the same members on the same tiers."""
        for number, held in self._until.items():
            held[who] = other._until[number][who]

    def carry(self, who: Ints, other: Holds, place: Ints, eve: Ints, for_good: Container[int]) -> None:
        """Take over the holds of the same members that go on after `eve`, on tiers that are held elsewhere.

        `place` has the place here of each of the other's tiers, -1 where it is gone; the lowest needs
        no hold. Holds for good go on for the tiers `for_good` alone.
        """
        for number, held in other._until.items():
            here = int(place[number])
            ends = held[who]
            goes_on = (ends > eve) & ((ends < NEVER) | (here in for_good))
            if here > 0 and goes_on.any():
                until = self._until.setdefault(here, np.full(len(held), FREE, np.int32))
                until[who] = np.maximum(until[who], np.where(goes_on, ends, FREE))

    def floor(self, who: Ints, day: Ints) -> Ints:
        """The highest tier that each member holds beyond the start of a day; 0 without one."""
        found = np.zeros(len(who), np.int32)
        for number in sorted(self._until):
            found[self._until[number][who] > day] = number
        return found
