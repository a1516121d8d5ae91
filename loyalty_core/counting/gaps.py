"""The rhythm of buying: how many days lie between one purchase day of a member and the next."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.sales import Sales

GAP_DAYS = (7, 14, 30, 60, 90, 180, 365)  # the last day of each class but the last


def gaps(sales: Sales, place: Ints, size: int, first: int, last: int) -> Ints:
    """How many gaps of each class ended in the days from `first` to `last`; shape places × classes.

    `place` has that of each member among so many, -1 where the member counts nowhere.
    """
    following = sales.following
    ended = np.flatnonzero((following >= first) & (following <= last))
    at = place[sales.member[ended]]
    ended, at = ended[at >= 0], at[at >= 0]
    kind = np.searchsorted(GAP_DAYS, following[ended] - sales.day[ended])
    classes = len(GAP_DAYS) + 1
    return np.bincount(at * classes + kind, minlength=size * classes).reshape(size, classes)


def gap_labels() -> tuple[str, ...]:
    """Each class in days: 1–7, 8–14 … and more."""
    firsts = (1, *(last + 1 for last in GAP_DAYS))
    return (*(f"{a}–{b}" for a, b in zip(firsts, GAP_DAYS, strict=False)), f"{firsts[-1]}+")
