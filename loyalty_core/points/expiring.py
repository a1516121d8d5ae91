"""When points are gone: the day that the rule of expiry names for each day of earning."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, add_months, days_in_each_year
from loyalty_core.rules.point_rules import Expiry

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def expires_on(rule: Expiry, day: Ints) -> Ints:
    """The first day on which points earned on each day are gone, int32; NEVER if they stay.

    By age: the day itself `months` later, and where that is rounded, the day after the end of the
    month, quarter or year it lies in. By date: the first `on` that is no earlier than the day
    `months` later, or, without months, than the day after. Inactivity is not a matter of the day
    of earning and left to `Wallet`.
    """
    day = np.asarray(day, np.int32)
    if rule.on is not None:
        earliest = day + np.int32(1) if rule.months is None else add_months(day, rule.months)
        return _first_on(rule.on, earliest)
    if rule.months is None:
        return np.full(len(day), NEVER)
    gone = add_months(day, rule.months)
    return gone if rule.rounded_to is None else _next_period(gone, _MONTHS[rule.rounded_to])


def _first_on(month_day: str, earliest: Ints) -> Ints:
    """The first such day of the year that is not before each; 29 February is the 28th in other years."""
    if not len(earliest):
        return earliest
    days = days_in_each_year([month_day], int(earliest.min()), int(earliest.max()) + 366)
    found: Ints = days[np.searchsorted(days, earliest)]
    return found


def _next_period(day: Ints, months: int) -> Ints:
    """The first day after the period of so many months, counted from January, that holds each day."""
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    following = (month // months + 1) * months
    first: Ints = following.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)
    return first
