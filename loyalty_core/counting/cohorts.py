"""Slices that say how old something is: members by month of joining, lots of points by month of earning.

They belong to the facts of one family each, which hand the codes of their rows to the cut.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.history import History
from loyalty_core.months import month_names, month_of

JOIN_MONTH, MEMBERSHIP_MONTH = "join_month", "membership_month"
EARN_MONTH, LOT_AGE, LOT_EXPIRY = "earn_month", "lot_age", "lot_expiry"
COHORT_SLICES = frozenset({JOIN_MONTH, MEMBERSHIP_MONTH})
LOT_SLICES = frozenset({EARN_MONTH, LOT_AGE, LOT_EXPIRY})

MONTHS_FOLLOWED = 60  # how long a cohort is followed after the month of joining
AGES = ("0–3", "3–6", "6–12", "12–24", "> 24")  # months
TO_EXPIRY = ("≤ 0", *AGES, "∞")  # past their expiry, months to it, none


def labels(history: History, name: str) -> tuple[str, ...]:
    """The labels of such a slice, in the order of its codes."""
    if name == MEMBERSHIP_MONTH:
        return tuple(str(month) for month in range(MONTHS_FOLLOWED + 1))
    if name == LOT_AGE:
        return AGES
    if name == LOT_EXPIRY:
        return TO_EXPIRY
    days = history.members.joined_on if name == JOIN_MONTH else lot_days(history)
    return month_names(int(days.min()), int(days.max())) if len(days) else ()


def lot_days(history: History) -> Ints:
    """The days on which entries take effect."""
    return np.maximum(history.entries.day, history.entries.available_on)


def first_month(history: History, name: str) -> int:
    """The month of code 0 of `join_month` or `earn_month`."""
    days = history.members.joined_on if name == JOIN_MONTH else lot_days(history)
    return int(month_of(int(days.min()))) if len(days) else 0
