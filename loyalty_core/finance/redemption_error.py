"""How sure the ultimate redemption is, in closed form: no draws, so that every figure can carry its interval.

Mack's standard error of chain ladder (1993, ASTIN Bulletin 23), which supposes no distribution: chance
in what each cohort is still to redeem, and the error of the development factors, which cohorts share.
What comes after the oldest cohort's age is one more step. A young cohort leans on the rate of all: its
own rate may lie as far from that as those of the grown ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.finance.development import Development, share_at, whole_months
from loyalty_core.finance.redemption_band import relative_rates
from loyalty_core.intervals import Z_95


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionError:
    """Of n cohorts what is still to be redeemed, and its variance; point units, squared.

    `by_chance` is each cohort's own, `shared` (n × n) what the estimate of one has in common with another.
    """

    to_come: Floats
    open: Floats
    by_chance: Floats
    shared: Floats

    def standard_error(self, parts: Floats) -> Floats:
        """Of the sum of those parts of the cohorts (… × n, fractions of their open points)."""
        together = (parts @ self.shared * parts).sum(axis=-1)
        return np.asarray(np.sqrt(together + parts @ self.by_chance))

    def interval(self, parts: Floats) -> tuple[Floats, Floats]:
        """Low and high end of the 95 % interval of what is still to be redeemed of those parts.

        Log-normal, as Mack proposes, and never more than what is open.
        """
        mean, error = parts @ self.to_come, self.standard_error(parts)
        relative = np.divide(error, mean, out=np.zeros_like(error), where=mean > 0)
        spread = np.sqrt(np.log1p(relative**2))
        low, high = (mean * np.exp(sign * Z_95 * spread - spread**2 / 2) for sign in (-1, 1))
        return np.minimum(low, mean), np.clip(high, mean, np.maximum(parts @ self.open, mean))


def redemption_error(found: Development) -> RedemptionError | None:
    """The error of a development; None where the triangle is too small to show any scatter.

    That of young cohorts shows in the grown ones, of which it takes two.
    """
    triangle = found.triangle
    if not len(triangle) or not triangle.redeemed.any():
        return None
    scatter, rates = _scatter(found), relative_rates(found)
    if scatter is None or (len(rates) < 2 and (triangle.issued[found.young] > 0).any()):
        return None
    by_path, by_factor = scatter
    developed = share_at(found.developed, triangle.age)
    rate, issued = found.expected_rate, triangle.issued.astype(float)
    redeemed = whole_months(triangle, triangle.redeemed)
    grown = np.divide(redeemed, developed, out=np.zeros_like(redeemed), where=~found.young & (developed > 0))
    whole = np.where(found.young, issued * rate, grown)
    leaning = np.where(found.young, issued * (1 - developed), 0.0)
    apart = rate * np.std(rates, ddof=1) if len(rates) > 1 else 0.0
    at = np.maximum(triangle.age, 0)
    moved = np.where(found.young, whole * developed, whole)
    older = np.maximum(at[:, None], at)
    chance = whole * by_path[at] + (leaning * apart) ** 2
    shared = np.outer(moved, moved) * by_factor[older]
    shared += np.outer(leaning, leaning) * apart**2 / len(rates)
    # Whatever lies between nothing and what is open has no larger standard deviation than half of that.
    error = np.sqrt(chance + np.diag(shared))
    least = np.divide(triangle.open / 2, error, out=np.ones_like(error), where=error > 0)
    held = np.minimum(least, 1)
    return RedemptionError(
        to_come=found.ultimate - triangle.redeemed_so_far,
        open=triangle.open.astype(float),
        by_chance=chance * held**2,
        shared=shared * np.outer(held, held),
    )


def _scatter(found: Development) -> tuple[Floats, Floats] | None:
    """From each age on, the variance that is to come: of one cohort per point of its ultimate redemption,
    and of the factors' logarithms, which all cohorts share.

    σ²_k of the step from age k to the next, the tail being the last one; Σ σ²_k ÷ f²_k over the developed
    share, and over what was seen at that age.
    """
    triangle, last = found.triangle, int(found.triangle.age[0])
    if last < 1:
        return None
    variance, seen = step_variances(found)
    shares = np.append(found.developed[: last + 1], 1.0)
    factors = np.divide(shares[1:], shares[:-1], out=np.full(last + 1, np.inf), where=shares[:-1] > 0)
    moving = np.isfinite(factors) & (factors > 1)
    if np.isnan(variance[moving]).any() or np.isnan(variance).all():
        return None
    told = np.where(moving, variance / factors**2, 0.0)
    paths = np.divide(told, shares[:-1], out=np.zeros_like(told), where=shares[:-1] > 0)
    shared = np.divide(told, seen, out=np.zeros_like(told), where=seen > 0)
    rest = np.zeros(max(len(triangle) - last - 1, 0))
    by_path, by_factor = (np.append(np.cumsum(one[::-1])[::-1], rest) for one in (paths, shared))
    return by_path, by_factor


def step_variances(found: Development) -> tuple[Floats, Floats]:
    """Mack's σ²_k of each step of age, the tail the last, and the points seen at the beginning of each.

    Σ C_k (C_{k+1} ÷ C_k − f_k)² ÷ (cohorts − 1); where only one cohort has gone a step, as little as the
    two steps before it let expect: min(σ⁴_{k−1} ÷ σ²_{k−2}, σ²_{k−2}, σ²_{k−1}).
    """
    triangle, last = found.triangle, int(found.triangle.age[0])
    total = triangle.cumulative.astype(float)
    variance, seen = np.full(last + 1, np.nan), np.zeros(last + 1)
    for k in range(last):
        both = triangle.seen[:, k + 1] & (total[:, k] > 0)
        seen[k] = total[both, k].sum()
        if both.sum() > 1:
            ratio = total[both, k + 1] / total[both, k]
            factor = total[both, k + 1].sum() / seen[k]
            variance[k] = (total[both, k] * (ratio - factor) ** 2).sum() / (both.sum() - 1)
    seen[last] = total[0, last]
    for alone in np.flatnonzero(np.isnan(variance)):
        before = variance[max(alone - 2, 0) : alone]
        if len(before) == 2 and before[0] > 0:
            before = np.append(before, before[1] ** 2 / before[0])
        variance[alone] = before.min() if len(before) else np.nan
    return variance, seen
