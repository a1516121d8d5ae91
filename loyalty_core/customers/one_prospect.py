"""What the customer-base models, fitted to all members, promise of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.customers.fitting import Fit
from loyalty_core.customers.pasts import Rhythm, alike
from loyalty_core.customers.prospects import Buying, Prospects

_PARTS = 1000  # expectations are told in thousandths


@dataclass(frozen=True, slots=True)
class Fits:
    """The fits of all members at a close; None where the past tells too little."""

    buying: Buying | None
    spending: Fit | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """The probability that the member is still there, and by days ahead the purchase days expected and what
    is spent on them in currency units (None where unknown): mean, low and high end of the 95 % interval."""

    alive: float
    purchases: Mapping[int, tuple[float, float, float]]
    spend: Mapping[int, tuple[float, float, float] | None]


def prospect_of(past: Rhythm, fits: Fits, days: Sequence[int]) -> Prospect | None:
    """The prospect of the one member whose past that is; None where no model is told."""
    if fits.buying is None:
        return None
    found, at = alike(past.repeats, past.recency, past.age)
    one = Prospects(found, at, past.spent, fits.buying, fits.spending)
    held, _ = one.held(np.zeros(1, np.int64))
    purchases, spend = {}, {}
    for ahead in days:
        bought, spent = one.purchases(held, ahead), one.spend(held, ahead)
        assert bought is not None  # there is a fit
        purchases[ahead] = _ends(bought.total(np.zeros(1, np.int64), 1, _PARTS))
        spend[ahead] = None if spent is None else _ends(spent.total(np.zeros(1, np.int64), 1, _PARTS))
    model = fits.buying.model(*fits.buying.fit.parameters)
    alive = float(model.alive(past.repeats, past.recency, past.age)[0])
    return Prospect(alive, purchases, spend)


def _ends(told: Sequence[np.ndarray]) -> tuple[float, float, float]:
    mean, low, high = (float(one[0]) / _PARTS for one in told)
    return mean, low, high
