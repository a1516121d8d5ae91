"""Rates of coupons, cards and referrals come back from what was simulated with them; else defaults stand."""

from __future__ import annotations

import pytest

from loyalty_core.history import History
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Couponing, Purchasing, Referring, Spending, Storing
from simulation.calibration import calibrate
from simulation.continuation import continued
from simulation.engine import simulate
from simulation.evidence import Status
from simulation.habit_rates import card_habits, coupons_used, referrals_a_year
from simulation.streams import Streams
from tests.simulation.crowds import DAYS, LAST, PROGRAMME, crowd, past

GIVING = programme_from_dict(
    PROGRAMME.model_dump(mode="json")
    | {
        "stored_value": {"bonuses": [{"from_amount": 100, "bonus": 5}]},
        "coupons": [
            {"name": "often", "face_value": "2", "given_for": {"at_least": 20}, "days_valid": 45},
            {"name": "large", "percent_off": 10, "given_for": {"at_least": 60}, "minimum_spend": "30"},
        ],
    }
)
TRUE = Behaviour(
    purchasing=Purchasing(r=1.0, alpha=2.0, a=0.8, b=12.0),
    spending=Spending(p=2.0, q=4.0, v=60.0),
    couponing=Couponing(uses=0.3),
    storing=Storing(holders=0.4, tops_up=0.25, amounts=(50.0, 200.0), pays=0.7),
    referring=Referring(a_year=0.6),
)


@pytest.fixture(scope="module")
def history() -> History:
    people = crowd(500)
    facts = simulate(people, Arm.of(GIVING, TRUE), DAYS, Streams(2, 1))
    return continued(people, facts, GIVING)


def test_how_often_coupons_are_used_comes_back(history: History) -> None:
    seen = coupons_used(history, GIVING, LAST + 1)
    low, high = seen.share_range
    assert seen.value == pytest.approx(0.3, abs=0.04) and high - low < 0.05


def test_how_cards_are_used_comes_back(history: History) -> None:
    seen = card_habits(history, LAST + 1)
    assert seen.holders.value == pytest.approx(0.4, abs=0.06)
    assert seen.tops_up.value == pytest.approx(0.25, abs=0.04)
    assert seen.pays.value == pytest.approx(0.7, abs=0.05)
    assert set(seen.amounts) == {5000, 20000} and 4 <= seen.amounts.count(5000) <= 6


def test_how_many_friends_are_brought_comes_back(history: History) -> None:
    seen = referrals_a_year(history, GIVING, LAST + 1)
    low, high = seen.rate_range
    assert low * 0.9 < 0.6 < high * 1.1 and seen.value == pytest.approx(0.6, rel=0.2)


def test_a_calibration_tells_them_with_ranges_and_says_what_it_could_not_see(history: History) -> None:
    found = calibrate(history, GIVING)
    told = {one.key: one for one in found.quantities}
    for key in ("coupons_used", "card_holders", "tops_up", "pays_by_card", "referrals_a_year"):
        assert told[key].status is Status.CALIBRATED and told[key].low < told[key].value < told[key].high
    assert found.behaviour.couponing.uses == pytest.approx(told["coupons_used"].value, abs=1e-6)
    assert found.behaviour.storing.status is Status.CALIBRATED
    plain = calibrate(past(200)[0], GIVING)
    quantity = plain.quantity("coupons_used")
    assert (quantity.value, quantity.status) == (Couponing().uses, Status.ASSUMPTION)
    refused = " ".join(one.en for one in plain.refused)
    assert "Referrals keep the default" in refused and "Prepaid cards keep the default" in refused
