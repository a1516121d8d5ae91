"""Members who all leave alike: found from what they did, and what they do next, purchase by purchase."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.equal_leaving import EqualLeaving, equal_leaving_fitted
from loyalty_core.customers.models import purchases_fitted
from loyalty_core.customers.pasts import Rhythm, pasts
from loyalty_core.customers.prospects import prospects

R, ALPHA, LEAVING, WEEKS, AHEAD, MEMBERS = 2.0, 2.0, 0.02, 26.0, 26.0, 600


def lives(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per member the repeats and the last of them within the weeks, and the purchases of the weeks after."""
    repeats, last, coming = np.zeros(MEMBERS), np.zeros(MEMBERS), np.zeros(MEMBERS)
    for member, rate in enumerate(random.gamma(R, 1 / ALPHA, MEMBERS)):
        at = random.exponential(1 / rate)
        while at < WEEKS + AHEAD:
            if at < WEEKS:
                repeats[member], last[member] = repeats[member] + 1, at
            else:
                coming[member] += 1
            if random.random() < LEAVING:
                break
            at += random.exponential(1 / rate)
    return repeats, last, coming


def test_what_is_alike_in_all_members_is_found_and_told_ahead() -> None:
    repeats, last, coming = lives(np.random.default_rng(5))
    age = np.full(MEMBERS, WEEKS)
    each = pasts(repeats, last, age)
    alike = equal_leaving_fitted(each)
    assert alike.told
    truth = np.log([R, ALPHA, LEAVING / (1 - LEAVING)])
    away = (np.log(alike.parameters) - truth) / np.sqrt(np.diag(alike.covariance))
    assert (np.abs(away) < 3).all()
    assert alike.log_likelihood == pytest.approx(purchases_fitted(BgNbd, each).log_likelihood, abs=0.5)
    never = np.zeros(MEMBERS, np.int64)
    past = Rhythm(last_bought_on=never, repeats=repeats, recency=last, age=age, spent=repeats, sales=repeats)
    ahead = prospects(past)
    held, cell = ahead.held(np.zeros(MEMBERS, np.int64))
    found = ahead.purchases(held, int(AHEAD * 7))
    assert found is not None
    _, low, high = found.total(cell, 1, 1)
    assert low[0] < coming.sum() < high[0]


def test_the_model_is_the_limit_of_bg_nbd_in_members_who_are_alike() -> None:
    x, tx, age = (np.array(column, float) for column in zip((0, 0, 5), (2, 3, 9), (9, 8, 8.5), strict=True))
    limit, near = EqualLeaving(1.5, 2.0, 0.05 / 0.95), BgNbd(1.5, 2.0, 0.05 * 2e4, 0.95 * 2e4)
    past = pasts(x, tx, age)
    np.testing.assert_allclose(limit.log_likelihood(past), near.log_likelihood(past), atol=2e-3)
    np.testing.assert_allclose(limit.alive(x, tx, age), near.alive(x, tx, age), rtol=2e-3)
    for mine, theirs in zip(
        limit.coming_and_pairs(x, tx, age, 20.0), near.coming_and_pairs(x, tx, age, 20.0), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=5e-3)
