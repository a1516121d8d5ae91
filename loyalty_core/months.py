"""Calendar months counted from January 1970, and their names."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints

MANY = 100_000


def month_of(day: Ints | int) -> Ints:
    """The month that each day lies in."""
    days = np.asarray(day, np.int64)
    if days.size < MANY:
        return _month_of(days)
    first, last = int(days.min()), int(days.max())  # days are few, rows are many
    return _month_of(np.arange(first, last + 1))[days - first] if last - first < MANY else _month_of(days)


def _month_of(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_of(month: Ints | int) -> Ints:
    """The first day of each month."""
    return np.asarray(month, np.int64).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_names(first_day: int, last_day: int) -> tuple[str, ...]:
    """The months from that of the first day to that of the last, written like 2026-11."""
    months = np.arange(int(month_of(first_day)), int(month_of(last_day)) + 1)
    return tuple(str(month) for month in months.astype("datetime64[M]"))
