"""The customer-base models by key, and their fits."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.bg_nbd import BgNbd, MbgNbd
from loyalty_core.customers.fitting import Fit, fitted
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.nbd import Nbd
from loyalty_core.customers.pareto_nbd import ParetoNbd
from loyalty_core.customers.pasts import Pasts, Spends


class PurchaseModel(Protocol):
    """How often members buy and when they leave; a value is one choice of its parameters.

    x repeats, the last at age tx, seen until age T, all in weeks.
    """

    KEY: ClassVar[str]
    NAME: ClassVar[str]

    def __init__(self, *parameters: float) -> None: ...

    @classmethod
    def starts(cls, past: Pasts) -> list[tuple[float, ...]]: ...

    def log_likelihood(self, past: Pasts) -> Floats: ...

    def alive(self, x: Floats, tx: Floats, age: Floats) -> Floats: ...

    def expected(self, weeks: Floats) -> Floats: ...

    def coming(self, x: Floats, tx: Floats, age: Floats, weeks: float) -> Floats: ...


PURCHASE_MODELS: dict[str, type[PurchaseModel]] = {
    model.KEY: model for model in (BgNbd, MbgNbd, ParetoNbd, Nbd)
}


def purchases_fitted(model: type[PurchaseModel], past: Pasts) -> Fit:
    """The most likely parameters of a purchase model."""
    return fitted(lambda values: model(*values).log_likelihood(past), past.weight, model.starts(past))


def spending_fitted(past: Spends) -> Fit:
    """The most likely parameters of Gamma-Gamma; buyers with paid repeats only.

    Searched with the mean amount as the unit, so that a currency of many or few zeros makes no difference.
    """
    unit = float(np.average(past.mean, weights=past.weight))
    scaled = Spends(past.x, past.mean / unit, past.weight)
    starts = GammaGamma.starts(scaled)
    fit = fitted(lambda values: GammaGamma(*values).log_likelihood(scaled), scaled.weight, starts)
    p, q, v = fit.parameters
    log_likelihood = fit.log_likelihood - float(np.log(unit)) * past.members
    return replace(fit, parameters=(p, q, v * unit), log_likelihood=log_likelihood)
