"""The spend that counts for a member's tier, followed day by day."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import add_months, year_of
from loyalty_core.history import Ints
from loyalty_core.programme import Qualification
from loyalty_core.stretches import Stretches

_BEFORE_TIME = np.iinfo(np.int32).min


class QualifyingSpend:
    """Spend of n members inside the window of a programme's `Qualification`, in minor units.

    It is kept as what a member ever spent less what already lay before the window. Days only go
    forward for a member: what has left the window does not come back.
    """

    def __init__(self, rule: Qualification, n: int):
        self._rule = rule
        self._ever = np.zeros(n, np.int64)
        self._before = np.zeros(n, np.int64)
        if rule.window == "rolling":
            self._purchases = Stretches(n)
        if rule.window == "calendar":
            self._year = np.full(n, _BEFORE_TIME, np.int32)

    def add(self, who: Ints, day: Ints, amount_minor: Ints) -> Ints:
        """Count what each member spent (a refund is negative); the window as of `day`, with it."""
        before = self.as_of(who, day)
        self._ever[who] += amount_minor
        if self._rule.window == "rolling":
            self._purchases.append(who, day, self._ever[who])
        return before + amount_minor

    def as_of(self, who: Ints, day: Ints) -> Ints:
        """Spend in the window that ends with `day`.

        Rolling: the days after the same day `months` months earlier, up to and including `day`.
        Calendar: the year of `day`, up to and including it. Since joining: everything.
        """
        if self._rule.window == "rolling":
            self._roll(who, add_months(day, -self._rule.months))
        if self._rule.window == "calendar":
            self._turn_of_year(who, year_of(day))
        return self._ever[who] - self._before[who]

    def _roll(self, who: Ints, last_out: Ints) -> None:
        for at, _, _, upto in self._purchases.fall_due(who, last_out):
            self._before[who[at]] = upto

    def _turn_of_year(self, who: Ints, year: Ints) -> None:
        later = year > self._year[who]
        members = who[later]
        self._before[members] = self._ever[members]
        self._year[members] = year[later]
