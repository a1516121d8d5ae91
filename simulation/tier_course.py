"""The tier of members from day to day, as the changes of a run and of the past before it tell."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.timeline import following, in_order, moment

_SAME = -2  # in the place of a tier: nothing has changed


class TierCourse:
    """The tier of each of n members at the close of days; of several changes on one day the last counts.

    Nothing is done before a member's first tier, so it may stand for all that is before it.
    """

    def __init__(self, n: int, member: Ints, day: Ints, at: Ints, tier: Ints) -> None:
        order = in_order(member, at)
        moments = moment(member[order], day[order])
        last = order[np.append(moments[1:] != moments[:-1], True)[: len(order)]]
        self._member, self._day, self._tier = member[last], day[last], tier[last]
        begins = np.append(True, self._member[1:] != self._member[:-1])[: len(last)].nonzero()[0]
        self._next_day = following(self._member, self._day)
        who = self._member[begins]
        self._begin = np.zeros(n, np.int64)
        self._begin[who] = begins
        self._first, self._second_day = np.full(n, -1, np.int64), np.full(n, NEVER)
        self._first[who], self._second_day[who] = self._tier[begins], self._next_day[begins]

    def on(self, member: Ints, day: Ints) -> Ints:
        """The tier of each member at the close of a day on which something happened to them, -1 unknown."""
        tier: Ints = self._first[member]
        at = (self._second_day[member] <= day).nonzero()[0]
        row, until = self._begin[member[at]], day[at]
        while at.size:
            row += 1
            tier[at] = self._tier[row]
            later = (self._next_day[row] <= until).nonzero()[0]
            at, row, until = at[later], row[later], until[later]
        return tier

    def at(self, days: Ints) -> Ints:
        """The tier of every member at the close of each of the ascending days, -1 before the first; days ×
        members."""
        return self.over(days)[0]

    def over(self, days: Ints) -> tuple[Ints, Flags]:
        """As `at`, and whether it is also what `on` tells of every day since the one before in `days`; False
        only where a tier was entered since, or none is known yet."""
        known_at = np.searchsorted(days, self._day)
        rows = (known_at < len(days)).nonzero()[0]
        tier = np.full((len(days), len(self._first)), _SAME, np.int16)
        tier[known_at[rows], self._member[rows]] = self._tier[rows]
        same, before = tier == _SAME, np.full(tier.shape[1], -1, np.int16)
        for now, unmoved in zip(tier, same, strict=True):
            np.copyto(now, before, where=unmoved)
            before = now
        return tier, same & (tier >= 0)
