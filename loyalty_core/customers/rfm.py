"""Recency, frequency and spending of the buyers of a year: a grid of classes, and how concentrated it is.

The classes are the same for every programme and day, so that only a member's own purchases move the member;
quintiles would move with everybody else. Amounts are in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Floats, Ints

RECENCY_DAYS = (30, 90, 180, 364)  # the last day of each class
FREQUENCIES = (1, 2, 5, 11)  # the largest number of purchases of each class but the last
TENTHS = 10


@dataclass(frozen=True, slots=True)
class RfmGrid:
    """Members and their net spending; a row per class of recency, the latest first, a column per class of
    frequency, the rarest first."""

    members: Ints
    revenue: Ints

    @property
    def buyers(self) -> int:
        """Everybody in the grid."""
        return int(self.members.sum())

    @property
    def lately_share(self) -> float:
        """Of the buyers, those of the latest class; nan where there are none."""
        return float(self.members[0].sum() / self.buyers) if self.buyers else np.nan

    @property
    def revenue_shares(self) -> Floats | None:
        """The share of all spending in each field; None where all of them together spent nothing."""
        total = self.revenue.sum()
        return np.asarray(self.revenue / total) if total > 0 else None

    @property
    def often_share(self) -> float:
        """Of all spending, that of the class of most purchases; nan where nothing was spent."""
        shares = self.revenue_shares
        return np.nan if shares is None else float(shares[:, -1].sum())


def rfm_grid(days_since: Ints, purchases: Ints, revenue: Ints) -> RfmGrid:
    """The grid of members with so many purchases in a year, the last so many days (less than 365) ago."""
    shape = len(RECENCY_DAYS), len(FREQUENCIES) + 1
    row, column = field_of(days_since, purchases)
    field = row * shape[1] + column
    spent = np.zeros(shape[0] * shape[1], np.int64)
    np.add.at(spent, field, revenue)
    return RfmGrid(np.bincount(field, minlength=len(spent)).reshape(shape), spent.reshape(shape))


def field_of(days_since: Ints, purchases: Ints) -> tuple[Ints, Ints]:
    """The row and the column of the grid that such members are in."""
    return np.searchsorted(RECENCY_DAYS, days_since), np.searchsorted(FREQUENCIES, purchases)


def concentration(revenue: Ints) -> tuple[float, ...]:
    """The share of all spending that the first tenth of buyers brings who spend most, the first two, … all.

    A part is rounded up to whole members. Nothing where all of them together spent nothing.
    """
    total = int(revenue.sum())
    if total <= 0:
        return ()
    upto = np.cumsum(np.sort(revenue)[::-1])
    return tuple(float(upto[-(-len(revenue) * part // TENTHS) - 1] / total) for part in range(1, TENTHS + 1))


def recency_labels() -> tuple[str, ...]:
    """Each class of recency in days: 0–30, 31–90 …"""
    firsts = (0, *(last + 1 for last in RECENCY_DAYS))
    return tuple(f"{first}–{last}" for first, last in zip(firsts, RECENCY_DAYS, strict=False))


def frequency_labels() -> tuple[str, ...]:
    """Each class of frequency in purchases: 1, 2, 3–5 … and more."""
    firsts = (1, *(most + 1 for most in FREQUENCIES))
    spans = zip(firsts, FREQUENCIES, strict=False)
    return (*(str(a) if a == b else f"{a}–{b}" for a, b in spans), f"{firsts[-1]}+")
