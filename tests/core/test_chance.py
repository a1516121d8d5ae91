"""By how much numbers differ by chance is what draws by lot differ by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from loyalty_core.metrics.chance import deviations
from loyalty_core.metrics.dictionary import columns_of
from loyalty_core.rules.programme import Programme, Tier

CLUB = Programme(name="club", currency="GBP", tiers=(Tier(name="member"),))
SECOND = "second_purchase_rate"
DRAWS = 20_000


def facts(names: list[str], **columns: object) -> pd.DataFrame:
    """Rows of period facts, 0 in every column that is not given."""
    return pd.DataFrame(dict.fromkeys(columns_of(names), 0) | columns)


def test_a_share_differs_as_the_shares_of_as_many_by_lot() -> None:
    again = np.random.default_rng(1).binomial(400, 0.3, DRAWS)
    told = deviations(facts([SECOND], first_buyers_again=again, first_buyers=400), [SECOND], CLUB)
    assert told[SECOND].mean() == pytest.approx((again / 400).std(), rel=0.02)


def test_a_count_differs_as_arrivals_by_lot() -> None:
    joined = np.random.default_rng(2).poisson(50, DRAWS)
    told = deviations(facts(["members_joined"], members_joined=joined), ["members_joined"], CLUB)
    assert told["members_joined"].mean() == pytest.approx(joined.std(), rel=0.02)


def test_two_closes_of_a_stock_differ_as_one_count_by_lot() -> None:
    told = deviations(facts(["members_active"], members_active=[50, 50]), ["members_active"], CLUB)
    assert np.hypot(*told["members_active"]) == pytest.approx(np.sqrt(50))


def test_all_or_none_of_a_few_is_not_certain_and_nothing_of_nobody_is_unknown() -> None:
    rows = facts([SECOND], first_buyers_again=[3, 0, 0], first_buyers=[3, 3, 0])
    all_of_them, none, nobody = deviations(rows, [SECOND], CLUB)[SECOND]
    assert all_of_them == pytest.approx(none) and none > 0.2
    assert np.isnan(nobody)


def test_of_money_and_lifts_chance_is_unknown() -> None:
    names = ["average_order_value", "lift"]
    rows = facts(names, revenue=[1000], purchases=[10], treated_settled=[50], held_out_settled=[50])
    assert deviations(rows, names, CLUB).isna().all(axis=None)
