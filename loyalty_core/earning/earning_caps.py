"""What earning remembers of each member: points given in a day and a month, and days in a row."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

import numpy as np

from loyalty_core.days import in_month
from loyalty_core.earning.earning_rates import LARGEST
from loyalty_core.history import Flags, Ints
from loyalty_core.rules.earning_rules import Caps, Streak
from loyalty_core.rules.programme import Programme

_BEFORE_TIME = np.iinfo(np.int32).min


class Cap:
    """The most that may be given to each of n members for one event, in a day, in a calendar month."""

    def __init__(self, caps: Caps, programme: Programme, n: int):
        def units(points: object) -> int | None:
            whole = None if points is None else floor(Fraction(str(points)) * 10**programme.point_decimals)
            return whole if whole is None else min(whole, LARGEST)

        self.event = units(caps.event)
        self._running = [
            _Running(limit, n, begin_of)
            for limit, begin_of in ((units(caps.day), _same_day), (units(caps.month), _month_begin))
            if limit is not None
        ]

    @property
    def remembers(self) -> bool:
        """True where what was given before matters."""
        return bool(self._running)

    @property
    def limits(self) -> bool:
        """True where there is any cap."""
        return self.event is not None or self.remembers

    def cut(self, who: Ints, day: Ints, points: Ints, running: bool = True) -> Ints:
        """What is left of points; without `running`, as if nothing had been given before."""
        if self.event is not None:
            points = np.minimum(points, self.event)
        for period in self._running:
            points = np.minimum(points, period.room(who, day) if running else period.limit)
        return points

    def count(self, who: Ints, day: Ints, points: Ints) -> None:
        """Remember what was given."""
        for period in self._running:
            period.count(who, day, points)


class _Running:
    """What each member was given since the period's first day, and the room up to the limit."""

    def __init__(self, limit: int, n: int, begin_of: Callable[[Ints], Ints]):
        self.limit, self._begin_of = limit, begin_of
        self._begin = np.full(n, _BEFORE_TIME, np.int32)
        self._given = np.zeros(n, np.int64)

    def room(self, who: Ints, day: Ints) -> Ints:
        now = self._begin[who] == self._begin_of(day)
        return self.limit - np.where(now, self._given[who], 0)

    def count(self, who: Ints, day: Ints, points: Ints) -> None:
        begin = self._begin_of(day)
        before = np.where(self._begin[who] == begin, self._given[who], 0)
        self._begin[who], self._given[who] = begin, before + points


def _same_day(day: Ints) -> Ints:
    return day


def _month_begin(day: Ints) -> Ints:
    _, of_month, _ = in_month(day)
    return (day - of_month + 1).astype(np.int32)


class StreakDays:
    """For each of n members the last day of their row, and how far along the steps it is."""

    def __init__(self, streak: Streak, n: int):
        self._steps, self._restarts = len(streak.points), streak.then == "restart"
        self._last_day = np.full(n, _BEFORE_TIME, np.int32)
        self._step = np.full(n, -1, np.int32)

    def step(self, who: Ints, day: Ints) -> tuple[Ints, Flags]:
        """The step (0 …) that an event of each day stands for, and whether it is the day's first."""
        last_day = self._last_day[who]
        onward = self._step[who] + 1
        onward = onward % self._steps if self._restarts else np.minimum(onward, self._steps - 1)
        fresh: Flags = last_day != day
        return np.where(last_day == day - 1, onward, np.where(fresh, 0, self._step[who])), fresh

    def count(self, who: Ints, day: Ints, step: Ints) -> None:
        """Remember that these members' rows came to these steps."""
        self._last_day[who], self._step[who] = day, step
