"""Purchasing and spending read off a programme's own past, by maximum likelihood.

Where the past tells too little the default stands, and says so.

BG/NBD: Fader, Hardie, Lee 2005, Marketing Science 24(2), eq. 6. Gamma-Gamma: Fader, Hardie 2013.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from simulation.behaviour import Behaviour, Purchasing, Spending, Status
from simulation.population import Population
from simulation.streams import Floats

FEWEST_REPEATERS = 50  # below, four parameters are not told apart
LARGE = 5_000


@dataclass(frozen=True, slots=True)
class Fit:
    """Maximum likelihood estimates in the order of the model's parameters."""

    parameters: tuple[float, ...]
    log_likelihood: float
    converged: bool


def bg_nbd(x: Floats, tx: Floats, age: Floats) -> Fit:
    """r, α, a, b from repeat purchases, recency and age in weeks."""
    if len(x) > LARGE:  # whole weeks then tell as much, and members who are alike are counted once
        tx, age = np.round(tx), np.round(age)
    rows, weight = np.unique(np.column_stack([x, tx, age]), axis=0, return_counts=True)
    x, tx, age = rows.T
    # Gamma functions are slow and depend on x alone, which takes few values.
    count, at = np.unique(x, return_inverse=True)

    def log_likelihood(r: float, alpha: float, a: float, b: float) -> Floats:
        common = gammaln(r + count) - gammaln(r) + r * np.log(alpha)
        stays = common + betaln(a, b + count) - betaln(a, b)
        leaves = common + betaln(a + 1, b + np.maximum(count, 1) - 1) - betaln(a, b)
        alive = stays[at] - (r + x) * np.log(alpha + age)
        gone = leaves[at] - (r + x) * np.log(alpha + tx)
        total: Floats = np.where(x > 0, np.logaddexp(alive, gone), alive)
        return total

    usual_age = max(float(np.average(age, weights=weight)), 2.0)
    return _fitted(log_likelihood, weight, start=(0.5, usual_age / 4, 1, 2))


def gamma_gamma(x: Floats, mean: Floats) -> Fit:
    """p, q, v from the number of repeat purchase days and their mean amount, buyers with repeats only."""
    count, at = np.unique(x, return_inverse=True)
    log_mean, total_spent = np.log(mean), x * mean

    def log_likelihood(p: float, q: float, v: float) -> Floats:
        shape = p * count
        common = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(count)
        total: Floats = common[at] + (p * x - 1) * log_mean - (p * x + q) * np.log(v + total_spent)
        return total

    return _fitted(log_likelihood, np.ones(len(x)), start=(2, 3, float(mean.mean())))


def calibrated(population: Population, default: Behaviour) -> Behaviour:
    """`default` with purchasing and spending fitted to the population's past where it tells enough.

    What cannot be fitted is scaled to the data's own level where there is one, and stays an assumption.
    """
    return default.model_copy(
        update={"purchasing": _purchasing(population, default), "spending": _spending(population, default)}
    )


def _purchasing(population: Population, default: Behaviour) -> Purchasing:
    seen = population.age > 0
    if (population.repeats[seen] > 0).sum() < FEWEST_REPEATERS:
        return _at_the_level_of(
            population, default, f"fewer than {FEWEST_REPEATERS} members have bought again"
        )
    fit = bg_nbd(population.repeats[seen], population.recency[seen], population.age[seen])
    if not fit.converged:
        return _at_the_level_of(population, default, "the past does not tell the model's parameters apart")
    r, alpha, a, b = fit.parameters
    source = f"BG/NBD by maximum likelihood on {seen.sum():,} members"
    return Purchasing(r=r, alpha=alpha, a=a, b=b, status=Status.CALIBRATED, source=source)


def _at_the_level_of(population: Population, default: Behaviour, why: str) -> Purchasing:
    """The default's spread and drop-out with the mean rate that the past shows."""
    repeats, weeks = float(population.repeats.sum()), float(population.age.sum())
    if not repeats or not weeks:
        return default.purchasing.model_copy(update={"source": f"default: {why}"})
    alpha = default.purchasing.r * weeks / repeats
    return default.purchasing.model_copy(
        update={"alpha": alpha, "source": f"the data's mean rate, the default's spread and drop-out: {why}"}
    )


def _spending(population: Population, default: Behaviour) -> Spending:
    paid = (population.repeats > 0) & (population.spent > 0)
    if not paid.any():
        return default.spending.model_copy(update={"source": "default: no repeat purchase has an amount"})
    x, mean = population.repeats[paid], population.spent[paid] / population.repeats[paid]
    if paid.sum() >= FEWEST_REPEATERS:
        fit = gamma_gamma(x, mean)
        p, q, v = fit.parameters
        if fit.converged and q > 1:
            source = f"Gamma-Gamma by maximum likelihood on {paid.sum():,} members"
            return Spending(p=p, q=q, v=v, status=Status.CALIBRATED, source=source)
    level = float(np.average(mean, weights=x))
    spread = default.spending
    return spread.model_copy(
        update={
            "v": level * (spread.q - 1) / spread.p,
            "source": "the data's mean amount, the default's spread",
        }
    )


def _fitted(model: Callable[..., Floats], weight: npt.NDArray[np.number], start: tuple[float, ...]) -> Fit:
    """The maximum over positive parameters, searched on their logarithms."""

    size = float(weight.sum())

    def loss(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            value = -float(np.dot(weight, model(*np.exp(logs)))) / size
        return value if np.isfinite(value) else 1e12

    bounds = [(-12.0, 12.0)] * len(start)
    found = minimize(
        loss, np.log(start), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-7}
    )
    inside = bool(np.all(np.abs(found.x) < 11.5))
    settled = bool(np.max(np.abs(found.jac)) < 1e-4)
    return Fit(tuple(float(v) for v in np.exp(found.x)), -float(found.fun) * size, settled and inside)
