"""How redemption develops: earn-month cohorts by age, and what share of their points ends redeemed.

Methods of claims reserving, with points redeemed in the place of claims paid: chain ladder (Mack
1993, ASTIN Bulletin 23), Bornhuetter and Ferguson (1972, PCAS 59) for young cohorts, with the
expected share of all cohorts together (Cape Cod; Bühlmann and Straub 1983). A band around them is
in `loyalty_core.finance.redemption_band`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.points.lot_ledger import LotLedger

YOUNG = 0.5  # cohorts whose redemption has developed less than this lean on what all cohorts do
SMALLEST_SHARE = 1e-9  # no share that small can be divided by
TAIL_MONTHS = 600  # how far redemption is followed beyond the oldest cohort's age
TAIL_FACTORS = 3  # fewer development factors do not tell how fast redemption dies down


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """n earn-month cohorts, oldest first, by n ages in calendar months; point units.

    `redeemed[i, j]` were redeemed of cohort i in the j-th month after the month it was earned in, 0
    where that month is yet to come. Per cohort issued = redeemed + expired + open. `closed` tells
    whether the as-of day ends its month: a month that is still running counts towards what has been
    redeemed, but says nothing about how redemption develops.
    """

    month_first: Ints  # first day of each cohort's month
    issued: Ints  # without what was clawed back, adjusted or transferred away
    expired: Ints
    open: Ints
    redeemed: Ints
    closed: bool

    def __len__(self) -> int:
        return len(self.issued)

    @property
    def cumulative(self) -> Ints:
        """Redeemed up to each age; beyond the last diagonal it stays at what is redeemed so far."""
        total: Ints = np.cumsum(self.redeemed, axis=1)
        return total

    @property
    def redeemed_so_far(self) -> Ints:
        """The last diagonal: what has been redeemed of each cohort as of the day."""
        total: Ints = self.redeemed.sum(axis=1)
        return total

    @property
    def age(self) -> Ints:
        """The last whole month seen of each cohort, -1 where its first is still running."""
        return np.arange(len(self))[::-1] - (0 if self.closed else 1)

    @property
    def seen(self) -> Flags:
        """True for the cells (cohort, age) whose month is over."""
        flags: Flags = np.arange(len(self)) <= self.age[:, None]
        return flags


def redemption_triangle(ledger: LotLedger) -> Triangle:
    """The triangle of a ledger matched lot by lot, oldest expiry first.

    Every entry that brings points founds or joins a cohort, in the month in which they take effect;
    points that pay a debt are redeemed in the month in which they pay it.
    """
    if not len(ledger.lot_day):
        none = np.zeros(0, np.int64)
        return Triangle(
            month_first=none, issued=none, expired=none, open=none, redeemed=none.reshape(0, 0), closed=True
        )
    begin = int(ledger.lot_day.min())
    month_of = _months(begin, ledger.day + 1)  # days are few, lots are many
    first, last = int(month_of[0]), int(month_of[-2])
    n, cohort = last - first + 1, month_of[ledger.lot_day - begin] - first

    def by_cohort(points: Ints) -> Ints:
        total = np.zeros(n, np.int64)
        np.add.at(total, cohort, points)
        return total

    uses, redeemed = ledger.redeeming, np.zeros((n, n), np.int64)
    lot = ledger.use_lot[uses]
    age = month_of[ledger.use_day[uses] - begin] - first - cohort[lot]
    np.add.at(redeemed, (cohort[lot], age), ledger.use_points[uses])
    return Triangle(
        month_first=np.arange(first, last + 1)
        .astype("datetime64[M]")
        .astype("datetime64[D]")
        .astype(np.int64),
        issued=by_cohort(ledger.issued),
        expired=by_cohort(ledger.expired),
        open=by_cohort(ledger.left),
        redeemed=redeemed,
        closed=int(month_of[-1]) > last,
    )


def _months(first: int, last: int) -> Ints:
    """Months since January 1970 of the days from first to last, both included."""
    days = np.arange(first, last + 1).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)


def development_factors(cumulative: Floats | Ints, seen: Flags) -> Floats:
    """f_j = ΣC_{j+1} ÷ ΣC_j over the cohorts seen at both ages, for each age but the last.

    1 where nothing was redeemed by either age, infinite where the first redemptions came after j.
    """
    both = seen[:, 1:]
    later = np.where(both, cumulative[:, 1:], 0).sum(axis=0, dtype=float)
    sooner = np.where(both, cumulative[:, :-1], 0).sum(axis=0, dtype=float)
    first = np.where(later > 0, np.inf, 1.0)
    factors: Floats = np.divide(later, sooner, out=first, where=sooner > 0)
    return factors


def tail_factor(factors: Floats, most: float) -> float:
    """What still comes after the last age: factors die down exponentially, as those seen do.

    ln(f_j − 1) is taken as a line in j (Boor 2006, CAS Forum, "exponential decay"). Never more than
    `most`, which is what the oldest cohort has left to redeem; and all of that where the factors do
    not tell, since breakage is recognised only on evidence (IFRS 15 B46, on constraining it).
    """
    ages = np.flatnonzero(np.isfinite(factors) & (factors > 1))
    if most <= 1 or len(ages) < TAIL_FACTORS:
        return most
    slope, level = np.polyfit(ages, np.log(factors[ages] - 1), 1)
    if slope >= 0:
        return most
    beyond = np.arange(len(factors), len(factors) + TAIL_MONTHS)
    return min(float(np.prod(1 + np.exp(level + slope * beyond))), most)


def developed_shares(cumulative: Floats | Ints, triangle: Triangle) -> Floats:
    """Share of what will ever be redeemed that is redeemed by each age, one over the factors to come.

    `cumulative` is the triangle's own, or one like it that was simulated.
    """
    factors = development_factors(cumulative, triangle.seen)
    redeemed, left = float(cumulative[0, triangle.age[0]]), float(triangle.open[0])
    most = (redeemed + left) / redeemed if redeemed > 0 else np.inf if left > 0 else 1.0
    last = int(triangle.age[0])
    tail = tail_factor(factors[:last], most)
    to_come = np.append(factors, 1.0)
    to_come[last] = tail
    return np.asarray(np.cumprod(1 / to_come[::-1])[::-1], np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """What the triangle says will end redeemed of each cohort, in point units."""

    triangle: Triangle
    developed: Floats  # share of all redemption that has come by each age
    expected_rate: float  # of issued points, over all cohorts: what young cohorts lean on
    young: Flags  # by Bornhuetter–Ferguson, the others by chain ladder
    ultimate: Floats

    @property
    def cohort_rates(self) -> Floats:
        """The ultimate redemption rate of each cohort; nan where nothing was issued."""
        return _ratio(self.ultimate, self.triangle.issued.astype(float))

    @property
    def ultimate_redemption_rate(self) -> float:
        """Of all points issued; nan where there are none."""
        return float(_ratio(self.ultimate.sum(), self.triangle.issued.sum(dtype=float)))

    @property
    def breakage_rate(self) -> float:
        """The share that will never be redeemed."""
        return 1 - self.ultimate_redemption_rate


def development(triangle: Triangle, expected_rate: float | None = None, young: float = YOUNG) -> Development:
    """The ultimate redemption of each cohort.

    Cohorts that have developed at least the share `young` are taken to their end by the factors; the
    others add to what they have redeemed the rest of `expected_rate`, if not given that of all
    cohorts. Every estimate lies between what is redeemed and that plus what is still open.
    """
    if not len(triangle):
        nothing = np.zeros(0)
        return Development(
            triangle=triangle,
            developed=nothing,
            expected_rate=np.nan,
            young=nothing.astype(bool),
            ultimate=nothing,
        )
    shares = developed_shares(triangle.cumulative, triangle)
    developed = share_at(shares, triangle.age)
    redeemed = whole_months(triangle, triangle.redeemed)
    rate = rate_of_all(triangle, redeemed, developed) if expected_rate is None else expected_rate
    to_come = redemption_to_come(triangle, redeemed, developed, rate, young)
    return Development(
        triangle=triangle,
        developed=shares,
        expected_rate=rate,
        young=developed < young,
        ultimate=within_reach(triangle, redeemed + to_come),
    )


def promised(triangle: Triangle) -> Development:
    """The development that finance goes by: while nobody has redeemed, all open points will be.

    A ledger derived from purchases holds no redemption, so that its silence is no evidence.
    """
    found = development(triangle)
    if triangle.redeemed.any() or not len(triangle):
        return found
    none, ultimate = np.zeros(len(triangle)), triangle.open.astype(float)
    return replace(found, developed=none, young=none == 0, expected_rate=1.0, ultimate=ultimate)


def share_at(shares: Floats, age: Ints) -> Floats:
    """The developed share of cohorts of those ages, 0 before the first month is over."""
    return np.where(age >= 0, shares[np.maximum(age, 0)], 0.0)


def whole_months(triangle: Triangle, increments: Floats | Ints) -> Floats:
    """Redeemed of each cohort by the end of the last month that is over, of these increments."""
    total: Floats = np.where(triangle.seen, increments, 0).sum(axis=1, dtype=float)
    return total


def rate_of_all(triangle: Triangle, redeemed: Floats, developed: Floats) -> float:
    """Redeemed of all cohorts ÷ points issued × developed share (Cape Cod), at most 1; 1 if untold."""
    used_up = float((triangle.issued * developed).sum())
    return min(float(redeemed.sum()) / used_up, 1.0) if used_up > 0 else 1.0


def redemption_to_come(
    triangle: Triangle, redeemed: Floats, developed: Floats, rate: float | Floats, young: float
) -> Floats:
    """What each cohort is expected to redeem after the last whole month, in point units.

    `redeemed` by its end; by the factors where the cohort is no longer young, else by the rate.
    """
    old = developed >= max(young, SMALLEST_SHARE)
    by_factor = np.divide(redeemed, developed, out=np.zeros(len(triangle)), where=old) - redeemed
    return np.where(old, by_factor, triangle.issued * rate * (1 - developed))


def within_reach(triangle: Triangle, ultimate: Floats) -> Floats:
    """No less than what is redeemed, and no more than that and what is open."""
    redeemed = triangle.redeemed_so_far
    return np.clip(ultimate, redeemed, redeemed + triangle.open)


def _ratio(top: Floats | np.floating, bottom: Floats | np.floating) -> Floats:
    ratio = np.full(np.shape(bottom), np.nan)
    return np.divide(top, bottom, out=ratio, where=np.asarray(bottom) > 0)
