"""The interval of what is still to be redeemed once more, in plain Python; see `oracle_finance.py`.

In the words of Mack (1993) and of `loyalty_core.finance.redemption_error`: cohort by cohort, step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import exp, inf, log, prod, sqrt
from statistics import variance

from tests.core.oracle import Programme, ratio
from tests.core.oracle_finance import (
    Month,
    Told,
    in_points,
    issued,
    left,
    lots_in,
    month,
    redeemed,
    told_of,
)

Z = 1.959963984540054


class Error:
    """What of each earn month is to come, and how far that may be from what comes."""

    def __init__(self, told: Told):
        self.told, self.oldest = told, told.whole_until - told.first
        self.cohorts = list(told.cohorts)
        self.left = {born: told.cohort(born, lambda lot: lot.left) for born in self.cohorts}
        self.issued = {born: told.cohort(born, told.issued) for born in self.cohorts}
        self.young = {born for born in self.cohorts if told.developed(born) < 0.5}

    @property
    def told_at_all(self) -> bool:
        if not self.told.cells or self.oldest < 1:
            return False
        alone = len(self.rates()) < 2 and any(self.issued[born] for born in self.young)
        moving = [
            1 < f < inf and 1 / prod(self.told.factors()[age:]) > 0
            for age, f in enumerate(self.told.factors())
        ]
        unknown = any(s is None for s, moves in zip(self.sigmas(), moving, strict=True) if moves)
        return any(s is not None for s in self.sigmas()) and not unknown and not alone

    @lru_cache  # noqa: B019
    def sigmas(self) -> list[float | None]:
        """σ² of each step, the tail the last."""
        found: list[float | None] = []
        for age in range(self.oldest):
            pairs = [
                (self.told.so_far(born, age), self.told.so_far(born, age + 1))
                for born in self.cohorts
                if born + age + 1 <= self.told.whole_until and self.told.so_far(born, age)
            ]
            found.append(None)
            if len(pairs) > 1:
                mean = sum(after for _, after in pairs) / sum(before for before, _ in pairs)
                around = sum(before * (after / before - mean) ** 2 for before, after in pairs)
                found[-1] = around / (len(pairs) - 1)
        found.append(None)
        for age, sigma in enumerate(found):
            if sigma is None and age:
                known = found[max(age - 2, 0) : age]
                if None not in known:
                    if len(known) == 2 and known[0]:
                        known = [*known, known[1] ** 2 / known[0]]
                    found[age] = min(known)
        return found

    def seen(self, age: int) -> int:
        """Points redeemed by that age of the cohorts that have gone the step."""
        if age == self.oldest:
            return self.told.so_far(self.told.first, age)
        gone = [born for born in self.cohorts if born + age + 1 <= self.told.whole_until]
        return sum(self.told.so_far(born, age) for born in gone)

    @lru_cache  # noqa: B019
    def steps(self) -> list[tuple[float, float]]:
        """σ² ÷ f² of each step over the share developed before it, and over what was seen."""
        factors, found = self.told.factors(), []
        for age, sigma in enumerate(self.sigmas()):
            developed = 1 / prod(factors[age:])
            moves = 1 < factors[age] < inf and developed > 0
            v = sigma / factors[age] ** 2 if moves else 0.0
            found.append((v / developed if v else 0.0, v / self.seen(age) if v else 0.0))
        return found

    @lru_cache  # noqa: B019
    def rates(self) -> list[float]:
        """Of each grown cohort what share ends redeemed, over that of all of them."""
        grown = [born for born in self.cohorts if born not in self.young and self.issued[born]]
        ends = [self.told.so_far(born, self.told.last - born) + self.to_come(born) for born in grown]
        if len(grown) < 2 or not sum(ends):
            return [1.0]
        mean = sum(ends) / sum(self.issued[born] for born in grown)
        return [end / self.issued[born] / mean for born, end in zip(grown, ends, strict=True)]

    def to_come(self, born: Month) -> float:
        return self.left[born] * self.told.share_to_come(born)

    def whole(self, born: Month) -> float:
        if born in self.young:
            return self.issued[born] * self.told.rate_of_all()
        return self.told.so_far(born, self.told.whole_until - born) / self.told.developed(born)

    def leaning(self, born: Month) -> float:
        return self.issued[born] * (1 - self.told.developed(born)) if born in self.young else 0.0

    def apart(self) -> float:
        """Variance of one cohort's rate around that of all."""
        rates = self.rates()
        return self.told.rate_of_all() ** 2 * variance(rates) if len(rates) > 1 else 0.0

    @lru_cache  # noqa: B019
    def chance(self, born: Month) -> float:
        age = max(self.told.whole_until - born, 0)
        return (
            self.whole(born) * sum(p for p, _ in self.steps()[age:]) + self.leaning(born) ** 2 * self.apart()
        )

    @lru_cache  # noqa: B019
    def shared(self, one: Month, other: Month) -> float:
        age = max(self.told.whole_until - min(one, other), 0)
        moved = prod(
            self.whole(born) * (self.told.developed(born) if born in self.young else 1)
            for born in (one, other)
        )
        rate = self.leaning(one) * self.leaning(other) * self.apart() / len(self.rates())
        return moved * sum(f for _, f in self.steps()[age:]) + rate

    @lru_cache  # noqa: B019
    def held(self, born: Month) -> float:
        """No more can be uncertain than half of what is open."""
        error = sqrt(self.chance(born) + self.shared(born, born))
        return min(self.left[born] / 2 / error, 1) if error else 1.0

    def ends(self, parts: dict[Month, float]) -> tuple[float, float]:
        mean = sum(part * self.to_come(born) for born, part in parts.items())
        var = sum(part * self.held(born) ** 2 * self.chance(born) for born, part in parts.items())
        for one, p in parts.items():
            for other, q in parts.items():
                var += p * self.held(one) * q * self.held(other) * self.shared(one, other)
        if mean <= 0:
            return 0.0, 0.0
        spread = sqrt(log(1 + var / mean**2))
        low, high = (mean * exp(sign * Z * spread - spread**2 / 2) for sign in (-1, 1))
        most = sum(part * self.left[born] for born, part in parts.items())
        return min(low, mean), max(min(high, most), mean)


