"""The crowd against one SimPy process for each member: the same facts, exactly."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing, Redeeming, Refunding, Spending
from simulation.campaigns import Campaign
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.plan import Plan
from simulation.population import Population
from simulation.streams import Streams
from tests.core.whole_programmes import whole_programmes
from tests.simulation.crowds import FIRST, crowd
from tests.simulation.plain_engine import simulate_plainly

TABLES = ("purchases", "entries", "tier_changes", "contacts")
MEMBERS, DAYS = 5, (FIRST, FIRST + 299)


def assert_equal_facts(one: Facts, other: Facts) -> None:
    for table in TABLES:
        left, right = getattr(one, table), getattr(other, table)
        assert left.keys() == right.keys()
        for name, column in left.items():
            np.testing.assert_array_equal(column, right[name], err_msg=f"{table}.{name}")


def with_rewards(programme: Programme, lot: Random) -> Programme:
    """The programme with things to have for points, some dearer for the lowest tier."""
    document = programme.model_dump(mode="json")
    document["rewards"] = [
        {"name": f"reward {number}", "points": lot.choice(["0.5", "3", "12", "40"]), "cost": 1}
        for number in range(lot.randint(0, 3))
    ]
    return programme_from_dict(document)


def behaviour(lot: Random) -> Behaviour:
    """Members who buy often, so that little time shows much."""
    return Behaviour(
        purchasing=Purchasing(r=2.0, alpha=lot.choice([1.0, 4.0]), a=0.8, b=8.0),
        spending=Spending(p=2.0, q=4.0, v=lot.choice([2.0, 15.0, 60.0])),
        redeeming=Redeeming(appeal=lot.choice([-1.0, 1.0]), never_share=0.1),
        refunding=Refunding(share=lot.choice([0.0, 0.3]), within_days=lot.choice([1, 20])),
    )


def plan(lot: Random) -> Plan:
    return Plan(campaigns=tuple(_campaign(number, lot) for number in range(lot.randint(0, 3))))


def _campaign(number: int, lot: Random) -> Campaign:
    start = FIRST + lot.randint(20, 250)
    return Campaign(
        campaign_id=f"c{number}",
        kind=lot.choice(["wake_up", "win_back"]),
        starts_on=start,
        ends_on=start + lot.choice([0, 10, 90]),
        after_days=lot.choice([0, 5, 30]),
        until_days=200,
        lift=lot.choice([0.0, 0.7, 3.0]),
        held_out=0.3,
    )


@settings(max_examples=25, deadline=None)
@given(programme=whole_programmes(), number=st.integers(0, 10**6))
def test_members_each_on_their_own_do_what_the_crowd_does(programme: Programme, number: int) -> None:
    lot = Random(number)
    arm = Arm.of(with_rewards(programme, lot), behaviour(lot), plan=plan(lot))
    people: Population = crowd(MEMBERS, *DAYS)
    streams = Streams(number, 1)
    assert_equal_facts(simulate(people, arm, DAYS, streams), simulate_plainly(people, arm, DAYS, streams))
