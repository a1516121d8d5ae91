"""What a programme's own past tells of redemption, refunds and the rhythm of sales."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.behaviour import Redeeming, Refunding
from simulation.calibrated_points import redeeming_of
from simulation.calibrated_refunds import refunding_of
from simulation.calibrated_rhythm import season_and_luck
from simulation.evidence import Status
from simulation.refunds import refunds_of_late
from tests.simulation.crowds import BEHAVIOUR, PROGRAMME, past


@pytest.fixture(scope="module")
def lived():
    history, _ = past(6000)
    return history, int(history.purchases.day.max()) + 1


def test_the_choice_to_redeem_comes_back(lived) -> None:
    history, today = lived
    found = redeeming_of(history, PROGRAMME, today, Redeeming(appeal=-9.0))
    true = BEHAVIOUR.redeeming
    assert found.status is Status.CALIBRATED and "logit" in found.source
    assert found.appeal == pytest.approx(true.appeal, abs=0.15)
    assert found.eagerness == pytest.approx(true.eagerness, abs=0.15)
    assert found.ambition == pytest.approx(true.ambition, abs=0.15)
    assert found.never_share == pytest.approx(true.never_share, abs=0.04)


def test_too_few_redemptions_leave_the_default(lived) -> None:
    history, _ = lived
    long_ago = int(history.purchases.day.min())
    default = Redeeming(appeal=-3.3)
    found = redeeming_of(history, PROGRAMME, long_ago, default)
    assert found.appeal == -3.3 and "fewer than 30 redemptions" in found.source


def test_the_share_of_refunds_is_that_of_last_years_sales_and_so_is_their_delay(lived) -> None:
    history, today = lived
    bought = history.purchases
    recent = bought.day >= today - 365
    back = [row for row in range(len(bought.day)) if bought.refund[row] and recent[row]]
    found = refunding_of(refunds_of_late(history, today), Refunding())
    sales = int(np.count_nonzero(recent & ~bought.refund))
    assert found.share == pytest.approx(len(back) / sales, abs=1e-6)
    assert found.status is Status.CALIBRATED
    assert found.within_days == pytest.approx(BEHAVIOUR.refunding.within_days, abs=1)


def test_a_past_without_season_shows_none_and_hardly_any_common_luck(lived) -> None:
    history, today = lived
    season, luck = season_and_luck(history, None, today)
    assert season.weekdays == pytest.approx((1.0,) * 7, abs=0.08)
    assert luck.status is Status.CALIBRATED and luck.spread < 0.25
