"""Customer-base models: published figures, plain Python, and what they promise of a programme's members."""

from __future__ import annotations

from math import exp, lgamma, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.fitting import FARTHEST, Fit
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.models import purchases_fitted
from loyalty_core.customers.pasts import Rhythm, pasts, rhythm
from loyalty_core.customers.prospects import prospects
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.history_parts import as_of
from loyalty_core.metrics.dictionary import METRICS, columns_of, evaluate
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from tests.core.cdnow import sample

CDNOW = (0.2426, 4.4135, 0.7929, 2.4258)
PREDICTED = [name for name in METRICS if name.startswith(("predicted_purchases", "lifetime_value"))]


def conditional_expectation(parameters, x: int, tx: float, age: float, weeks: float) -> float:
    """Fader, Hardie, Lee (2005), eq. 10, with the hypergeometric series summed term by term."""
    r, alpha, a, b = parameters
    z, term, series = weeks / (alpha + age + weeks), 1.0, 1.0
    for j in range(20_000):
        term *= (r + x + j) * (b + x + j) / (a + b + x - 1 + j) / (j + 1) * z
        series += term
    left = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
    odds = a / (b + x - 1) * ((alpha + age) / (alpha + tx)) ** (r + x) if x else 0.0
    return (a + b + x - 1) / (a - 1) * (1 - left * series) / (1 + odds)


@pytest.mark.parametrize(
    "past", [(0, 0.0, 10.0), (0, 0.0, 0.5), (2, 30.43, 38.86), (1, 3.0, 38.0), (25, 30.0, 31.0)]
)
@pytest.mark.parametrize("parameters", [CDNOW, (1.5, 20.0, 2.5, 7.0)])
def test_the_purchases_to_come_are_those_of_the_closed_form(parameters, past) -> None:
    x, tx, age = (np.array([float(value)]) for value in past)
    for weeks in (1.0, 39.0, 156.0):
        found = BgNbd(*parameters).coming(x, tx, age, weeks)[0]
        assert found == pytest.approx(conditional_expectation(parameters, *past, weeks), rel=1e-8)


def test_the_published_expectation_of_one_member_comes_out() -> None:
    x, tx, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert BgNbd(*CDNOW).coming(x, tx, age, 39)[0] == pytest.approx(1.226, abs=0.0005)


def test_members_who_hardly_ever_leave_keep_buying_at_their_rate() -> None:
    x, tx, age = np.array([40.0]), np.array([50.0]), np.array([52.0])
    mean, pairs = (found[0] for found in BgNbd(2.0, 4.0, 1e-3, 5e4).coming_and_pairs(x, tx, age, 52))
    rate = 42 / 56
    assert mean == pytest.approx(52 * rate, rel=1e-5)
    assert pairs == pytest.approx(52**2 * 42 * 43 / 56**2, rel=1e-5)


def test_a_chance_of_leaving_of_one_breaks_nothing() -> None:
    """At a = 1 the closed form divides by 0; a little beside it the two agree."""
    x, tx, age = np.array([3.0]), np.array([20.0]), np.array([30.0])
    at_one = BgNbd(0.5, 6.0, 1.0, 2.0).coming(x, tx, age, 52)[0]
    beside = [conditional_expectation((0.5, 6.0, a, 2.0), 3, 20.0, 30.0, 52) for a in (0.9999, 1.0001)]
    assert min(beside) < at_one < max(beside)


