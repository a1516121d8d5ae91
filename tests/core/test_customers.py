"""Customer-base models: published figures, integrals over what nobody sees, pasts at the edge of reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaln

from loyalty_core.customers.bg_nbd import BgNbd, MbgNbd
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.models import PURCHASE_MODELS, purchases_fitted, spending_fitted
from loyalty_core.customers.nbd import Nbd
from loyalty_core.customers.pareto_nbd import ParetoNbd
from loyalty_core.customers.pasts import Pasts, pasts, rhythm, spends
from loyalty_core.histories import history_from_frames
from loyalty_core.rules.programme import Programme
from tests.core.cdnow import sample

PUBLISHED = {  # model.md section 1
    "bg_nbd": ((0.2426, 4.4135, 0.7929, 2.4258), -9582.426),
    "pareto_nbd": ((0.5533, 10.578, 0.6062, 11.668), -9594.974),
    "mbg_nbd": ((0.5248, 6.183, 0.8914, 1.614), -9582.133),
    "nbd": ((0.3848, 12.072), -9763.660),
}
PARETO = ParetoNbd(*PUBLISHED["pareto_nbd"][0])
MODELS = [model(*PUBLISHED[key][0]) for key, model in PURCHASE_MODELS.items()]
PASTS = [(0, 0.0, 38.0), (1, 3.0, 38.0), (2, 30.43, 38.86), (9, 12.0, 30.0), (26, 30.86, 31.0)]


def one(x: float, tx: float, age: float) -> tuple[np.ndarray, ...]:
    return np.array([float(x)]), np.array([tx]), np.array([age])


@pytest.fixture(scope="module")
def cdnow(shared: Path):
    """What the sample of the literature had done by 1997-09-30."""
    history = history_from_frames({"purchases": sample(shared)}, Programme(name="CDNOW", currency="USD"))
    return rhythm(history, int(np.datetime64("1997-10-01").astype(int)), 100)


@pytest.mark.shared
@pytest.mark.parametrize("key", PUBLISHED)
def test_cdnow_gives_the_parameters_and_likelihood_of_the_literature(cdnow, key: str) -> None:
    fit = purchases_fitted(PURCHASE_MODELS[key], pasts(cdnow.repeats, cdnow.recency, cdnow.age))
    parameters, log_likelihood = PUBLISHED[key]
    assert fit.told
    assert fit.parameters == pytest.approx(parameters, rel=0.005)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)


@pytest.mark.shared
def test_cdnows_spending_is_that_of_the_literature_in_any_currency(cdnow) -> None:
    paid = (cdnow.repeats > 0) & (cdnow.spent > 0)
    assert int((cdnow.repeats > 0).sum()) == 946
    x, mean = cdnow.repeats[paid], cdnow.spent[paid] / cdnow.repeats[paid]
    fit = spending_fitted(spends(x, mean))
    assert fit.parameters == pytest.approx((6.249, 3.745, 15.448), rel=0.005)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.05)
    assert GammaGamma(*fit.parameters).mean == pytest.approx(35.17, abs=0.01)
    dearer = spending_fitted(spends(x, mean * 20_000))
    assert dearer.told and dearer.parameters[:2] == pytest.approx(fit.parameters[:2], rel=1e-3)
    assert GammaGamma(*dearer.parameters).mean == pytest.approx(35.17 * 20_000, rel=1e-3)


@pytest.mark.shared
def test_whole_weeks_tell_as_much_as_days(cdnow) -> None:
    days = purchases_fitted(ParetoNbd, pasts(cdnow.repeats, cdnow.recency, cdnow.age))
    weeks = pasts(cdnow.repeats, np.round(cdnow.recency), np.round(cdnow.age))
    assert len(weeks) < len(cdnow.age) / 2 and weeks.members == len(cdnow.age)
    assert purchases_fitted(ParetoNbd, weeks).parameters == pytest.approx(days.parameters, rel=0.03)


def test_published_expectations_come_out() -> None:
    """Fader, Hardie, Lee 2005 for BG/NBD, the BTYD package's vignette for Pareto/NBD."""
    assert BgNbd(*PUBLISHED["bg_nbd"][0]).expected(np.array([1.0, 32.0, 78.0])) == pytest.approx(
        [0.0532, 1.0437, 1.8576],
        abs=0.0005,  # the paper stops its series after 150 terms: all of them give 1.8580
    )
    assert PARETO.coming(*one(26, 30.86, 31.0), 52.0)[0] == pytest.approx(25.46, abs=0.005)
    assert PARETO.alive(*one(26, 30.86, 31.0))[0] == pytest.approx(0.9979, abs=5e-5)


RATE_GRID = np.linspace(-110, 10, 1000)  # logarithms of rates and hazards: both ends hold nothing
ODDS_GRID = np.linspace(-60, 60, 800)  # log-odds of the chance of leaving


def gamma_weights(shape: float, level: float) -> np.ndarray:
    """Density of the logarithm of a gamma on the grid, times the step: sums are integrals."""
    logs = shape * np.log(level) - gammaln(shape) + shape * RATE_GRID - level * np.exp(RATE_GRID)
    return np.exp(logs) * (RATE_GRID[1] - RATE_GRID[0])


