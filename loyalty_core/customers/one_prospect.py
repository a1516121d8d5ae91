"""What the customer-base models, fitted to all members, promise of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.equal_leaving import EqualLeaving
from loyalty_core.customers.fitting import Fit
from loyalty_core.customers.pasts import DAYS_A_WEEK, Rhythm, alike
from loyalty_core.customers.prospects import Buying, Prospects

_PARTS = 1000  # expectations are told in thousandths
WAIT_SHARES = (0.1, 0.5, 0.9)  # of members like this one: by when so many buy next


@dataclass(frozen=True, slots=True)
class Fits:
    """The fits of all members at a close; None where the past tells too little."""

    buying: Buying | None
    spending: Fit | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """The probability that the member is still there, the days until the next purchase if so (by when each of
    `WAIT_SHARES` of such members buy), and by days ahead the purchase days expected and what is spent on
    them in currency units (None where unknown): mean, low and high end of the 95 % interval."""

    alive: float
    wait_days: tuple[float, float, float]
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
    low, half, high = (float(wait_days(model, past.repeats, past.age, share)[0]) for share in WAIT_SHARES)
    return Prospect(alive, (low, half, high), purchases, spend)


def wait_days(model: BgNbd | EqualLeaving, repeats: Floats, age: Floats, share: float) -> Floats:
    """Days until so large a share of members of each past (x repeats by age T, in weeks) buy next, who are
    still there.

    Who is there has leaving behind until then, and buys at a rate λ ~ Gamma(r + x, α + T): the wait is
    Lomax (Pareto II), P(W > w) = ((α + T) ÷ (α + T + w))^(r + x).
    """
    weeks = (model.alpha + age) * ((1 - share) ** (-1 / (model.r + repeats)) - 1)
    return np.asarray(weeks * DAYS_A_WEEK)


def _ends(told: Sequence[np.ndarray]) -> tuple[float, float, float]:
    mean, low, high = (float(one[0]) / _PARTS for one in told)
    return mean, low, high