def test_the_scatter_of_purchases_and_spending_is_that_of_members_who_live_on() -> None:
    """20,000 lives of one member, drawn from the posterior and lived purchase by purchase."""
    random, n, weeks = np.random.default_rng(11), 20_000, 52.0
    (r, alpha, a, b), (p, q, v) = (0.9, 8.0, 1.2, 5.0), (6.0, 4.0, 15.0)
    x, tx, age, spent = 4.0, 25.0, 30.0, 130.0
    odds = a / (b + x - 1) * ((alpha + age) / (alpha + tx)) ** (r + x)
    alive = random.random(n) < 1 / (1 + odds)
    rate, leaving = random.gamma(r + x, 1 / (alpha + age), n), random.beta(a, b + x, n)
    bought, clock, there = np.zeros(n), np.zeros(n), alive.copy()
    while there.any():
        clock += np.where(there, random.exponential(1 / rate), 0)
        there &= clock <= weeks
        bought += there
        there &= random.random(n) >= leaving
    level = random.gamma(q + p * x, 1 / (v + spent), n)
    paid = np.where(bought > 0, random.gamma(np.maximum(p * bought, 1), 1 / level), 0)
    one = [np.array([value]) for value in (x, tx, age)]
    mean, pairs = (moment[0] for moment in BgNbd(r, alpha, a, b).coming_and_pairs(*one, weeks))
    known = (np.array([value]) for value in (1.0, spent, spent**2))
    each, square = (moment[0] for moment in GammaGamma(p, q, v).moments(one[0], *known))
    scatter = pairs + mean - mean**2
    assert bought.mean() == pytest.approx(mean, abs=4 * (scatter / n) ** 0.5)
    assert bought.var() == pytest.approx(scatter, rel=0.06)
    spread = (mean * p + (pairs + mean) * p**2) * square - (mean * each) ** 2
    assert paid.mean() == pytest.approx(mean * each, abs=4 * (spread / n) ** 0.5)
    assert paid.var() == pytest.approx(spread, rel=0.12)


def test_members_told_together_are_worth_what_each_is_worth_alone() -> None:
    x, tx, age = (np.round(one) for one in lived(np.random.default_rng(6), 800, (0.8, 8.0, 1.0, 3.0)))
    spent = np.where(x > 0, np.random.default_rng(7).gamma(3, 20, len(x)) * x, 0)
    last = np.zeros(len(x), np.int64)
    ahead = prospects(Rhythm(last_bought_on=last, repeats=x, recency=tx, age=age, spent=spent, sales=x))
    assert ahead.buying is not None and ahead.spending is not None and len(ahead.past) < len(x)
    apart = [ahead.held(np.where(np.arange(len(x)) == member, 0, -1))[0] for member in range(len(x))]
    cells = np.arange(len(x)) % 3
    held, cell = ahead.held(cells)
    for told in (ahead.purchases, ahead.spend):
        together, alone = told(held), [told(one) for one in apart]
        assert together is not None
        for name in ("mean", "variance"):
            each = np.concatenate([getattr(one, name) for one in alone])
            expected = np.bincount(cells, each)
            np.testing.assert_allclose(np.bincount(cell, getattr(together, name)), expected, rtol=1e-9)


def lived(random, n: int, parameters) -> tuple[np.ndarray, ...]:
    """Repeats, recency and age in weeks of members who live as BG/NBD supposes."""
    r, alpha, a, b = parameters
    age, rate, leaving = random.uniform(20, 60, n), random.gamma(r, 1 / alpha, n), random.beta(a, b, n)
    x, tx, clock, there = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    while there.any():
        clock += random.exponential(1 / rate)
        there &= clock <= age
        x, tx = x + there, np.where(there, clock, tx)
        there &= random.random(n) >= leaving
    return x, tx, age


def plain_log_likelihood(parameters, pasts) -> float:
    """Fader, Hardie, Lee (2005), eq. 6, member by member."""
    r, alpha, a, b = parameters

    def log_beta(one: float, other: float) -> float:
        return lgamma(one) + lgamma(other) - lgamma(one + other)

    total = 0.0
    for x, tx, age in pasts:
        common = lgamma(r + x) - lgamma(r) + r * log(alpha) - log_beta(a, b)
        value = exp(common + log_beta(a, b + x) - (r + x) * log(alpha + age))
        if x > 0:
            value += exp(common + log_beta(a + 1, b + x - 1) - (r + x) * log(alpha + tx))
        total += log(value)
    return total


def test_the_fit_is_a_peak_of_the_likelihood_and_knows_how_sharp_it_is() -> None:
    x, tx, age = lived(np.random.default_rng(5), 500, (0.8, 8.0, 1.0, 3.0))
    fit = purchases_fitted(BgNbd, pasts(x, tx, age))
    lives = list(zip(x, tx, age, strict=True))
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(plain_log_likelihood(fit.parameters, lives), rel=1e-9)
    step, peak = 0.02, np.log(fit.parameters)
    for place in range(4):
        moved = step * np.eye(4)[place]
        sides = [plain_log_likelihood(np.exp(logs), lives) for logs in (peak + moved, peak - moved)]
        assert max(sides) < fit.log_likelihood
        curvature = (2 * fit.log_likelihood - sum(sides)) / step**2
        assert np.linalg.inv(fit.covariance)[place, place] == pytest.approx(curvature, rel=0.02)


