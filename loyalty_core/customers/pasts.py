"""What the purchases of members tell a customer-base model: the sufficient statistics.

Purchases are counted by day, the first day starts the clock, time is in weeks (model.md section 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.history import History
from loyalty_core.timeline import LONG_AGO

DAYS_A_WEEK = 7.0
LARGE = 5_000  # different pasts; beyond, whole weeks tell as much
FINE = 400  # steps of a mean amount per factor e, where many amounts are put together


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What the purchases of n members tell: the sufficient statistics of all models.

    Times are in weeks since the member's clock started: the first purchase, or joining before one.
    """

    last_bought_on: Ints  # int64, LONG_AGO before the first purchase
    repeats: Floats  # x: purchase days after the first
    recency: Floats  # tx: age at the last of them
    age: Floats  # T
    spent: Floats  # currency units on those x days
    sales: Floats  # of those x days, of which one may have several


class _Shared:
    """Different pasts, and how many members share each."""

    x: Floats
    weight: Floats

    @cached_property
    def counted(self) -> tuple[Floats, Ints]:
        """The different numbers of repeats and which row has which: gamma functions are slow."""
        return np.unique(self.x, return_inverse=True)

    @property
    def members(self) -> float:
        return float(self.weight.sum())


@dataclass(frozen=True)
class Pasts(_Shared):
    """Different pasts (x repeats, the last at age tx, seen until age T), and how many members share each."""

    x: Floats
    tx: Floats
    age: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.x)

    @cached_property
    def times(self) -> tuple[tuple[Floats, Ints], tuple[Floats, Ints]]:
        """The different times tx and T, and which row has which: logarithms are slow, too."""
        return np.unique(self.tx, return_inverse=True), np.unique(self.age, return_inverse=True)

    @property
    def repeaters(self) -> float:
        """Members who have bought again."""
        return float(self.weight[self.x > 0].sum())


@dataclass(frozen=True)
class Spends(_Shared):
    """Different pasts of spending (the mean amount of x repeat days), and how many members share each."""

    x: Floats
    mean: Floats
    weight: Floats

    @cached_property
    def log_mean(self) -> Floats:
        return np.log(self.mean)


def rhythm(history: History, first_day: int, minor_per_unit: int) -> Rhythm:
    """What the purchases before `first_day` tell; several on one day are one, the first starts the clock."""
    members, bought = history.members, history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    # Sorted by member and instant, so a purchase day begins where member or day changes.
    who, day, amount = bought.member[sale], bought.day[sale].astype(np.int64), bought.amount[sale]
    begins = np.flatnonzero(_changes(who) | _changes(day))
    day_who, day_on = who[begins], day[begins]
    day_spent = np.add.reduceat(amount.astype(np.float64), begins) if len(begins) else np.zeros(0)
    day_sales = np.diff(begins, append=len(who)).astype(np.float64)
    first = _changes(day_who)
    clock = members.joined_on.astype(np.int64)
    clock[day_who[first]] = day_on[first]
    last_bought_on = np.full(len(members), LONG_AGO)
    last_bought_on[day_who] = day_on  # ascending within a member: the last assignment stays
    n, repeat = len(members), ~first
    return Rhythm(
        last_bought_on=last_bought_on,
        repeats=np.bincount(day_who[repeat], minlength=n).astype(np.float64),
        recency=np.maximum(last_bought_on - clock, 0) / DAYS_A_WEEK,
        age=np.maximum(first_day - 1 - clock, 0) / DAYS_A_WEEK,
        spent=np.bincount(day_who[repeat], day_spent[repeat], minlength=n) / minor_per_unit,
        sales=np.bincount(day_who[repeat], day_sales[repeat], minlength=n).astype(np.float64),
    )


def pasts(x: Floats, tx: Floats, age: Floats) -> Pasts:
    """Members who are alike put together; times in whole weeks where there are many different ones."""
    return alike(x, tx, age)[0]


def alike(x: Floats, tx: Floats, age: Floats) -> tuple[Pasts, Ints]:
    """As `pasts`, and which past each member has."""
    if len(x) <= LARGE:
        (x, tx, age), at = different(x, tx, age)
        return Pasts(x, tx, age, np.bincount(at).astype(np.float64)), at
    at, first = _groups(x, tx * DAYS_A_WEEK, age * DAYS_A_WEEK)
    if len(first) > LARGE:
        tx, age = np.round(tx), np.round(age)
        at, first = _groups(x, tx, age)
    return Pasts(x[first], tx[first], age[first], np.bincount(at).astype(np.float64)), at


def different(*columns: Floats) -> tuple[list[Floats], Ints]:
    """The different rows of those columns, ascending, and which of them each row is."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, code = np.unique(column, return_inverse=True)
        key = key * len(values) + code
    _, first, at = np.unique(key, return_index=True, return_inverse=True)
    return [column[first] for column in columns], at


def spends(x: Floats, mean: Floats) -> Spends:
    """Members who are alike put together; amounts within a quarter of a percent are one where many."""
    if len(x) <= LARGE:
        return Spends(x, mean, np.ones(len(x)))
    step = np.round(np.log(mean) * FINE)
    at, first = _groups(x, step - step.min(), np.zeros(len(x)))
    return Spends(x[first], np.exp(step[first] / FINE), np.bincount(at).astype(np.float64))


def _groups(one: Floats, two: Floats, three: Floats) -> tuple[Ints, Ints]:
    """Rows with equal triples: the group of each row, and the first row of each group."""
    key = np.zeros(len(one), np.int64)
    for part in (one, two, three):  # packed into one integer, which sorts much faster than rows do
        values = np.round(part).astype(np.int64)
        key = key * (int(values.max(initial=0)) + 1) + values
    _, first, at = np.unique(key, return_index=True, return_inverse=True)
    return at.astype(np.int64), first.astype(np.int64)


def _changes(values: Ints) -> Flags:
    """Where a run of equal values begins."""
    starts: Flags = np.ones(len(values), bool)
    starts[1:] = values[1:] != values[:-1]
    return starts
