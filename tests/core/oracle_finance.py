"""What points owe once more, in plain Python over rows; see `oracle.py`.

The triangle, its factors, its tail and what is left are told here in the words of `model.md` section 3
and of `loyalty_core.finance.development`, on lots matched one point at a time by `plain_lots`.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import exp, inf, log, prod

from tests.core.oracle import ONE, Programme, ratio
from tests.core.plain_lots import PlainLot, matched
from tests.core.plain_programme import months_later

Month = int
STEPS = (3, 6, 12, 24)
AGES = ("0–3", "3–6", "6–12", "12–24", "> 24")


def month(on: date) -> Month:
    return on.year * 12 + on.month


class Told:
    """The lots of a programme as of a day, and what its triangle says of each earn month."""

    def __init__(self, entries: list[dict], zone: str, on: date):
        self.on = on
        self.lots, self.uses, _ = matched(entries, zone, on)
        self.gone: dict[int, int] = {}
        self.redeemed: dict[int, int] = {}
        for use in self.uses:
            kinds = [self.redeemed] if use.kind == "redeem" else []
            for total in [*kinds, *([self.gone] if use.kind in ("redeem", "expire") else [])]:
                total[id(use.lot)] = total.get(id(use.lot), 0) + use.points
        months = [month(lot.day) for lot in self.lots]
        self.first, self.last = min(months, default=0), month(on)
        self.whole_until = self.last if (on + ONE).day == 1 else self.last - 1
        self.cells: dict[tuple[Month, int], int] = {}
        for use in self.uses:
            if use.kind == "redeem":
                born = month(use.lot.day)
                key = born, month(use.day) - born
                self.cells[key] = self.cells.get(key, 0) + use.points

    def issued(self, lot: PlainLot) -> int:
        return self.gone.get(id(lot), 0) + lot.left

    def cohort(self, born: Month, value) -> int:
        return sum(value(lot) for lot in self.lots if month(lot.day) == born)

    def so_far(self, born: Month, age: int) -> int:
        """Redeemed of the cohort by the end of the month of that age."""
        return sum(self.cells.get((born, a), 0) for a in range(age + 1))

    @property
    def cohorts(self) -> range:
        return range(self.first, self.last + 1)

    def factor(self, age: int) -> float:
        """From that age to the next, over the cohorts seen at both."""
        seen = [born for born in self.cohorts if born + age + 1 <= self.whole_until]
        before = sum(self.so_far(born, age) for born in seen)
        after = sum(self.so_far(born, age + 1) for born in seen)
        return after / before if before else (inf if after else 1.0)

    @lru_cache  # noqa: B019
    def factors(self) -> list[float]:
        """One for each step that any cohort has made, and the tail."""
        oldest = self.whole_until - self.first
        found = [self.factor(age) for age in range(oldest)]
        redeemed = self.so_far(self.first, oldest)
        left = self.cohort(self.first, lambda lot: lot.left)
        most = (redeemed + left) / redeemed if redeemed else (inf if left else 1.0)
        return [*found, self.tail(found, most)]

    def tail(self, factors: list[float], most: float) -> float:
        told = [(age, log(f - 1)) for age, f in enumerate(factors) if 1 < f < inf]
        if most <= 1 or len(told) < 3:
            return most
        mid = sum(age for age, _ in told) / len(told)
        high = sum(y for _, y in told) / len(told)
        slope = sum((age - mid) * (y - high) for age, y in told) / sum((age - mid) ** 2 for age, _ in told)
        if slope >= 0:
            return most
        level = high - slope * mid
        return min(
            prod(1 + exp(level + slope * age) for age in range(len(factors), len(factors) + 600)), most
        )

    def developed(self, born: Month) -> float:
        age = self.whole_until - born
        if not self.cells:  # nobody has ever redeemed: nothing is known of redemption
            return 0.0
        return 1 / prod(self.factors()[age:]) if age >= 0 else 0.0

    @lru_cache  # noqa: B019
    def rate_of_all(self) -> float:
        redeemed = sum(self.so_far(born, self.whole_until - born) for born in self.cohorts)
        used_up = sum(self.cohort(born, self.issued) * self.developed(born) for born in self.cohorts)
        return min(redeemed / used_up, 1.0) if used_up > 0 else 1.0

    @lru_cache  # noqa: B019
    def share_to_come(self, born: Month) -> float:
        """Of the cohort's open points, the share that will be redeemed."""
        left = self.cohort(born, lambda lot: lot.left)
        if not left:
            return 0.0
        over, developed = self.so_far(born, self.whole_until - born), self.developed(born)
        if developed >= 0.5:
            ultimate = over / developed
        else:
            ultimate = over + self.cohort(born, self.issued) * self.rate_of_all() * (1 - developed)
        redeemed = self.so_far(born, self.last - born)
        return (min(max(ultimate, redeemed), redeemed + left) - redeemed) / left

    def mature(self, lot: PlainLot) -> bool:
        expired = lot.expires_on is not None and lot.expires_on <= self.on
        return expired or months_later(lot.day, 12) < self.on

    def labels(self, lot: PlainLot) -> dict[str, str]:
        aged = AGES[sum(months_later(lot.day, months) <= self.on for months in STEPS)]
        to_go = "∞"
        if lot.expires_on:
            ahead = sum(months_later(self.on, months) <= lot.expires_on for months in STEPS)
            to_go = "≤ 0" if lot.expires_on <= self.on else AGES[ahead]
        return {"earn_month": f"{lot.day:%Y-%m}", "lot_age": aged, "lot_expiry": to_go}


