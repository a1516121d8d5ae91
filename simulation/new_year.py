"""The weeks around the lunar new year, whose trade moves through the calendar with the feast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.days import to_date, to_day
from loyalty_core.lunar import lunar_new_year
from simulation.evidence import words

WEEKS = (
    words("Third week before the lunar new year", "春节前第三周"),
    words("Second week before the lunar new year", "春节前第二周"),
    words("Last week before the lunar new year", "春节前最后一周"),
    words("Week that begins with the lunar new year", "春节当周"),
    words("Second week of the lunar new year", "春节后第二周"),
)
_BEFORE = 3


def feasts(days: Ints) -> list[int]:
    """The lunar new years of the calendar years that the days lie in."""
    first, last = (to_date(int(end)).year for end in (days.min(), days.max()))
    return [to_day(lunar_new_year(year)) for year in range(first, last + 1)]


def feasts_within(days: Ints) -> int:
    """How many lunar new years all of whose `WEEKS` lie within a stretch of days."""
    begin, end = int(days.min()), int(days.max()) + 1
    return sum(begin <= one - 7 * _BEFORE and one + 7 * (len(WEEKS) - _BEFORE) <= end for one in feasts(days))


def week_of_feast(days: Ints) -> Ints:
    """Of each day its place in `WEEKS`; their number for days far from any lunar new year."""
    found = np.full(len(days), len(WEEKS), np.int64)
    for feast in feasts(days):
        week = (days.astype(np.int64) - feast) // 7 + _BEFORE
        near = (week >= 0) & (week < len(WEEKS))
        found[near] = week[near]
    return found


def around_feasts(factors: Sequence[float] | Floats, days: Ints) -> Floats:
    """Demand of each day relative to one far from any feast; `factors` are those of `WEEKS`."""
    found: Floats = np.append(factors, 1.0)[week_of_feast(days)]
    return found
