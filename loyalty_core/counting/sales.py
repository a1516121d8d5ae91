"""The sales of members: purchases that are not refunds, the act that counts for recency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.timeline import distinct, following, moment, parts


@dataclass(frozen=True, slots=True)
class Sales:
    """Purchase days of members, sorted by member and day, each day once."""

    member: Ints
    day: Ints

    @property
    def following(self) -> Ints:
        """The member's next purchase day after each, a day that never comes where there is none."""
        return following(self.member, self.day)

    def next_day(self, member: Ints, day: Ints) -> Ints:
        """The first purchase day of the member after each of those days, NEVER where there is none."""
        row = np.searchsorted(moment(self.member, self.day), moment(member, day), side="right")
        theirs = np.append(self.member, -1)[row] == member
        return np.where(theirs, np.append(self.day, 0)[row], np.int64(NEVER))

    def first_day(self, n: int) -> Ints:
        """Each member's first purchase day, NEVER where there is none."""
        first = np.full(n, NEVER, np.int64)
        np.minimum.at(first, self.member, self.day)
        return first


def sales_of(history: History) -> Sales:
    """The purchase days of every member."""
    purchases = history.purchases
    sale = ~purchases.refund & (purchases.member >= 0)
    moments = distinct(moment(purchases.member[sale], purchases.day[sale]))
    return Sales(*parts(moments))
