"""What earning remembers of each member: points given in a day and a month, and days in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earning_rates import LARGEST
from loyalty_core.rules.earning_rules import Caps, Streak
from loyalty_core.rules.programme import Programme
from loyalty_core.running_total import RunningTotal, month_begin, same_day

_BEFORE_TIME = np.iinfo(np.int32).min
_PERIODS: Mapping[str, Callable[[Ints], Ints]] = {"day": same_day, "month": month_begin}


class Cap:
    """The most that may be given to each of n members for one event, in a day, in a calendar month.

    What was given in a day and a month is remembered where that is limited, or always, if told to
    `remember` for rules that may come to limit it.
    """

    def __init__(self, caps: Caps, programme: Programme, n: int, remember: bool = False):
        def units(points: object) -> int | None:
            whole = None if points is None else floor(Fraction(str(points)) * 10**programme.point_decimals)
            return whole if whole is None else min(whole, LARGEST)

        self.event = units(caps.event)
        most = {"day": units(caps.day), "month": units(caps.month)}
        self._most = {period: limit for period, limit in most.items() if limit is not None}
        self._given = {
            period: RunningTotal(n, begin_of)
            for period, begin_of in _PERIODS.items()
            if remember or period in self._most
        }

    @property
    def remembers(self) -> bool:
        """True where what was given before is kept."""
        return bool(self._given)

    @property
    def limits(self) -> bool:
        """True where there is any cap."""
        return self.event is not None or bool(self._most)

    def go_on_from(self, other: Cap) -> None:
        """Take over what the same members were given, of a cap that was told to remember."""
        self._given = other._given

    def cut(self, who: Ints, day: Ints, points: Ints, running: bool = True) -> Ints:
        """What is left of points; without `running`, as if nothing had been given before.

        Nothing, and never less, where more was given than a new limit allows.
        """
        if self.event is not None:
            points = np.minimum(points, self.event)
        for period, limit in self._most.items():
            room = np.maximum(limit - self._given[period].so_far(who, day), 0) if running else limit
            points = np.minimum(points, room)
        return points

    def count(self, who: Ints, day: Ints, points: Ints) -> None:
        """Remember what was given."""
        for given in self._given.values():
            given.count(who, day, points)


class StreakDays:
    """For each of n members the last day of their row of days, and its place in the row, from 0."""

    def __init__(self, n: int):
        self._last_day = np.full(n, _BEFORE_TIME, np.int32)
        self._place = np.full(n, -1, np.int64)

    def place(self, who: Ints, day: Ints) -> tuple[Ints, Flags]:
        """The place in the row that an event of each day stands for, and whether it is the day's first."""
        last_day, place = self._last_day[who], self._place[who]
        fresh: Flags = last_day != day
        return np.where(last_day == day - 1, place + 1, np.where(fresh, 0, place)), fresh

    def count(self, who: Ints, day: Ints) -> None:
        """Remember that these members' rows came to their day."""
        self._place[who] = self.place(who, day)[0]
        self._last_day[who] = day


def step_of(streak: Streak, place: Ints) -> Ints:
    """Which of the streak's steps each place in a row of days is paid by."""
    steps = len(streak.points)
    found: Ints = place % steps if streak.then == "restart" else np.minimum(place, steps - 1)
    return found
