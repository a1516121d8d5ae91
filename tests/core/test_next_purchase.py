"""When a member buys next, held against members who live by the model's own rules."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.customers.bg_nbd import BgNbd, MbgNbd
from loyalty_core.customers.equal_leaving import EqualLeaving
from loyalty_core.customers.one_prospect import WAIT_SHARES, wait_days
from loyalty_core.customers.pasts import DAYS_A_WEEK

MODELS = [BgNbd(0.9, 6.0, 0.6, 3.0), MbgNbd(1.4, 9.0, 0.7, 2.5), EqualLeaving(1.1, 7.0, 0.15)]


def waits_of_those_there(model, repeats: int, age: float, members: int = 600_000) -> np.ndarray:
    """Weeks until the next purchase of those simulated members who bought so often and are still there."""
    luck = np.random.default_rng(5)
    rate = luck.gamma(model.r, 1 / model.alpha, members)
    if isinstance(model, EqualLeaving):
        leaves = np.full(members, model.p)
    else:
        leaves = luck.beta(model.a, model.b, members)
    there, bought, at = np.ones(members, bool), np.zeros(members, int), np.zeros(members)
    if isinstance(model, MbgNbd):
        there &= luck.random(members) >= leaves
    following = np.full(members, np.inf)
    while there.any() and np.isinf(following[there]).any():
        going = np.flatnonzero(there & np.isinf(following))
        at[going] += luck.exponential(1 / rate[going])
        later = going[at[going] > age]
        following[later] = at[later] - age
        now = going[at[going] <= age]
        bought[now] += 1
        there[now] &= luck.random(len(now)) >= leaves[now]
    return following[there & (bought == repeats)]


@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(("repeats", "age"), [(0, 10.0), (2, 26.0), (5, 26.0)])
def test_a_tenth_a_half_and_nine_tenths_buy_by_those_days(model, repeats: int, age: float) -> None:
    waits = waits_of_those_there(model, repeats, age) * DAYS_A_WEEK
    assert len(waits) > 4_000
    for share in WAIT_SHARES:
        days = float(wait_days(model, np.array([repeats]), np.array([age]), share)[0])
        inside = (waits <= days).mean()
        error = np.sqrt(share * (1 - share) / len(waits))
        assert inside == pytest.approx(share, abs=4 * error)


def test_who_buys_often_is_expected_sooner() -> None:
    often, seldom = wait_days(MODELS[0], np.array([10.0, 1.0]), np.full(2, 26.0), 0.5)
    assert often < seldom / 3
