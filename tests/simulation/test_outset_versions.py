"""A run that begins under a programme with versions before it: members stand where these brought them."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Doing
from simulation.continuation import continued
from simulation.engine import simulate
from simulation.outset import outset
from simulation.shard import shards
from simulation.streams import Streams
from tests.simulation.crowds import FIRST, crowd

TURN, LAST = FIRST + 60, FIRST + 119


def club(**more: object) -> Programme:
    streak = {"name": "daily", "when": {"event": "sign_in"}, "streak": {"points": [1, 2, 5, 9]}}
    return programme_from_dict({"name": "club", "earning": {"rules": [streak]}, **more})


OLD = club(tiers=[{"name": "basic"}, {"name": "gold", "threshold": 200, "valid_months": 12}])
NEW = club(
    tiers=[{"name": "basic"}, {"name": "gold", "threshold": 90_000, "valid_months": 3}],
    effective_on=to_date(TURN),
)


def test_a_tier_that_an_earlier_version_gave_is_held_as_long_as_it_was_promised() -> None:
    people, behaviour = crowd(120, FIRST, TURN), Behaviour(doing=Doing(sign_in=3.0))
    arm = Arm(programmes=((FIRST, OLD), (TURN, NEW)), behaviour=behaviour)
    history = continued(people, simulate(people, arm, (FIRST, LAST), Streams(4, 1)), NEW)
    known, without = (
        shards(outset(history, NEW, 12, 1, behaviour, earlier=earlier), [NEW], 10**6)[0].accounts[0]
        for earlier in ([OLD], [])
    )
    assert known is not None and without is not None
    gold = np.flatnonzero(known.tier == 1)
    assert len(gold) > 20 and np.array_equal(known.tier, without.tier)
    # All came before the change, with a year promised: the three months of today's version are not theirs.
    later = np.full(len(gold), FIRST + 300, np.int32)
    for accounts, tier in ((known, 1), (without, 0)):
        accounts.settle(gold, later)
        assert (accounts.tier[gold] == tier).all()


def test_days_in_a_row_before_the_start_count_in_a_run_from_there() -> None:
    people, behaviour = crowd(60, FIRST, FIRST + 5), Behaviour(doing=Doing(sign_in=7.0, alike=50.0))
    facts = simulate(people, Arm.of(OLD, behaviour), (FIRST, LAST), Streams(4, 1))
    history = continued(people, facts, OLD)
    names = history.labels["activities.kind"]
    signed = history.activities.codes["kind"] == names.index("sign_in")
    assert signed.sum() == len(facts.activities["at"]) > 1000
    (accounts,) = shards(outset(history, OLD, 2, 1, behaviour), [OLD], 10**6)[0].accounts
    assert accounts is not None
    eve = facts.activities["member"][facts.activities["day"] == LAST]
    who = np.unique(eve)
    earned = accounts.act(who, np.full(len(who), LAST + 1, np.int32), "sign_in").earned
    assert len(who) > 10 and (earned >= 2).all()  # the second day in a row, or a later one
