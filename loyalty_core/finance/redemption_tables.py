"""The redemption of points for those who check the estimate: cohorts, triangle, factors, and the band.

Shares are fractions, points in points, money in currency units. The metrics of the same names are
these tables' sums (`loyalty_core.counting.finance_facts`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats
from loyalty_core.finance.development import Development, Triangle, development, promised, redemption_triangle
from loyalty_core.finance.point_worth import points_liability
from loyalty_core.finance.redemption_band import REPLICATIONS, Band, band, rate_band, simulated_ultimates
from loyalty_core.finance.redemption_error import redemption_error
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import lot_ledger
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionTables:
    """What the lots of a programme tell as of a day.

    `cohorts`: a row per earn month with issued, redeemed, expired, open, its age in whole months, the
    developed share, the ultimate rate by chain ladder, by Bornhuetter–Ferguson, and the one of the two
    that is used with its 95 % interval (nan where nothing tells it), and the liability. `triangle`: earn
    months × ages, redeemed share of the points issued, missing where the month is not over. `factors`:
    per age the development factor to the next and the developed share; the last factor is the tail. The
    bands hold the whole programme's ultimate rate and liability, nan without a generator or where the
    triangle shows no scatter.
    """

    cohorts: pd.DataFrame
    triangle: pd.DataFrame
    factors: pd.DataFrame
    ultimate_redemption_rate: Band
    points_liability: Band


def redemption_tables(
    history: History,
    programme: Programme,
    day: int,
    generator: np.random.Generator | None = None,
    replications: int = REPLICATIONS,
    level: float = 0.9,
) -> RedemptionTables:
    """The tables of the account points as of the close of `day`; the band by the generator's draws."""
    triangle = redemption_triangle(lot_ledger(history, day))
    found = promised(triangle)
    cost = float(programme.cost_per_point) / 10**programme.point_decimals
    runs = (
        np.full((1, len(triangle)), np.nan)
        if generator is None
        else simulated_ultimates(found, generator, replications)
    )
    issued, redeemed = triangle.issued, triangle.redeemed_so_far
    rates = np.divide(runs, issued, out=np.zeros_like(runs), where=issued > 0)
    return RedemptionTables(
        cohorts=_cohorts(found, 10**programme.point_decimals, cost),
        triangle=redeemed_shares(triangle),
        factors=link_ratios(found),
        ultimate_redemption_rate=rate_band(found, runs, level),
        points_liability=band(
            points_liability(issued, redeemed, found.cohort_rates, cost),
            points_liability(issued, redeemed, rates, cost),
            level,
        ),
    )


def _months(triangle: Triangle) -> pd.Index[pd.Period]:
    return pd.PeriodIndex(triangle.month_first.astype("datetime64[D]"), freq="M", name="earn_month")


def _cohorts(found: Development, point_units: int, cost_per_unit: float) -> pd.DataFrame:
    triangle = found.triangle
    chain, expected = development(triangle, young=0), development(triangle, young=np.inf)
    owed = np.maximum(found.ultimate - triangle.redeemed_so_far, 0) * cost_per_unit
    low, high = _ends(found)
    return pd.DataFrame(
        {
            "issued": triangle.issued / point_units,
            "redeemed": triangle.redeemed_so_far / point_units,
            "expired": triangle.expired / point_units,
            "open": triangle.open / point_units,
            "age": triangle.age,
            "developed": _at_age(found),
            "chain_ladder": chain.cohort_rates,
            "bornhuetter_ferguson": expected.cohort_rates,
            "young": found.young,
            "ultimate_redemption_rate": found.cohort_rates,
            "ultimate_redemption_rate_low": low,
            "ultimate_redemption_rate_high": high,
            "points_liability": owed,
        },
        index=_months(triangle),
    )


def _ends(found: Development) -> tuple[Floats, Floats]:
    """The ends of the interval of each cohort's ultimate rate."""
    triangle, error = found.triangle, redemption_error(found)
    nothing = np.full(len(triangle), np.nan)
    if error is None:
        return nothing, nothing
    so_far, issued = triangle.redeemed_so_far, triangle.issued
    low, high = (
        np.divide(so_far + end, issued, out=nothing.copy(), where=issued > 0)
        for end in error.interval(np.eye(len(triangle)))
    )
    return low, high


def _at_age(found: Development) -> Floats:
    age = found.triangle.age
    return np.where(age >= 0, found.developed[np.maximum(age, 0)], 0.0) if len(age) else np.zeros(0)


def redeemed_shares(triangle: Triangle) -> pd.DataFrame:
    """Earn months × ages: the redeemed share of the points issued, missing where the month is not over."""
    issued = triangle.issued[:, None].astype(float)
    share = np.divide(
        triangle.cumulative, issued, out=np.full(triangle.redeemed.shape, np.nan), where=issued > 0
    )
    ages = pd.RangeIndex(len(triangle), name="age")
    return pd.DataFrame(np.where(triangle.seen, share, np.nan), _months(triangle), ages)


def redeemed_at_once(triangle: Triangle, latest: int) -> float:
    """Of the points of the latest earn months (so many) that are over, the share that was redeemed in the
    month that they were earned in; nan where no points were issued in them."""
    over = np.flatnonzero(triangle.age[-latest:] >= 0)
    issued = triangle.issued[-latest:][over].sum()
    redeemed = triangle.redeemed[-latest:, :1][over].sum()
    return float(redeemed / issued) if issued else np.nan


def link_ratios(found: Development) -> pd.DataFrame:
    """By age the factor to the next and the developed share.

    Each factor is the next developed share over this; what comes after the last age is one over its own.
    """
    if not len(found.developed):
        return pd.DataFrame({"factor": [], "developed": []}, index=pd.RangeIndex(0, name="age"))
    last = int(found.triangle.age[0]) + 1
    shares = found.developed[:last]
    following = np.append(shares[1:], 1.0)
    factor = np.divide(following, shares, out=np.full(last, np.inf), where=shares > 0)
    return pd.DataFrame({"factor": factor, "developed": shares}, index=pd.RangeIndex(last, name="age"))
