"""What members will buy and spend, by the customer-base models fitted to all members at each close.

The interval holds what the models themselves leave open: chance, and how well the past tells their
parameters. It cannot hold that a model may be wrong: the backtest measures that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loyalty_core.counting.grid import Grid
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.equal_leaving import EqualLeaving, equal_leaving_fitted
from loyalty_core.customers.fitting import FEWEST_REPEATERS, STEP, Fit
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.models import purchases_fitted, spending_fitted
from loyalty_core.customers.pasts import DAYS_A_WEEK, Floats, Rhythm, alike, pasts, rhythm, spends
from loyalty_core.history import Flags, History, Ints
from loyalty_core.intervals import Z_95
from loyalty_core.rules.programme import Programme

COMING_DAYS = 365
LIFETIME_DAYS = 3 * 365  # how far ahead a member's value is told
MILLI = 1000  # purchases are kept in thousandths


@dataclass(frozen=True, slots=True)
class Outlook:
    """An expectation per member, its variance by chance, and what each parameter moves it by.

    `slope` is a row per parameter: the change of the expectation per unit of its logarithm.
    """

    mean: Floats
    variance: Floats
    slope: Floats
    covariance: Floats

    def total(self, cell: Ints, size: int, scale: int) -> tuple[Ints, Ints, Ints]:
        """By cell the sum over members, and the low and high end of its 95 % interval, in 1 ÷ scale."""
        mean = np.bincount(cell, self.mean, size)
        slopes = np.array([np.bincount(cell, row, size) for row in self.slope])
        told = np.einsum("ic,ij,jc->c", slopes, self.covariance, slopes)
        reach = Z_95 * np.sqrt(np.bincount(cell, self.variance, size) + told)
        ends = (mean, np.maximum(mean - reach, 0), mean + reach)
        low_to_high = [np.floor(end * scale + 0.5).astype(np.int64) for end in ends]
        return low_to_high[0], low_to_high[1], low_to_high[2]


COLUMNS = (
    "predicted_purchases",
    "predicted_purchases_low",
    "predicted_purchases_high",
    "members_predicted",
    "lifetime_value",
    "lifetime_value_low",
    "lifetime_value_high",
    "members_valued",
)


def predictions(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Purchase days of the coming year, and spending of the three years ahead, of the members enrolled.

    Nothing is predicted while fewer than 50 members have bought again, or the past does not tell the
    models' parameters apart.
    """
    facts: dict[str, Ints] = dict(zip(COLUMNS, np.zeros((len(COLUMNS), *grid.shape), np.int64), strict=True))
    members, scale = history.members, 10**programme.currency_decimals
    for period, close in enumerate(grid.periods.last):
        cells = grid.cut.cells_at(np.array([close]))[:, 0]
        there = (members.joined_on <= close) & ~(members.left_on <= close) & (cells >= 0)
        past = rhythm(history, int(close) + 1, scale)
        buying, spending = fitted_purchasing(past), fitted_spending(past)
        for name, outlook, parts in (
            ("predicted_purchases", coming_purchases(past, there, buying), MILLI),
            ("lifetime_value", coming_spend(past, there, buying, spending), scale),
        ):
            if outlook is not None:
                found = outlook.total(cells[there], grid.cut.size, parts)
                for column, values in zip((name, f"{name}_low", f"{name}_high"), found, strict=True):
                    facts[column][period] = values
                known = "members_predicted" if parts == MILLI else "members_valued"
                facts[known][period] = np.bincount(cells[there], minlength=grid.cut.size)
    return facts


@dataclass(frozen=True, slots=True)
class Buying:
    """A fit, and the model that its parameters make."""

    fit: Fit
    model: Callable[..., BgNbd | EqualLeaving]

    @property
    def parameters(self) -> tuple[float, ...]:
        return self.fit.parameters


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
    return _told(spending_fitted(spends(past.repeats[paid], past.spent[paid] / past.repeats[paid])))


def _told(fit: Fit) -> Fit | None:
    return fit if fit.told else None


def coming_purchases(
    past: Rhythm, who: Flags, buying: Buying | None, days: int = COMING_DAYS
) -> Outlook | None:
    """Purchase days of each of those members in the days ahead, by the fit of all."""
    if buying is None:
        return None
    x, tx, age, at = _alike(past, who)
    weeks = days / DAYS_A_WEEK

    def mean(parameters: tuple[float, ...]) -> Floats:
        return buying.model(*parameters).coming(x, tx, age, weeks)

    expected, pairs = buying.model(*buying.parameters).coming_and_pairs(x, tx, age, weeks)
    variance = np.maximum(pairs + expected - expected**2, 0)
    return Outlook(expected[at], variance[at], _slopes(mean, buying.parameters)[:, at], buying.fit.covariance)


def coming_spend(
    past: Rhythm, who: Flags, buying: Buying | None, spending: Fit | None, days: int = LIFETIME_DAYS
) -> Outlook | None:
    """What each of those members spends in the days ahead, in currency units, by the fits of all."""
    if buying is None or spending is None:
        return None
    repeats, spent = past.repeats[who], past.spent[who]
    x, tx, age, at = _alike(past, who)
    weeks = days / DAYS_A_WEEK
    expected, pairs = (m[at] for m in buying.model(*buying.parameters).coming_and_pairs(x, tx, age, weeks))
    each, square = GammaGamma(*spending.parameters).moments(repeats, spent)
    if not np.isfinite(square).all():
        return None
    p = spending.parameters[0]
    # Given ν, n purchases have mean n·p ÷ ν and variance n·p ÷ ν²; E[X²] is that of pairs, and of X.
    variance = np.maximum((expected * p + (pairs + expected) * p**2) * square - (expected * each) ** 2, 0)

    def by_buying(parameters: tuple[float, ...]) -> Floats:
        return buying.model(*parameters).coming(x, tx, age, weeks)[at] * each

    def by_spending(parameters: tuple[float, ...]) -> Floats:
        return expected * GammaGamma(*parameters).moments(repeats, spent)[0]

    slopes = np.vstack([_slopes(by_buying, buying.parameters), _slopes(by_spending, spending.parameters)])
    n, m = len(buying.fit.covariance), len(spending.covariance)
    covariance = np.zeros((n + m, n + m))
    covariance[:n, :n], covariance[n:, n:] = buying.fit.covariance, spending.covariance
    return Outlook(expected * each, variance, slopes, covariance)


def _alike(past: Rhythm, who: Flags) -> tuple[Floats, Floats, Floats, Ints]:
    """The different pasts (x, tx, T) of those members, and which is whose; in whole weeks where many."""
    found, at = alike(past.repeats[who], past.recency[who], past.age[who])
    return found.x, found.tx, found.age, at


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
