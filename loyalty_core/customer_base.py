"""Customer-base models: how often members buy and how much they spend, read off their past.

BG/NBD: Fader, Hardie, Lee 2005, Marketing Science 24(2), "Counting your customers" the easy way.
Gamma-Gamma: Fader, Hardie 2013. Purchases are counted by day, time in weeks (model.md section 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loyalty_core.history import Flags, History, Ints
from loyalty_core.timeline import LONG_AGO

Floats = npt.NDArray[np.float64]

FEWEST_REPEATERS = 50  # below, four parameters are not told apart
LARGE = 5_000
DAYS_A_WEEK = 7.0
STEP = 1e-3  # of a logarithm, for derivatives
SMALL = 1e-4
NODES = 48  # of the quadrature over the chance of leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What the purchases of n members tell: the sufficient statistics of both models.

    Times are in weeks since the member's clock started: the first purchase, or joining before one.
    """

    last_bought_on: Ints  # int64, LONG_AGO before the first purchase
    repeats: Floats  # x: purchase days after the first
    recency: Floats  # tx: age at the last of them
    age: Floats  # T
    spent: Floats  # currency units on those x days


def rhythm(history: History, first_day: int, minor_per_unit: int) -> Rhythm:
    """What the purchases before `first_day` tell; several on one day are one, the first starts the clock."""
    members, bought = history.members, history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    # Sorted by member and instant, so a purchase day begins where member or day changes.
    who, day, amount = bought.member[sale], bought.day[sale].astype(np.int64), bought.amount[sale]
    begins = np.flatnonzero(_changes(who) | _changes(day))
    day_who, day_on = who[begins], day[begins]
    day_spent = np.add.reduceat(amount.astype(np.float64), begins) if len(begins) else np.zeros(0)
    first = _changes(day_who)
    clock = members.joined_on.astype(np.int64)
    clock[day_who[first]] = day_on[first]
    last_bought_on = np.full(len(members), LONG_AGO)
    last_bought_on[day_who] = day_on  # ascending within a member: the last assignment stays
    n, repeat = len(members), ~first
    return Rhythm(
        last_bought_on=last_bought_on,
        repeats=np.bincount(day_who[repeat], minlength=n).astype(np.float64),
        recency=np.maximum(last_bought_on - clock, 0) / DAYS_A_WEEK,
        age=np.maximum(first_day - 1 - clock, 0) / DAYS_A_WEEK,
        spent=np.bincount(day_who[repeat], day_spent[repeat], minlength=n) / minor_per_unit,
    )


def _changes(values: Ints) -> Flags:
    """Where a run of equal values begins."""
    starts: Flags = np.ones(len(values), bool)
    starts[1:] = values[1:] != values[:-1]
    return starts


@dataclass(frozen=True, slots=True)
class Fit:
    """Maximum likelihood estimates in the order of the model's parameters."""

    parameters: tuple[float, ...]
    log_likelihood: float
    converged: bool
    covariance: Floats  # of the parameters' logarithms; nan where the likelihood has no proper peak


def bg_nbd(x: Floats, tx: Floats, age: Floats) -> Fit:
    """r, α, a, b from repeat purchases, recency and age in weeks."""
    from scipy.special import betaln, gammaln

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
    from scipy.special import gammaln

    count, at = np.unique(x, return_inverse=True)
    log_mean, total_spent = np.log(mean), x * mean

    def log_likelihood(p: float, q: float, v: float) -> Floats:
        shape = p * count
        common = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(count)
        total: Floats = common[at] + (p * x - 1) * log_mean - (p * x + q) * np.log(v + total_spent)
        return total

    return _fitted(log_likelihood, np.ones(len(x)), start=(2, 3, float(mean.mean())))


def _fitted(model: Callable[..., Floats], weight: npt.NDArray[np.number], start: tuple[float, ...]) -> Fit:
    """The maximum over positive parameters, searched on their logarithms."""
    from scipy.optimize import minimize

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
    parameters = tuple(float(v) for v in np.exp(found.x))
    return Fit(parameters, -float(found.fun) * size, settled and inside, _covariance(loss, found.x, size))


