"""Totals of members that begin anew with every day or month."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import in_month

_BEFORE_TIME = np.iinfo(np.int32).min


class RunningTotal:
    """What came together for each of n members since the first day of the period that runs.

    `begin_of` tells the first day of the period that a day lies in. Days only go forward for a member;
    a call names each member at most once.
    """

    def __init__(self, n: int, begin_of: Callable[[Ints], Ints]):
        self._begin_of = begin_of
        self._begin = np.full(n, _BEFORE_TIME, np.int32)
        self._total = np.zeros(n, np.int64)

    def so_far(self, who: Ints, day: Ints) -> Ints:
        """The total of the period of each day."""
        return np.where(self._begin[who] == self._begin_of(day), self._total[who], 0)

    def count(self, who: Ints, day: Ints, amount: Ints) -> None:
        """Add to the totals of the periods of these days."""
        begin = self._begin_of(day)
        before = np.where(self._begin[who] == begin, self._total[who], 0)
        self._begin[who], self._total[who] = begin, before + amount


def same_day(day: Ints) -> Ints:
    """The period of a single day."""
    return day


def month_begin(day: Ints) -> Ints:
    """The first day of the month that each day lies in, int32."""
    _, of_month, _ = in_month(day)
    return (day - of_month + 1).astype(np.int32)
