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


@dataclass(frozen=True, slots=True)
class Fit:
    """Maximum likelihood estimates in the order of the model's parameters."""

    parameters: tuple[float, ...]
    log_likelihood: float
    converged: bool


def bg_nbd(x: Floats, tx: Floats, age: Floats) -> Fit:
    """r, α, a, b from repeat purchases, recency and age in weeks."""
    rows, weight = np.unique(np.column_stack([x, tx, age]), axis=0, return_counts=True)
    x, tx, age = rows.T

    def log_likelihood(r: float, alpha: float, a: float, b: float) -> Floats:
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
        leaves = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
        total: Floats = common + np.where(x > 0, np.logaddexp(stays, leaves), stays)
        return total

    return _fitted(
        log_likelihood, weight, start=(0.5, max(float(np.average(age, weights=weight)) / 4, 0.5), 1, 2)
    )


def gamma_gamma(x: Floats, mean: Floats) -> Fit:
    """p, q, v from the number of repeat purchase days and their mean amount, buyers with repeats only."""

    def log_likelihood(p: float, q: float, v: float) -> Floats:
        total: Floats = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        total += (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(v + x * mean)
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
        return default.purchasing.model_copy(
            update={"source": f"default: fewer than {FEWEST_REPEATERS} members have bought again"}
        )
    fit = bg_nbd(population.repeats[seen], population.recency[seen], population.age[seen])
    if not fit.converged:
        return default.purchasing.model_copy(update={"source": "default: the fit did not settle"})
    r, alpha, a, b = fit.parameters
    source = f"BG/NBD by maximum likelihood on {seen.sum():,} members"
    return Purchasing(r=r, alpha=alpha, a=a, b=b, status=Status.CALIBRATED, source=source)


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

    def loss(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            value = -float(np.dot(weight, model(*np.exp(logs))))
        return value if np.isfinite(value) else 1e30

    bounds = [(-12.0, 12.0)] * len(start)
    found = minimize(
        loss,
        np.log(start),
        method="Nelder-Mead",
        bounds=bounds,
        options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-6},
    )
    inside = bool(np.all(np.abs(found.x) < 11.5))
    return Fit(tuple(float(v) for v in np.exp(found.x)), -float(found.fun), bool(found.success) and inside)
