"""Every effect of the library in a run that has somebody to move for each: on it moves, off not a bit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from loyalty_core.days import to_date
from simulation.behaviour import Behaviour, Joining, Purchasing, Referring, Refunding
from simulation.effects import OF_LEDGERS, Effects, default_effects
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.scenario import scenario_from_dict
from simulation.streams import Streams
from simulation.subscribing import PaidTier, Subscribing
from tests.simulation.crowds import DAYS, FIRST, PROGRAMME, crowd

PLUS = {"name": "plus", "entry": "paid", "fee": 60, "fee_months": 2}
BUSY = PROGRAMME.model_validate(
    PROGRAMME.model_dump(mode="json")
    | {
        "tiers": [*PROGRAMME.model_dump(mode="json")["tiers"], PLUS],
        "qualification": {"window": "calendar", "reviews": ["01-01", "07-01"], "months": 6},
        "earning": {
            "points_per_unit": 1,
            "rules": [{"name": "hello", "when": {"event": "joined"}, "points": 20}],
        },
        "expiry": {"months": 4},
    }
)
CAMPAIGNS = [
    {"name": kind, "kind": kind, "first_day": to_date(FIRST + day), "last_day": to_date(FIRST + day + 30)}
    for kind, day in (("wake_up", 200), ("win_back", 330))
]
WHO = Behaviour(
    purchasing=Purchasing(model="bg_nbd", r=0.8, alpha=4.0, a=0.8, b=4.0),
    refunding=Refunding(share=0.05),
    joining=Joining(buying_at_once=0.9),
    referring=Referring(a_year=1.0),
    subscribing=Subscribing(buys=0.1, tiers=(PaidTier(name="plus", weight=1.0, usual_price=15.0),)),
)
MOMENTUM, PUSHED, SOON = {"redemption_momentum": 1.9}, {"review_push": 1.9}, {"expiry_redemption": 9.0}
# By key a value that shows; for what is a setting of other effects, these as well.
ALONE = {
    "programme_dropout": 0.5,
    "programme_frequency": 1.5,
    "programme_basket": 1.3,
    "goal_gradient": 0.9,
    "endowed_progress": 2.2,
    "review_push": 1.9,
    "reached_low": 1.6,
    "reached_high": 1.6,
    "missed_low": 0.3,
    "missed_high": 0.3,
    "demotion": 0.3,
    "demotion_high": 0.3,
    "demotion_dropout": 4.0,
    "redemption_momentum": 1.9,
    "expiry_redemption": 9.0,
    "expiry_purchase": 2.0,
    "saving_up": 0.05,
    "tier_redemption": 5.0,
    "wake_up": 0.5,
    "win_back": 0.5,
    "referral_retention": 9.0,
    "fee_buying": 2.0,
    "fee_renewing": 0.8,
}
SETTINGS = {
    "review_push_gap": (0.9, PUSHED),
    "review_push_window": (0.9, PUSHED),
    "response_heavy": (1.0, MOMENTUM),
    "response_others": (0.1, MOMENTUM),
    "response_half_life": (0.5, {"reached_low": 1.6}),
    "momentum_cycles": (9.0, MOMENTUM),
    "expiry_window": (90.0, SOON),
}
LIBRARY = default_effects()


def lived(effects: Effects) -> Facts:
    scenario = scenario_from_dict({"name": "busy", "campaigns": CAMPAIGNS})
    arm = scenario.arm(BUSY, WHO, effects, DAYS[0])
    return simulate(crowd(400, FIRST, FIRST + 90), arm, DAYS, Streams(7, 1))


@cache
def unmoved() -> Facts:
    return lived(LIBRARY.only())


def same(one: Facts, other: Facts) -> bool:
    """Whether the same happened to the same members, and to the friends they brought."""
    assert one.friends is not None and other.friends is not None
    return all(
        np.array_equal(column, getattr(right, table)[name])
        for left, right in ((one, other), (one.friends, other.friends))
        for table in ("purchases", "entries", "tier_changes", "activities", "contacts")
        for name, column in getattr(left, table).items()
    )


def test_no_effect_is_left_out() -> None:
    assert ALONE.keys() | SETTINGS.keys() | set(OF_LEDGERS) == {key for key, _ in LIBRARY.items()}


@pytest.mark.parametrize("key", ALONE)
def test_an_effect_moves_members_while_it_is_on_and_nobody_while_it_is_off(key: str) -> None:
    strong = LIBRARY.only(key).with_values(**{key: ALONE[key]})
    assert not same(lived(strong), unmoved())
    assert same(lived(strong.switched(**{key: False})), unmoved())


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_moves_members_through_its_effect_alone(key: str) -> None:
    value, carrier = SETTINGS[key]
    acting = LIBRARY.only(*carrier).with_values(**carrier)
    assert not same(lived(acting.with_values(**{key: value})), lived(acting))
    assert same(lived(LIBRARY.only().with_values(**{key: value})), unmoved())
