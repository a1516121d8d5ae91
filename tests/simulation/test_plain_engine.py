"""The crowd against one SimPy process for each member: the same facts, exactly."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.desks import Desk, requests, served
from simulation.engine import clock_of, simulate
from simulation.journal import Facts
from simulation.streams import Streams
from tests.core.whole_programmes import whole_programmes
from tests.simulation.arms_by_lot import DAYS, arm, desk, members_of
from tests.simulation.plain_desk import MINUTE_US, plainly_asked, plainly_served
from tests.simulation.plain_engine import simulate_plainly

TABLES = (
    "purchases",
    "entries",
    "other_entries",
    "tier_changes",
    "contacts",
    "activities",
    "coupons",
    "coupon_uses",
)


def assert_equal_facts(one: Facts, other: Facts) -> None:
    """The same rows of the same members, and of the friends they brought."""
    assert one.population.ids.tolist() == other.population.ids.tolist()
    for table in TABLES:
        left, right = getattr(one, table), getattr(other, table)
        assert left.keys() == right.keys()
        for name, column in left.items():
            np.testing.assert_array_equal(column, right[name], err_msg=f"{table}.{name}")
    assert (one.friends is None) == (other.friends is None)
    if one.friends is not None and other.friends is not None:
        assert_equal_facts(one.friends, other.friends)


def assert_served_one_by_one(asked_of: Desk, one: Facts, plain: Facts, met: Arm, streams: Streams) -> None:
    """A desk is asked what members each on their own ask, and serves it as one that takes one at a time."""
    clock, share = clock_of(met, DAYS, streams), met.plan.share
    asked = requests(asked_of, [one], streams, clock, share)
    plainly = plainly_asked(asked_of, plain, streams, clock, share)
    assert list(zip(asked.at.tolist(), asked.minutes.tolist(), strict=True)) == plainly
    midnights = clock.midnight(np.arange(DAYS[0], DAYS[1] + 2))
    minute = ((np.append(midnights, asked.at) - midnights[0]) / MINUTE_US).tolist()
    days, came = minute[: len(midnights)], minute[len(midnights) :]
    found = served(asked_of, asked, clock)
    expected = plainly_served(asked_of, list(zip(came, asked.minutes.tolist(), strict=True)), days)
    for when, times, plain_times in zip(
        came, zip(found.wait.tolist(), found.done.tolist(), strict=True), expected, strict=True
    ):
        assert times == pytest.approx([moment - when for moment in plain_times], abs=1e-3)


@settings(max_examples=20)
@given(first=whole_programmes(), then=whole_programmes(), number=st.integers(0, 10**6))
def test_members_each_on_their_own_do_what_the_crowd_does(
    first: Programme, then: Programme, number: int
) -> None:
    lot = Random(number)
    met, asked_of = arm(first, then, lot), desk(lot)
    streams = Streams(number, 1)
    people, (together, each) = members_of(met, number, lot)
    crowded = simulate(people, met, DAYS, streams, together)
    plain = simulate_plainly(people, met, DAYS, streams, each)
    assert_equal_facts(crowded, plain)
    assert_served_one_by_one(asked_of, crowded, plain, met, streams)
