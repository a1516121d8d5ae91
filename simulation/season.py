"""Operational time: a clock that runs fast on busy days, so that a steady rate gives a seasonal demand."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.days import start_of
from simulation.behaviour import Season
from simulation.new_year import around_feasts

OPENS_H, CLOSES_H = 9, 22  # sales happen between these hours after midnight
_OPENS_US, _OPEN_US = OPENS_H * 3_600_000_000, (CLOSES_H - OPENS_H) * 3_600_000_000

_MOST_CELLS, _HAIR = 200_000, 1e-6


class Clock:
    """Turns operational time (weeks of average demand since `first_day` began) into days and instants."""

    def __init__(
        self,
        season: Season,
        zone: ZoneInfo,
        first_day: int,
        last_day: int,
        factors: Floats | None = None,
    ) -> None:
        """`factors` multiply the demand of each day."""
        self.first_day, self.last_day = first_day, last_day
        daily = intensity(season, np.arange(first_day, last_day + 1)) / 7
        if factors is not None:
            daily = daily * factors
        self._upto = np.concatenate(([0.0], np.cumsum(daily)))
        self._of_cell, self._cells_per_week = _cells(self._upto)
        self._ends, self._length = self._upto[1:], np.diff(self._upto)
        self._midnight = start_of(np.arange(first_day, last_day + 2), zone)
        self._opening = self._midnight + _OPENS_US

    def weeks(self, day: Ints | int) -> Floats:
        """Operational time at the start of a day; days outside the run count as its ends."""
        index = np.maximum(np.asarray(day, dtype=np.int64) - self.first_day, 0)
        index = np.minimum(index, len(self._upto) - 1)
        return np.asarray(self._upto[index], dtype=np.float64)

    def some_time(self, day: Ints, share: Floats) -> Floats:
        """Operational time when `share` of the day has passed."""
        begins, ends = self.weeks(day), self.weeks(day + 1)
        return begins + share * (ends - begins)

    def midnight(self, day: Ints | int) -> Ints:
        """The first instant of days of the run (int64 microseconds, UTC)."""
        return np.asarray(self._midnight[np.asarray(day, dtype=np.int64) - self.first_day])

    def when(self, weeks: Floats) -> tuple[Ints, Ints]:
        """The day and the instant of operational times within the run."""
        index = self._index(weeks)
        share = (weeks - self._upto[index]) / self._length[index]
        # Rounding can bring the share to 1: the last sale comes a microsecond before closing.
        open_us = np.minimum((share * _OPEN_US).astype(np.int64), _OPEN_US - 1)
        return (index + self.first_day).astype(np.int32), self._opening[index] + open_us

    def _index(self, weeks: Floats) -> Ints:
        """The day, counted from the first, that holds each operational time."""
        if not len(self._of_cell):
            return np.searchsorted(self._upto, weeks, side="right") - 1
        index = self._of_cell[(weeks * self._cells_per_week + 0.5).astype(np.int64)]
        index += weeks >= self._ends[index]
        return index


def _cells(upto: Floats) -> tuple[Ints, float]:
    """The day in which the stretch around each of many marks begins, and how many marks there are in a week.

    They stand so close that at most one day begins between two of them, so that the day of a time is
    found without a search. No marks where some day is too short for that.
    """
    shortest = float(np.diff(upto).min())
    if upto[-1] * 2 >= _MOST_CELLS * shortest:
        return np.zeros(0, np.int64), 0.0
    per_week = 2 / shortest
    count = int(upto[-1] * per_week) + 2
    begins = (np.arange(count) - 0.5 - _HAIR) / per_week
    return np.maximum(np.searchsorted(upto, begins, side="right") - 1, 0), per_week


def intensity(season: Season, days: Ints) -> Floats:
    """Demand of each day relative to the average day."""
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    demand: Floats = np.asarray(season.months)[month] * np.asarray(season.weekdays)[weekday]
    if len(days) and any(factor != 1 for factor in season.new_year):
        demand *= around_feasts(season.new_year, days)
    return demand
