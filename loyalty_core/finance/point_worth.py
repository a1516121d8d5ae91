"""What points are worth and owe: liability, ageing, the redemption of lots, the lift that pays.

Points are in point units, money in whatever unit the cost per point unit has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.days import NEVER, add_months
from loyalty_core.points.lot_ledger import LotLedger

AGE_MONTHS = (3, 6, 12, 24)  # a lot of exactly so many months belongs to the older group
MATURE_MONTHS = 12


def points_liability(
    issued: npt.ArrayLike, redeemed: npt.ArrayLike, rate: npt.ArrayLike, cost_per_point: float
) -> Floats:
    """Σ over cohorts of issued × max(ultimate redemption rate − redeemed share, 0) × cost per point.

    `rate` is one for all or one per cohort. Cohorts lie along the last axis, so that simulated rates
    (replications × cohorts) give a liability each. A cohort that issued nothing owes nothing.
    """
    issued = np.asarray(issued, float)
    expected = np.where(issued > 0, issued * np.asarray(rate, float), 0.0)
    owing = np.maximum(expected - np.asarray(redeemed, float), 0.0)
    return np.asarray(owing.sum(axis=-1) * cost_per_point)


def lot_redemption_rate(ledger: LotLedger) -> float:
    """Share redeemed of the points whose lots are older than 12 months or past their expiry.

    Younger lots would still gain, and to count only those spent already would flatter. nan where no
    lot is that far.
    """
    mature = mature_lots(ledger)
    issued = int(ledger.issued[mature].sum())
    return int(ledger.redeemed[mature].sum()) / issued if issued else float("nan")


def mature_lots(ledger: LotLedger) -> Flags:
    """The lots that are older than 12 months or past their expiry."""
    old: Flags = ledger.lot_day <= _begin_of(MATURE_MONTHS, ledger.day - 1)
    return old | (ledger.lot_expires_on <= ledger.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """Points that lots still hold, in point units, in two ways that each add up to all of them.

    `by_age`: lots aged 0–3, 3–6, 6–12, 12–24 and more than 24 months. `by_expiry`: past their expiry
    and still there, then by months to expiry as above, then those that stay. `owed` is what members
    owe; points_outstanding = the sum of either − owed.
    """

    by_age: Ints
    by_expiry: Ints
    owed: int


def points_ageing(ledger: LotLedger) -> Ageing:
    """The points outstanding at the close of the ledger's day, by age of lot and by time to expiry."""
    return Ageing(
        by_age=_total(ledger.left, age_groups(ledger), len(AGE_MONTHS) + 1),
        by_expiry=_total(ledger.left, expiry_groups(ledger), len(AGE_MONTHS) + 3),
        owed=int(ledger.owed.sum()),
    )


def age_groups(ledger: LotLedger) -> Ints:
    """Where each lot stands in `Ageing.by_age`."""
    return _reached(ledger.lot_day <= _begin_of(months, ledger.day) for months in AGE_MONTHS)


def expiry_groups(ledger: LotLedger) -> Ints:
    """Where each lot stands in `Ageing.by_expiry`."""
    day, gone = np.array([ledger.day]), ledger.lot_expires_on
    ahead = _reached(gone >= add_months(day, months) for months in AGE_MONTHS)
    return np.where(gone == NEVER, len(AGE_MONTHS) + 2, np.where(gone <= ledger.day, 0, ahead + 1))


def _begin_of(months: int, day: int) -> int:
    """The last day since which, on `day`, those months have passed."""
    days = np.arange(day - 31 * months - 1, day)
    return int(days[add_months(days, months) <= day].max())


def _reached(steps: Iterable[Flags]) -> Ints:
    """How many of the steps each lot has reached."""
    return np.asarray(np.sum(list(steps), axis=0, dtype=np.int64))


def _total(points: Ints, group: Ints, groups: int) -> Ints:
    total = np.zeros(groups, np.int64)
    np.add.at(total, group, points)
    return total


def break_even_lift(
    reward_rate: float,
    redeemed_share: float,
    cost_share: float,
    margin: float,
    fixed_cost: float = 0.0,
    baseline_sales: float = 1.0,
) -> float:
    """g* = (ρ·u·c + F ÷ S) ÷ (m − ρ·u·c): the rise in sales at which a programme pays for itself.

    Face value of points per unit of sales, the share of it redeemed, what a unit of face value costs,
    the margin before rewards; fixed cost and sales without the programme over the same time, in the
    same money. All sales earn, the rise included. Infinite where rewards eat the whole margin.
    """
    rewards = reward_rate * redeemed_share * cost_share
    if rewards >= margin:
        return float("inf")
    return (rewards + fixed_cost / baseline_sales) / (margin - rewards)
