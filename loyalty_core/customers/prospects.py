"""What the customer-base models, fitted to all members, promise of each: purchases and spending ahead.

The interval holds what the models themselves leave open: chance, and how well the past tells their
parameters. It cannot hold that a model may be wrong: the backtest measures that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats, Ints
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.equal_leaving import EqualLeaving, equal_leaving_fitted
from loyalty_core.customers.fitting import FEWEST_REPEATERS, STEP, Fit
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.models import purchases_fitted, spending_fitted
from loyalty_core.customers.pasts import DAYS_A_WEEK, Pasts, Rhythm, alike, pasts, spends
from loyalty_core.intervals import Z_95

COMING_DAYS = 365
LIFETIME_DAYS = 3 * 365  # how far ahead a member's value is told


@dataclass(frozen=True, slots=True)
class Outlook:
    """An expectation per row, its variance by chance, and what each parameter moves it by.

    `slope` is a row per parameter: the change of the expectation per unit of its logarithm.
    """

    mean: Floats
    variance: Floats
    slope: Floats
    covariance: Floats

    def of(self, row: Ints, times: Floats) -> Outlook:
        """Those rows, each so many times."""
        return Outlook(
            self.mean[row] * times, self.variance[row] * times, self.slope[:, row] * times, self.covariance
        )

    def total(self, cell: Ints, size: int, scale: int) -> tuple[Ints, Ints, Ints]:
        """By cell the sum over rows, and the low and high end of its 95 % interval, in 1 ÷ scale."""
        mean = np.bincount(cell, self.mean, size)
        slopes = np.array([np.bincount(cell, row, size) for row in self.slope])
        told = np.einsum("ic,ij,jc->c", slopes, self.covariance, slopes)
        reach = Z_95 * np.sqrt(np.bincount(cell, self.variance, size) + told)
        ends = (mean, np.maximum(mean - reach, 0), mean + reach)
        low_to_high = [np.floor(end * scale + 0.5).astype(np.int64) for end in ends]
        return low_to_high[0], low_to_high[1], low_to_high[2]


@dataclass(frozen=True, slots=True)
class Held:
    """Members of one past together, a row each: which past, how many they are, what they spent on repeat days
    in currency units, and the sum of its squares."""

    past: Ints
    members: Floats
    spent: Floats
    squared: Floats


@dataclass(frozen=True)
class Prospects:
    """What the models fitted to all members promise each at a close, said once for each different past.

    `at` is the past that each member has, `spent` what the member's repeat days brought in currency units.
    """

    past: Pasts
    at: Ints
    spent: Floats
    buying: Buying | None
    spending: Fit | None

    def held(self, cells: Ints) -> tuple[Held, Ints]:
        """Members with a cell (else -1), those of one cell and past together, and the cell of each row."""
        inside = np.flatnonzero(cells >= 0)
        row, key = pd.factorize(cells[inside] * len(self.past) + self.at[inside], sort=True)
        cell, past = np.divmod(np.asarray(key, np.int64), max(len(self.past), 1))
        spent = self.spent[inside]
        sums = [np.bincount(row, each, len(key)) for each in (np.ones(len(row)), spent, spent**2)]
        members, together, squared = (np.asarray(one, np.float64) for one in sums)
        return Held(past, members, together, squared), cell

    def purchases(self, held: Held, days: int = COMING_DAYS) -> Outlook | None:
        """Purchase days of those members in the days ahead; None where the past tells no model."""
        coming = self._coming(days)
        return None if coming is None else coming.outlook.of(held.past, held.members)

    def spend(self, held: Held, days: int = LIFETIME_DAYS) -> Outlook | None:
        """What those members spend in the days ahead, in currency units."""
        coming, spending = self._coming(days), self.spending
        if coming is None or spending is None:
            return None
        expected, pairs = coming.outlook.mean[held.past], coming.pairs[held.past]
        slopes, x, p = coming.outlook.slope[:, held.past], self.past.x[held.past], spending.parameters[0]
        known = held.members, held.spent, held.squared

        def amount(parameters: tuple[float, ...]) -> Floats:
            return GammaGamma(*parameters).moments(x, *known)[0]

        each, square = GammaGamma(*spending.parameters).moments(x, *known)
        if not np.isfinite(square).all():
            return None
        # The squares of the mean amounts: of one member (p ÷ ν̄)², which differs from E[1 ÷ ν²] by its shape.
        shape = spending.parameters[1] + p * x
        mean_squared = p**2 * square * (shape - 2) / (shape - 1)
        # Given ν, n purchases have mean n·p ÷ ν and variance n·p ÷ ν²; E[X²] is that of pairs, and of X.
        variance = (expected * p + (pairs + expected) * p**2) * square - expected**2 * mean_squared
        return Outlook(
            expected * each,
            np.maximum(variance, 0),
            np.vstack([slopes * each, expected * _slopes(amount, spending.parameters)]),
            _apart(coming.outlook.covariance, spending.covariance),
        )

    def _coming(self, days: int) -> Coming | None:
        if days not in self._known:
            self._known[days] = None if self.buying is None else _coming(self.past, self.buying, days)
        return self._known[days]

    @cached_property
    def _known(self) -> dict[int, Coming | None]:
        return {}


@dataclass(frozen=True, slots=True)
class Coming:
    """The purchase days ahead after each different past, and the mean of X (X − 1) of their number X."""

    outlook: Outlook
    pairs: Floats


def _coming(past: Pasts, buying: Buying, days: int) -> Coming:
    weeks = days / DAYS_A_WEEK

    def mean(parameters: tuple[float, ...]) -> Floats:
        return buying.model(*parameters).coming(past.x, past.tx, past.age, weeks)

    model = buying.model(*buying.fit.parameters)
    expected, pairs = model.coming_and_pairs(past.x, past.tx, past.age, weeks)
    variance = np.maximum(pairs + expected - expected**2, 0)
    slopes = _slopes(mean, buying.fit.parameters)
    return Coming(Outlook(expected, variance, slopes, buying.fit.covariance), pairs)


def prospects(past: Rhythm) -> Prospects:
    """The prospects of all members, of whatever age."""
    found, at = alike(past.repeats, past.recency, past.age)
    return Prospects(found, at, past.spent, fitted_purchasing(past), fitted_spending(past))


@dataclass(frozen=True, slots=True)
class Buying:
    """A fit, and the model that its parameters make."""

    fit: Fit
    model: Callable[..., BgNbd | EqualLeaving]


def fitted_purchasing(past: Rhythm) -> Buying | None:
    """BG/NBD of all members whose clock runs; None where the past tells too little.

    Where it does not tell how members differ in leaving, all of them leave alike.
    """
    seen = past.age > 0
    if (past.repeats[seen] > 0).sum() < FEWEST_REPEATERS:
        return None
    each = pasts(past.repeats[seen], past.recency[seen], past.age[seen])
    fit = purchases_fitted(BgNbd, each)
    if fit.told:
        return Buying(fit, BgNbd)
    alike = _told(equal_leaving_fitted(each))
    return None if alike is None else Buying(alike, EqualLeaving)


def fitted_spending(past: Rhythm) -> Fit | None:
    """Gamma-Gamma of all members with repeat purchases that were paid; None where they tell too little."""
    paid = (past.repeats > 0) & (past.spent > 0)
    if paid.sum() < FEWEST_REPEATERS:
        return None
    repeats, mean = past.repeats[paid], past.spent[paid] / past.repeats[paid]
    order = np.lexsort((mean, repeats))  # whatever the order of members, the same sums to the last digit
    return _told(spending_fitted(spends(repeats[order], mean[order])))


def _told(fit: Fit) -> Fit | None:
    return fit if fit.told else None


def _apart(one: Floats, other: Floats) -> Floats:
    """The covariance of two sets of parameters that know nothing of each other."""
    covariance = np.zeros((len(one) + len(other),) * 2)
    covariance[: len(one), : len(one)], covariance[len(one) :, len(one) :] = one, other
    return covariance


def _slopes(mean: Callable[[tuple[float, ...]], Floats], parameters: tuple[float, ...]) -> Floats:
    """Change of the mean per unit of each parameter's logarithm, by central differences."""
    logs = np.log(parameters)
    rows = []
    for place in range(len(logs)):
        step = np.zeros(len(logs))
        step[place] = STEP
        above, below = (tuple(map(float, np.exp(logs + sign * step))) for sign in (1, -1))
        rows.append((mean(above) - mean(below)) / (2 * STEP))
    return np.array(rows)
