"""What a programme's own past tells of redemption, refunds and the rhythm of sales."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.behaviour import Redeeming, Refunding
from simulation.evidence import Status
from simulation.habits import redeeming_of, refunding_of, season_of
from tests.simulation.crowds import BEHAVIOUR, PROGRAMME, past


@pytest.fixture(scope="module")
def lived():
    history, _ = past(6000)
    return history, int(history.purchases.day.max()) + 1


def test_the_appeal_of_rewards_comes_back_and_its_slopes_stay_assumptions(lived) -> None:
    history, today = lived
    blunt = BEHAVIOUR.redeeming.model_copy(update={"appeal": -9.0})
    found = redeeming_of(history, PROGRAMME, today, blunt)
    assert found.appeal == pytest.approx(BEHAVIOUR.redeeming.appeal, abs=0.25)
    assert found.status is Status.ASSUMPTION and "slopes are assumptions" in found.source


def test_too_few_redemptions_leave_the_default(lived) -> None:
    history, _ = lived
    long_ago = int(history.purchases.day.min())
    default = Redeeming(appeal=-3.3)
    assert redeeming_of(history, PROGRAMME, long_ago, default).appeal == -3.3


def test_the_share_of_refunds_is_that_of_last_years_sales(lived) -> None:
    history, today = lived
    bought = history.purchases
    recent = bought.day >= today - 365
    refunds = sum(
        1 for day, back in zip(bought.day, bought.refund, strict=True) if back and day >= today - 365
    )
    found = refunding_of(history, today, Refunding())
    assert found.share == pytest.approx(refunds / int(np.count_nonzero(recent & ~bought.refund)), abs=1e-6)
    assert found.status is Status.ASSUMPTION and "delay is an assumption" in found.source


def test_a_past_without_season_shows_none(lived) -> None:
    history, today = lived
    found = season_of(history, today)
    assert found.weekdays == pytest.approx((1.0,) * 7, abs=0.08)