def seen_and_there(model, x: float, tx: float, age: float, weeks: float) -> tuple[float, float, float]:
    """Likelihood of a past, of it and being alive, and of it times the purchases to come, by integrals.

    What a member with known rate and leaving does is plain: see the papers' first pages.
    """
    rate = np.exp(RATE_GRID)[:, None]
    if isinstance(model, ParetoNbd):
        leaving, own = np.exp(RATE_GRID)[None, :], gamma_weights(model.s, model.beta)
        alive = rate**x * np.exp(-(rate + leaving) * age)
        gone = rate**x * leaving / (rate + leaving)
        gone = gone * (np.exp(-(rate + leaving) * tx) - np.exp(-(rate + leaving) * age))
        later = rate / leaving * -np.expm1(-leaving * weeks)
    else:
        odds = ODDS_GRID[None, :]
        leaving, stays = 1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(odds))
        logs = model.a * np.log(leaving) + model.b * np.log(stays) - betaln(model.a, model.b)
        own = np.exp(logs[0]) * (ODDS_GRID[1] - ODDS_GRID[0])
        chances = x + (1 if isinstance(model, MbgNbd) else 0)
        alive = stays**chances * rate**x * np.exp(-rate * age)
        gone = np.zeros_like(alive)
        if chances:
            gone = leaving * stays ** (chances - 1) * rate**x * np.exp(-rate * tx)
        later = -np.expm1(-rate * leaving * weeks) / leaving
    both = gamma_weights(model.r, model.alpha)[:, None] * own[None, :]
    return (
        float((both * (alive + gone)).sum()),
        float((both * alive).sum()),
        float((both * alive * later).sum()),
    )


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize("model", [m for m in MODELS if not isinstance(m, Nbd)], ids=lambda m: m.NAME)
def test_likelihood_chance_to_be_there_and_purchases_to_come_are_the_integrals(model, past) -> None:
    seen, there, coming = seen_and_there(model, *past, weeks=26.0)
    x, tx, age = one(*past)
    assert model.log_likelihood(Pasts(x, tx, age, np.ones(1)))[0] == pytest.approx(np.log(seen), abs=1e-6)
    assert model.alive(x, tx, age)[0] == pytest.approx(there / seen, rel=1e-6)
    assert model.coming(x, tx, age, 26.0)[0] == pytest.approx(coming / seen, rel=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.NAME)
def test_a_newcomer_is_a_member_without_past(model) -> None:
    found = [model.coming(*one(0, 0.0, 0.0), weeks)[0] for weeks in (1.0, 32.0, 78.0)]
    assert model.expected(np.array([1.0, 32.0, 78.0])) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("model", [PARETO, ParetoNbd(0.5, 50.0, 0.6, 0.5), ParetoNbd(2.0, 0.5, 1.0, 90.0)])
@pytest.mark.parametrize("past", [(0, 0.0, 40.0), (3, 5.0, 40.0), (40, 2.0, 100.0)])
def test_the_day_of_leaving_has_the_distribution_of_those_who_are_gone(model, past) -> None:
    x, tx, age = past

    def density(day: float) -> float:
        ratio = (model.alpha + tx) / (model.alpha + day), (model.beta + tx) / (model.beta + day)
        return ratio[0] ** (model.r + x) * ratio[1] ** (model.s + 1)

    whole = quad(density, tx, age, epsabs=0, limit=200)[0]
    for luck in (1e-6, 0.1, 0.5, 0.99):
        day = model.left_at(*one(*past), np.array([luck]))[0]
        assert quad(density, tx, day, epsabs=0, limit=200)[0] / whole == pytest.approx(luck, rel=1e-6)


@pytest.mark.parametrize("model", [ParetoNbd(0.5, 0.01, 50.0, 1e5), ParetoNbd(0.01, 1.0, 1000.0, 100.0)])
@pytest.mark.filterwarnings("error")
def test_a_day_of_leaving_is_found_far_from_any_data_without_a_warning(model) -> None:
    luck = np.linspace(0.001, 0.999, 40)
    days = model.left_at(np.full(40, 1.0), np.full(40, 2.0), np.full(40, 14.0), luck)
    assert (np.diff(days) >= 0).all() and days[0] >= 2 and days[-1] <= 14


EXTREMES = [
    (0.01, 5000.0, 0.01, 5000.0),
    (80.0, 0.01, 40.0, 8000.0),
    (0.02, 6000.0, 60.0, 0.01),
    (5.0, 8000.0, 0.01, 0.001),
    (0.6, 10.0, 1.0, 10.0),
]


@pytest.mark.parametrize("key", PURCHASE_MODELS)
@pytest.mark.parametrize("values", EXTREMES)
def test_no_past_overflows(key: str, values: tuple[float, ...]) -> None:
    model = PURCHASE_MODELS[key](*values[: len(PUBLISHED[key][0])])
    x = np.array([0, 0, 1, 3000, 3000, 5, 40_000], float)
    age = np.array([0, 2000, 2000, 520, 2000, 5, 9000], float)
    tx = np.array([0, 0, 2000, 1, 1999, 5, 8999], float)
    with np.errstate(over="raise", invalid="raise"):
        alive = model.alive(x, tx, age)
        likelihood = model.log_likelihood(Pasts(x, tx, age, np.ones(len(x))))
        coming = model.coming(x, tx, age, 52.0)
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.isfinite(likelihood).all()
    assert np.all((coming >= 0) & (coming <= (values[0] + x) / (values[1] + age) * 52 * (1 + 1e-9)))


def test_putting_alike_members_together_changes_nothing() -> None:
    random = np.random.default_rng(3)
    x, age = random.poisson(2, 400).astype(float), random.integers(10, 20, 400) / 7
    tx = np.where(x > 0, age - 1 / 7, 0)
    together = pasts(x, tx, age)
    assert len(together) < len(x) and together.members == len(x)
    apart = Pasts(x, tx, age, np.ones(len(x)))
    for model in MODELS:
        total = together.weight @ model.log_likelihood(together)
        assert total == pytest.approx(model.log_likelihood(apart).sum(), rel=1e-12)
