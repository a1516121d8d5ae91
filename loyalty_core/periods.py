"""Periods: the days, weeks or months over which flows are counted and at whose close stocks are taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import add_months, to_date
from loyalty_core.errors import InputError
from loyalty_core.timeline import ranks

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")
_MONDAY = 4  # 1970-01-05


@dataclass(frozen=True, slots=True)
class Periods:
    """Spans of days, first and last day included, each beginning the day after the one before ends.

    The opening of a period is the close of the day before its first day.
    """

    first: Ints
    last: Ints
    before: int  # first day of the period that precedes the first one: what "again" looks back to

    def __post_init__(self) -> None:
        if len(self) == 0 or np.any(self.first > self.last) or np.any(self.first[1:] != self.last[:-1] + 1):
            raise ValueError("periods follow each other without gap or overlap, and there is at least one")

    def __len__(self) -> int:
        return len(self.first)

    @property
    def bounds(self) -> Ints:
        """Days at whose close stocks are taken: the first opening, then every close."""
        return np.concatenate(([self.first[0] - 1], self.last)).astype(np.int64)

    def index(self, day: Ints) -> tuple[Ints, Flags]:
        """The period of each day, and whether there is one (the index is meaningless where not)."""
        found = ranks(self.last, day)
        return np.minimum(found, len(self) - 1), (day >= self.first[0]) & (day <= self.last[-1])

    def preceding(self) -> Periods:
        """For each period the one before it."""
        first = np.concatenate(([self.before], self.first[:-1]))
        return Periods(first, self.first - 1, int(2 * self.before - self.first[0]))

    def blocks(self, size: int) -> Iterator[Periods]:
        """The same periods, at most `size` at a time."""
        for start in range(0, len(self), size):
            before = self.before if start == 0 else int(self.first[start - 1])
            yield Periods(self.first[start : start + size], self.last[start : start + size], before)


def periods(first_day: int, last_day: int, step: Step | None = None) -> Periods:
    """The calendar periods of a span, clipped to it; weeks run from Monday to Sunday.

    Without a step the span is one period, preceded by one of the same length.
    """
    if first_day > last_day:
        raise InputError(f"a period cannot end ({to_date(last_day)}) before it begins ({to_date(first_day)})")
    if step is None:
        before = 2 * first_day - last_day - 1
        return Periods(np.array([first_day], np.int64), np.array([last_day], np.int64), before)
    starts = _starts(first_day, last_day, step)
    first = np.maximum(starts, first_day)
    last = np.concatenate((starts[1:] - 1, [last_day]))
    return Periods(first, last, int(period_start(first_day - 1, step)))


def _starts(first_day: int, last_day: int, step: Step) -> Ints:
    """First days of the calendar periods that hold a day of the span, int64."""
    if step == "month":
        days = np.arange(
            np.datetime64(first_day, "D").astype("datetime64[M]"),
            np.datetime64(last_day, "D").astype("datetime64[M]") + 1,
        )
        return days.astype("datetime64[D]").astype(np.int64)
    return np.arange(period_start(first_day, step), last_day + 1, 7 if step == "week" else 1, dtype=np.int64)


def period_start(day: int, step: Step) -> int:
    """First day of the calendar period that holds the day."""
    if step == "week":
        return day - (day - _MONDAY) % 7
    if step == "month":
        return day - to_date(day).day + 1
    return day


def months_in(first_day: int, last_day: int) -> float:
    """How many months a span is: whole ones, and of those that it cuts the share of their days."""
    starts = _starts(first_day, last_day, "month")
    ends = add_months(starts, 1).astype(np.int64)
    inside = np.minimum(ends, last_day + 1) - np.maximum(starts, first_day)
    return float((inside / (ends - starts)).sum())


def year_earlier(day: Ints) -> Ints:
    """The same date a year before; 28 February for the 29th."""
    return add_months(day, -12).astype(np.int64)


def month_closes(last_day: int, months: int, count: int) -> list[int]:
    """Last days of `count` + 1 stretches of so many months, one after the other, the last on that day.

    From the end of a month they are calendar months.
    """
    at_month_end = to_date(last_day + 1).day == 1
    back = add_months(np.full(count + 1, last_day), -months * np.arange(count, -1, -1))
    return [_month_end(int(day)) if at_month_end else int(day) for day in back]


def _month_end(day: int) -> int:
    return int(add_months(np.array([period_start(day, "month")]), 1)[0]) - 1