@lru_cache
def error_of(told: Told) -> Error:
    return Error(told)


def expected(p: Programme, on: date, end: int) -> int | None:
    """Point units at the low or high end, halves rounded up; None where nothing tells it."""
    told, lots = told_of(p, on), lots_in(p, on)
    error = error_of(told)
    if not error.told_at_all or not issued(p, on, lots):
        return None
    left: dict[Month, int] = {}
    for lot in lots:
        left[month(lot.day)] = left.get(month(lot.day), 0) + lot.left
    parts = {born: points / error.left[born] for born, points in left.items() if points}
    return int(error.ends(parts)[end] + 0.5)


def rate(p: Programme, on: date, end: int) -> Fraction | None:
    points, lots = expected(p, on, end), lots_in(p, on)
    return None if points is None else ratio(redeemed(p, on, lots) + points, issued(p, on, lots))


def breakage(p: Programme, on: date, end: int) -> Fraction | None:
    other = rate(p, on, 1 - end)
    return None if other is None else 1 - other


def points(p: Programme, on: date, end: int) -> Fraction | None:
    found = expected(p, on, end)
    return None if found is None else in_points(p, found)


def liability(p: Programme, on: date, end: int) -> Fraction | None:
    found, cost = points(p, on, end), Fraction(p.document["cost_per_point"])
    return found * cost if cost and found is not None else None


def broken(p: Programme, on: date, end: int) -> Fraction | None:
    found, cost = points(p, on, 1 - end), Fraction(p.document["cost_per_point"])
    return (left(p, on) - found) * cost if cost and found is not None else None


def _both(name: str, told: Callable) -> dict[str, Callable]:
    return {
        f"{name}_{word}": lambda p, s, end=end: told(p, s.last, end)
        for end, word in enumerate(("low", "high"))
    }


METRICS = (
    _both("ultimate_redemption_rate", rate)
    | _both("breakage_rate", breakage)
    | _both("points_expected", points)
    | _both("points_liability", liability)
    | _both("points_breakage", broken)
)
