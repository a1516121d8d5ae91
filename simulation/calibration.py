"""Purchasing and spending read off a programme's own past, by maximum likelihood.

Where the past tells too little the default stands, and says so.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.fitting import FEWEST_REPEATERS
from loyalty_core.customers.models import purchases_fitted, spending_fitted
from loyalty_core.customers.pasts import pasts, spends
from simulation.behaviour import Behaviour, Purchasing, Spending
from simulation.evidence import Status
from simulation.population import Population


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
    past = pasts(population.repeats[seen], population.recency[seen], population.age[seen])
    fit = purchases_fitted(BgNbd, past)
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
        fit = spending_fitted(spends(x, mean))
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
