"""What members do, drawn: within what the past tells, together where its numbers are known together."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration, calibrate
from simulation.drawn_behaviour import drawn_behaviour
from simulation.evidence import Status
from tests.simulation.crowds import PROGRAMME, past

DRAWS = 300


@pytest.fixture(scope="module")
def told() -> Calibration:
    history: History = past(1200)[0]
    return calibrate(history, PROGRAMME)


@pytest.fixture(scope="module")
def drawn(told: Calibration) -> list[Behaviour]:
    return [drawn_behaviour(told.behaviour, told, 1, draw, calibrated=True) for draw in range(DRAWS)]


def test_nine_of_ten_draws_lie_in_the_range_that_the_past_tells(
    told: Calibration, drawn: list[Behaviour]
) -> None:
    seen = {
        "refund_share": [one.refunding.share for one in drawn],
        "redeem_appeal": [one.redeeming.appeal for one in drawn],
        "common_shock": [one.common_shock.spread for one in drawn],
        "mean_amount": [one.spending.mean for one in drawn],
        "weekday_3": [one.season.weekdays[2] for one in drawn],
    }
    for key, values in seen.items():
        quantity = told.quantity(key)
        assert quantity.status is Status.CALIBRATED and quantity.low < quantity.high, key
        inside = np.mean([quantity.low <= value <= quantity.high for value in values])
        assert inside == pytest.approx(0.9, abs=0.07), key
        width = quantity.high - quantity.low
        assert np.mean(values) == pytest.approx(quantity.value, abs=0.35 * width), key


def test_the_choice_to_redeem_is_drawn_as_it_was_fitted(told: Calibration, drawn: list[Behaviour]) -> None:
    fitted = np.array(told.choice_covariance)
    choices = [one.redeeming for one in drawn]
    values = np.array([[one.appeal, one.eagerness, one.ambition] for one in choices])
    assert fitted.shape == (4, 4) and fitted[0, 0] > 0
    slack = 0.25 * np.sqrt(np.outer(np.diag(fitted)[:3], np.diag(fitted)[:3])) + 1e-12
    assert (np.abs(np.cov(values.T) - fitted[:3, :3]) < slack).all()
    # One is not known without the other.
    assert abs(fitted[0, 1]) > 0.3 * np.sqrt(fitted[0, 0] * fitted[1, 1])


def test_factors_of_a_season_average_one_and_stay_above_nothing(drawn: list[Behaviour]) -> None:
    for one in drawn:
        assert np.mean(one.season.weekdays) == pytest.approx(1) == pytest.approx(np.mean(one.season.months))
        assert min(*one.season.weekdays, *one.season.months) > 0


def test_what_has_no_range_or_was_set_stays_as_it_is(told: Calibration) -> None:
    given = ["refunding.share", "redeeming.appeal"]
    one = drawn_behaviour(told.behaviour, told, 1, 7, calibrated=True, given=given)
    assert one.refunding.share == told.behaviour.refunding.share
    assert one.redeeming.appeal == told.behaviour.redeeming.appeal != one.redeeming.eagerness
    assert one.refunding.within_days == told.behaviour.refunding.within_days
    assert one.purchasing == told.behaviour.purchasing  # drawn with its model
    none = told.model_copy(update={"quantities": (), "choice_covariance": ()})
    assert drawn_behaviour(told.behaviour, none, 1, 7, calibrated=True) == told.behaviour


def test_what_is_supposed_with_a_range_is_drawn_with_the_suppositions(told: Calibration) -> None:
    never = told.quantity("never_redeem").model_copy(
        update={"value": 0.15, "low": 0.05, "high": 0.33, "status": Status.ASSUMPTION}
    )
    own = told.model_copy(update={"quantities": (never,), "choice_covariance": ()})
    drawn = [drawn_behaviour(told.behaviour, own, 1, draw, calibrated=False) for draw in range(DRAWS)]
    shares = np.array([one.redeeming.never_share for one in drawn])
    assert ((shares >= 0.05) & (shares <= 0.33)).mean() == pytest.approx(0.9, abs=0.06)
    assert shares.min() >= 0 and len(set(shares)) > DRAWS / 2
    same = drawn_behaviour(told.behaviour, own, 1, 3, calibrated=True)
    assert same == told.behaviour


def test_a_draw_depends_on_seed_and_number_alone(told: Calibration) -> None:
    asked = ((3, 5), (3, 5), (3, 6), (4, 6))
    draw = [drawn_behaviour(told.behaviour, told, *one, calibrated=True) for one in asked]
    assert draw[0] == draw[1] != draw[2] != draw[3]
