"""How sure the ultimate redemption is: the triangle's own scatter, simulated forth and back.

The bootstrap of England and Verrall (1999, Insurance: Mathematics and Economics 25; 2002, British
Actuarial Journal 8) for over-dispersed Poisson increments: residuals of the fitted triangle are
dealt anew to give triangles that might have been, the development is estimated from each, and what
is to come is drawn around it. Young cohorts lean on a rate of all; how far they may lie from it is
dealt from the grown ones, else the band would be far too narrow where cohorts differ. What has been
redeemed is a fact: every run adds what is to come to the triangle's own last diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.finance.development import (
    YOUNG,
    Development,
    Triangle,
    developed_shares,
    rate_of_all,
    redemption_to_come,
    share_at,
    whole_months,
    within_reach,
)

REPLICATIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """The triangle as fitted, and how far the facts lie from it.

    `residuals` are Pearson's, (fact − fit) ÷ √fit, scaled for the parameters used up; `dispersion`
    is their variance, point units per point unit. `relative_rates` are the ultimate rates of the cohorts
    that are no longer young, over that of all of them: cohorts differ, and the young will too.
    """

    fitted: Floats
    residuals: Floats
    dispersion: float
    relative_rates: Floats


def scatter(found: Development) -> Scatter | None:
    """The scatter of a triangle around its development; None where it is too small to show any.

    Cells that are fitted exactly whatever they hold (the only cohort of an age, the only age of a
    cohort) tell nothing and are left out.
    """
    triangle, seen = found.triangle, found.triangle.seen
    fitted = fitted_increments(found)
    free = seen & (fitted > 0)
    parameters = int(free.any(axis=1).sum()) + int(free.any(axis=0).sum()) - 1
    spare = int(free.sum()) - parameters
    told = free & (free.sum(axis=0) > 1) & (free.sum(axis=1) > 1)[:, None]
    if spare <= 0 or not told.any():
        return None
    residuals = (triangle.redeemed[told] - fitted[told]) / np.sqrt(fitted[told])
    residuals = residuals * np.sqrt(free.sum() / spare)
    return Scatter(
        fitted=fitted,
        residuals=residuals,
        dispersion=float((residuals**2).sum() / free.sum()),
        relative_rates=relative_rates(found),
    )


def relative_rates(found: Development) -> Floats:
    """Each grown cohort's ultimate rate over that of all of them; 1 alone where fewer than two tell."""
    issued = found.triangle.issued
    grown = ~found.young & (issued > 0)
    redeemed = found.ultimate[grown].sum()
    if grown.sum() < 2 or redeemed <= 0:
        return np.ones(1)
    return np.asarray(found.cohort_rates[grown] * issued[grown].sum() / redeemed)


def fitted_increments(found: Development) -> Floats:
    """What the developed shares say each seen cell held, given what each cohort has redeemed."""
    triangle, shares = found.triangle, found.developed
    at = share_at(shares, triangle.age)
    redeemed = whole_months(triangle, triangle.redeemed)
    whole = np.divide(redeemed, at, out=np.zeros(len(triangle)), where=at > 0)
    return np.where(triangle.seen, whole[:, None] * np.diff(shares, prepend=0.0), 0.0)


def simulated_ultimates(
    found: Development,
    generator: np.random.Generator,
    replications: int = REPLICATIONS,
    expected_rate: float | None = None,
    young: float = YOUNG,
) -> Floats:
    """What may end redeemed of each cohort, replications × n; nan where the triangle shows no scatter.

    `expected_rate` and `young` as `development` had them.
    """
    around = scatter(found)
    if around is None:
        return np.full((replications, len(found.triangle)), np.nan)
    runs = [_run(found.triangle, around, generator, expected_rate, young) for _ in range(replications)]
    return np.array(runs)


def _run(
    triangle: Triangle, around: Scatter, generator: np.random.Generator, rate: float | None, young: float
) -> Floats:
    dealt = generator.choice(around.residuals, size=around.fitted.shape)
    # Points are not redeemed backwards.
    might_have_been = np.maximum(around.fitted + dealt * np.sqrt(around.fitted), 0)
    redeemed = whole_months(triangle, might_have_been)
    shares = developed_shares(np.cumsum(might_have_been, axis=1), triangle)
    developed = share_at(shares, triangle.age)
    if rate is None:
        rate = rate_of_all(triangle, redeemed, developed)
    rates = np.minimum(rate * generator.choice(around.relative_rates, size=len(triangle)), 1)
    mean = redemption_to_come(triangle, redeemed, developed, rates, young)
    drawn = mean
    if around.dispersion > 0:  # mean as expected, variance dispersion × mean
        drawn = generator.standard_gamma(mean / around.dispersion) * around.dispersion
    return within_reach(triangle, whole_months(triangle, triangle.redeemed) + drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """An estimate between the quantiles that a share `level` of the simulated values lies within."""

    low: Floats
    estimate: Floats
    high: Floats
    level: float


def band(estimate: float | Floats, simulated: Floats, level: float = 0.9) -> Band:
    """The band of a number from its simulated values (replications first); nan where those are."""
    low, high = np.quantile(simulated, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(low=low, estimate=np.asarray(estimate), high=high, level=level)


def rate_band(found: Development, simulated: Floats, level: float = 0.9) -> Band:
    """The band of the ultimate redemption rate of all points issued."""
    issued = max(float(found.triangle.issued.sum()), 1.0)
    return band(found.ultimate_redemption_rate, simulated.sum(axis=1) / issued, level)
