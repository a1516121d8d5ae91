"""What members did inside a window, followed day by day: one measure, one window, n members."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, add_months, latest_turn, next_turn, year_start
from loyalty_core.points.stretches import Stretches
from loyalty_core.tiers.requirements import Counted

_BEFORE_TIME = np.iinfo(np.int32).min


class WindowTotal:
    """The total of a measure in a window, kept as what a member ever did less what lies before it.

    Rolling: the days after the same day `months` months earlier, up to and including the day.
    Other windows begin on a day and hold it whole: 1 January, or the latest anniversary of
    `anchor`, a day per member (of joining, or of entering the present tier: then `restart` tells of
    each new one). Days only go forward for a member: what has left the window does not come back.
    """

    def __init__(self, counted: Counted, anchor: Ints):
        self._window, self._months, self._anchor = counted.window, counted.months, anchor
        n = len(anchor)
        # Who, on which day, and what was found, while nothing else is done.
        self._looked_at: tuple[Ints, Ints, Ints] | None = None
        self._ever = np.zeros(n, np.int64)
        self._before = np.zeros(n, np.int64)
        if self._window == "rolling":
            self._deeds = Stretches(n, both_ways=False)
        elif self._window != "since_joining":
            self._start = np.full(n, _BEFORE_TIME, np.int32)
        if self._window == "tier_year":
            self._last_day = np.full(n, _BEFORE_TIME, np.int32)
            self._opening = np.zeros(n, np.int64)  # of `_last_day`

    def add(self, who: Ints, day: Ints, amount: Ints) -> None:
        """Count what each member did on a day; a refund is negative."""
        self._looked_at = None
        if self._window not in ("rolling", "since_joining"):
            self._turn(who, day)
            # A tier year may begin after deeds that are brought later: they lie before it.
            self._before[who] += np.where(day < self._start[who], amount, 0)
        if self._window == "tier_year":
            self._open(who, day)
        ever = self._ever[who] + amount
        self._ever[who] = ever
        if self._window == "rolling":
            self._deeds.append(who, day, ever)

    def as_of(self, who: Ints, day: Ints) -> Ints:
        """The total in the window that ends with `day`; to be read only."""
        if self._looked_at is None or self._looked_at[0] is not who or self._looked_at[1] is not day:
            if self._window == "rolling":
                at, upto = self._deeds.pass_by(who, add_months(day, -self._months))
                self._before[who[at]] = upto
            elif self._window != "since_joining":
                self._turn(who, day)
            found = self._ever[who] - self._before[who]
            if self._looked_at is not None and len(who) < len(self._looked_at[0]):
                return found  # a look at a few does not push out the one at all, who are asked again
            self._looked_at = who, day, found
        return self._looked_at[2]

    def ahead(self, who: Ints, day: Ints) -> Ints:
        """The total in the window that will end with a later `day`, if nothing more is done till then.

        Looks on without moving on; to be asked after `as_of` the present day.
        """
        before = self._before[who]
        if self._window == "rolling":
            at, upto = self._deeds.coming(who, add_months(day, -self._months))
            before[at] = upto
        elif self._window != "since_joining":
            before = np.where(self._starts(who, day) > self._start[who], self._ever[who], before)
        return self._ever[who] - before

    def first_day(self, who: Ints, day: Ints) -> Ints:
        """The first day of the window that ends with `day`; as far back as days go for everything."""
        if self._window == "rolling":
            return add_months(day, -self._months) + 1
        if self._window == "since_joining":
            return np.full(len(who), _BEFORE_TIME)
        return self._starts(who, day)

    def lasts_until(self, who: Ints, day: Ints) -> Ints:
        """The last day up to which the total of `day` is whole if nothing more is done; NEVER for good.

        To be asked after `as_of` that day.
        """
        if self._window == "rolling":
            leaves = np.full(len(who), NEVER)
            for at, done, upto in self._deeds.waiting(who):
                first = (upto > self._before[who[at]]) & (leaves[at] == NEVER)
                leaves[at[first]] = _leaves_on(done[first], self._months) - 1
            return leaves
        if self._window == "since_joining":
            return np.full(len(who), NEVER)
        if self._window == "calendar":
            return add_months(year_start(day), 12) - 1
        return next_turn(self._anchor[who], 12, day) - 1

    def restart(self, who: Ints, day: Ints) -> None:
        """Begin a tier year anew on `day`, with all that was done on it."""
        self._looked_at = None
        self._before[who] = np.where(self._last_day[who] == day, self._opening[who], self._ever[who])
        self._start[who] = day

    def _turn(self, who: Ints, day: Ints) -> None:
        start = self._starts(who, day)
        later = start > self._start[who]
        members = who[later]
        self._before[members] = self._ever[members]
        self._start[members] = start[later]

    def _starts(self, who: Ints, day: Ints) -> Ints:
        return year_start(day) if self._window == "calendar" else latest_turn(self._anchor[who], 12, day)

    def _open(self, who: Ints, day: Ints) -> None:
        later = day > self._last_day[who]
        members = who[later]
        self._opening[members] = self._ever[members]
        self._last_day[members] = day[later]


def _leaves_on(done: Ints, months: int) -> Ints:
    """The first day whose window of the last `months` months no longer holds a deed of each day."""
    day = add_months(done, months)
    while (still := add_months(day, -months) < done).any():
        day = np.where(still, day + 1, day)
    return day
