"""The rhythm of buying: how many days lie between one purchase day of a member and the next."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.sales import Sales

GAP_DAYS = (7, 14, 30, 60, 90, 180, 365)  # the last day of each class but the last


def gaps(sales: Sales, among: Flags, first: int, last: int) -> Ints:
    """How many gaps of each class ended in the days from `first` to `last`, of the members `among` all."""
    following = sales.following
    ended = (following >= first) & (following <= last) & among[sales.member]
    length = following[ended] - sales.day[ended]
    return np.bincount(np.searchsorted(GAP_DAYS, length), minlength=len(GAP_DAYS) + 1)


def gap_labels() -> tuple[str, ...]:
    """Each class in days: 1–7, 8–14 … and more."""
    firsts = (1, *(last + 1 for last in GAP_DAYS))
    return (*(f"{a}–{b}" for a, b in zip(firsts, GAP_DAYS, strict=False)), f"{firsts[-1]}+")