@pytest.fixture(scope="module")
def cdnow(shared: Path) -> tuple[History, Programme]:
    """The sample of the literature."""
    programme = Programme(name="CDNOW", currency="USD")
    return history_from_frames({"purchases": sample(shared)}, programme), programme


FITTED_UNTIL = int(np.datetime64("1997-09-30").astype(int))


@pytest.mark.shared
def test_cdnow_is_predicted_as_in_the_literature(cdnow) -> None:
    """1,653.4 purchase days in the 39 weeks to come (model.md section 1)."""
    past = rhythm(cdnow[0], FITTED_UNTIL + 1, 100)
    ahead = prospects(past)
    assert ahead.buying is not None
    assert past.repeats.sum() == 2457
    assert ahead.buying.fit.parameters == pytest.approx(CDNOW, rel=0.001)
    newcomer = BgNbd(*ahead.buying.fit.parameters).expected(np.array([1, 32, 78]))
    # The published ones stop the hypergeometric series after 150 terms; all of them give 1.85796.
    assert newcomer == pytest.approx([0.0532, 1.0437, 1.8576], abs=0.0004)
    everybody, _ = ahead.held(np.zeros(len(past.age), np.int64))
    found = ahead.purchases(everybody, 39 * 7)
    assert found is not None
    assert found.mean.sum() == pytest.approx(1653.4, abs=0.1)
    spend = ahead.spend(everybody, 39 * 7)
    assert spend is not None
    # E[M] is 35.17 for a newcomer, and those who spend more do not buy more often in this model.
    assert 33 < spend.mean.sum() / found.mean.sum() < 42


@pytest.mark.shared
def test_slices_of_a_prediction_add_up_and_their_intervals_are_relatively_wider(cdnow) -> None:
    history, programme = cdnow
    listed = pd.DataFrame(
        {
            "member_id": history.members.ids,
            "valid_from": pd.Timestamp("1997-01-01"),
            "gender": np.where(np.arange(len(history.members)) % 5, "female", "male"),
        }
    )
    frame = pd.DataFrame(
        {
            "member_id": history.members.ids[history.purchases.member],
            "kind": "sale",
            "occurred_at": pd.to_datetime(history.purchases.day, unit="D", utc=True),
            "amount": history.purchases.amount,
        }
    )
    told = history_from_frames({"members": listed, "purchases": frame}, programme)
    span = periods(FITTED_UNTIL - 30, FITTED_UNTIL)

    def values(by=()) -> pd.DataFrame:
        return evaluate(
            period_facts(told, programme, span, by, columns=columns_of(PREDICTED)), PREDICTED, programme
        )

    whole, parts = values().iloc[0], values(("member_gender",))
    assert parts["predicted_purchases"].sum() == pytest.approx(whole["predicted_purchases"], abs=0.01)

    def width(row):
        return (row["predicted_purchases_high"] - row["predicted_purchases_low"]) / row["predicted_purchases"]

    assert (width(parts) > width(whole)).all()
    for name in ("predicted_purchases", "lifetime_value"):
        assert (parts[f"{name}_low"] < parts[name]).all() and (parts[name] < parts[f"{name}_high"]).all()


def test_ranges_stay_within_what_was_searched() -> None:
    sure = Fit((2.0,), -9.0, True, True, np.array([[0.04]]))
    ((low, high),) = sure.ranges(1.5)
    assert (low, high) == pytest.approx((2.0 * exp(-0.3), 2.0 * exp(0.3)))
    ((low, high),) = Fit((3.0,), -9.0, True, True, np.array([[1e9]])).ranges(1.5)
    assert (low, high) == pytest.approx((3.0 * exp(-2 * FARTHEST), 3.0 * exp(2 * FARTHEST)))


@pytest.mark.shared
def test_few_members_are_not_predicted(cdnow) -> None:
    history, programme = cdnow
    early = int(history.purchases.day.min()) + 5
    facts = period_facts(history, programme, periods(early, early), columns=columns_of(PREDICTED))
    assert evaluate(facts, PREDICTED, programme)[PREDICTED].isna().all(axis=None)
    assert as_of(history) > early