def _covariance(loss: Callable[[Floats], float], peak: Floats, size: float) -> Floats:
    """The inverse of the observed information: second derivatives of the loss, by central differences."""
    n, steps = len(peak), np.eye(len(peak)) * 10 * STEP
    information = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            corners = [s * t * loss(peak + s * steps[i] + t * steps[j]) for s in (1, -1) for t in (1, -1)]
            information[i, j] = information[j, i] = sum(corners) / (4 * (10 * STEP) ** 2)
    if np.any(np.linalg.eigvalsh(information) <= 0):
        return np.full((n, n), np.nan)
    return np.asarray(np.linalg.inv(information) / size)


def probability_alive(parameters: tuple[float, ...], x: Floats, tx: Floats, age: Floats) -> Floats:
    """BG/NBD's P(alive | x, tx, T); 1 before the first repeat purchase."""
    r, alpha, a, b = parameters
    log_odds = np.log(a / (b + np.maximum(x, 1) - 1)) + (r + x) * np.log((alpha + age) / (alpha + tx))
    gone = np.exp(-np.logaddexp(0.0, -log_odds))
    return np.where(x > 0, 1 - gone, 1.0)


def expected_purchases(
    parameters: tuple[float, ...], x: Floats, tx: Floats, age: Floats, weeks: float
) -> tuple[Floats, Floats]:
    """Mean of X, and of X (X − 1), of the purchase days in the coming weeks, given each member's past.

    Who is alive buys at a rate λ and leaves with chance p after each purchase, so given both
    E[X] = (1 − e) ÷ p and E[X (X − 1)] = 2 (1 − p) (1 − e (1 + λpt)) ÷ p², with e = exp(−λpt). λ is
    integrated over its gamma posterior in closed form, p over its beta by Gauss–Jacobi quadrature,
    which unlike the closed form of the mean (eq. 10) holds for a = 1, too.
    """
    r, alpha, a, b = parameters
    count, at = np.unique(x, return_inverse=True)
    nodes, weights = _beta_nodes(a, b, count)
    p, weight = nodes[at], weights[at]
    shape, observed = (r + x)[:, None], (alpha + age)[:, None]
    part = p * weeks / (observed + p * weeks)
    log_stays = shape * np.log1p(-part)
    stays = np.exp(log_stays)  # the mean of exp(−λpt)
    rising = shape * part * stays  # the mean of λpt exp(−λpt)
    # Where hardly anybody leaves the difference would drown in rounding: two terms of its series.
    faint = shape * part < SMALL
    series = shape * (shape + 1) / 2 * part**2 * (1 - 2 * (shape - 1) * part / 3)
    mean = (weight * -np.expm1(log_stays) / p).sum(axis=1)
    pairs = (weight * 2 * (1 - p) * np.where(faint, series, 1 - stays - rising) / p**2).sum(axis=1)
    alive = probability_alive(parameters, x, tx, age)
    return alive * mean, alive * pairs


def _beta_nodes(a: float, b: float, count: Floats) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights for Beta(a, b + x), a row for each count x.

    By Golub and Welsch (1969), since the weights of scipy.special.roots_jacobi overflow for large b.
    """
    from scipy.linalg import eigh_tridiagonal

    k = np.arange(1, NODES)
    nodes, weights = np.zeros((2, len(count), NODES))
    for row, x in enumerate(count):
        left, right = b + x - 1, a - 1  # the exponents of 1 − z and 1 + z
        both = 2 * k + left + right
        first = (right - left) / (left + right + 2)
        middle = np.append(first, (right**2 - left**2) / (both * (both + 2)))
        # The general term is 0 ÷ 0 at k = 1 where the exponents add up to −1.
        beside = 4 * k * (k + left) * (k + right) * (k + left + right) / (both**2 * (both**2 - 1))
        beside[0] = 4 * (1 + left) * (1 + right) / ((left + right + 2) ** 2 * (left + right + 3))
        z, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
        nodes[row], weights[row] = (1 + z) / 2, vectors[0] ** 2
    return nodes, weights


def expected_spend(parameters: tuple[float, ...], x: Floats, spent: Floats) -> tuple[Floats, Floats]:
    """Mean of the amount of a purchase day, and of 1 ÷ ν² (Gamma-Gamma), given each member's past.

    An amount is Gamma(p) ÷ ν with ν ~ Gamma(q + p·x, v + spent). nan where the moment does not exist.
    """
    p, q, v = parameters
    shape, level = q + p * x, v + spent
    mean = np.where(shape > 1, p * level / np.where(shape > 1, shape - 1, 1), np.nan)
    square = np.where(shape > 2, level**2 / np.where(shape > 2, (shape - 1) * (shape - 2), 1), np.nan)
    return mean, square