_TOLD: dict[tuple[int, date], tuple[list, Told]] = {}


def told_of(p: Programme, on: date) -> Told:
    """The same programme is asked about often: what was found out stays, with the rows it is about."""
    entries = p.rows["entries"]
    key = id(entries), on
    if key not in _TOLD or _TOLD[key][0] is not entries:
        _TOLD[key] = entries, Told(entries, p.document["time_zone"], on)
    return _TOLD[key][1]


def lots_in(p: Programme, on: date) -> list[PlainLot]:
    told = told_of(p, on)

    def chosen(lot: PlainLot) -> bool:
        labels = told.labels(lot)
        fits = all(labels[name] in p.cell[name] for name in labels if name in p.cell)
        return fits and p.is_in(lot.member, on)

    return [lot for lot in told.lots if chosen(lot)]


def redeemed(p: Programme, on: date, lots: list[PlainLot]) -> int:
    return sum(told_of(p, on).redeemed.get(id(lot), 0) for lot in lots)


def issued(p: Programme, on: date, lots: list[PlainLot]) -> int:
    return sum(told_of(p, on).issued(lot) for lot in lots)


def expected(p: Programme, on: date) -> int:
    """Point units still to be redeemed, halves rounded up."""
    told = told_of(p, on)
    return int(sum(lot.left * told.share_to_come(month(lot.day)) for lot in lots_in(p, on)) + 0.5)


def lot_redemption_rate(p: Programme, on: date) -> Fraction | None:
    mature = [lot for lot in lots_in(p, on) if told_of(p, on).mature(lot)]
    return ratio(redeemed(p, on, mature), issued(p, on, mature))


def ultimate_redemption_rate(p: Programme, on: date) -> Fraction | None:
    lots = lots_in(p, on)
    return ratio(redeemed(p, on, lots) + expected(p, on), issued(p, on, lots))


def breakage_rate(p: Programme, on: date) -> Fraction | None:
    rate = ultimate_redemption_rate(p, on)
    return None if rate is None else 1 - rate


def left(p: Programme, on: date) -> Fraction:
    return in_points(p, sum(lot.left for lot in lots_in(p, on)))


def in_points(p: Programme, units: int) -> Fraction:
    return Fraction(units, 10 ** p.document["point_decimals"])


def points_liability(p: Programme, on: date) -> Fraction | None:
    cost = Fraction(p.document["cost_per_point"])
    return in_points(p, expected(p, on)) * cost if cost else None


def points_breakage(p: Programme, on: date) -> Fraction | None:
    cost = Fraction(p.document["cost_per_point"])
    return (left(p, on) - in_points(p, expected(p, on))) * cost if cost else None


METRICS = {
    "lot_redemption_rate": lambda p, s: lot_redemption_rate(p, s.last),
    "ultimate_redemption_rate": lambda p, s: ultimate_redemption_rate(p, s.last),
    "breakage_rate": lambda p, s: breakage_rate(p, s.last),
    "points_ageing": lambda p, s: left(p, s.last),
    "points_to_expiry": lambda p, s: left(p, s.last),
    "points_expected": lambda p, s: in_points(p, expected(p, s.last)),
    "points_liability": lambda p, s: points_liability(p, s.last),
    "points_breakage": lambda p, s: points_breakage(p, s.last),
}
