"""A head start on joining: for whoever joins under its rules, felt until the first goal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.journal import ACTIVITIES, Facts
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, PROGRAMME, crowd

CHANGE = FIRST + 150


def welcoming(points: str = "60") -> Programme:
    """The test programme with points for joining."""
    document = PROGRAMME.model_dump(mode="json")
    document["earning"]["rules"] = [{"name": "hello", "when": {"event": "joined"}, "points": points}]
    return programme_from_dict(document)


def lived(
    *programmes: tuple[int, Programme], behaviour: Behaviour = BEHAVIOUR, on: bool = True, n: int = 250
) -> Facts:
    effects = default_effects().switched(endowed_progress=on)
    arm = replace(Arm.of(programmes[0][1], behaviour, effects), programmes=programmes)
    return simulate(crowd(n), arm, DAYS, Streams(5, 1))


def test_joining_is_a_deed_where_rules_of_its_day_ask_for_it() -> None:
    facts = lived((FIRST, PROGRAMME), (CHANGE, welcoming()))
    joined_on, done = facts.population.joined_on, facts.activities
    assert set(np.array(ACTIVITIES)[done["kind"]]) == {"joined"}
    assert np.array_equal(done["member"], np.flatnonzero(joined_on >= CHANGE))
    assert np.array_equal(done["day"], joined_on[done["member"]])
    given = facts.entries["amount"][facts.entries["ordinal"] < 0]
    assert (given[given > 0] == 60).all() and (given > 0).sum() == len(done["member"])
    assert not len(lived((FIRST, PROGRAMME)).activities["member"])


def test_who_was_given_a_head_start_buys_faster_until_a_reward_or_a_tier_and_nobody_else_does() -> None:
    with_it, without = (lived((FIRST, welcoming("1")), on=on) for on in (True, False))
    again = [
        pd.DataFrame(one.purchases).query("ordinal == 1 and not refund").set_index("member")["day"]
        for one in (with_it, without)
    ]
    gained = (again[1] - again[0]).dropna()  # days by which the second sale comes sooner
    assert (gained >= 0).all() and (gained > 0).mean() > 0.4 and len(again[0]) >= len(again[1])
    assert len(with_it.purchases["day"]) > 1.03 * len(without.purchases["day"])


def test_rates_fitted_under_a_head_start_contain_it() -> None:
    seen = BEHAVIOUR.model_copy(update={"usual_head_start": 1.0})
    neutral, plain = lived((FIRST, welcoming()), behaviour=seen), lived((FIRST, welcoming()), on=False)
    for name, column in plain.purchases.items():
        assert np.array_equal(neutral.purchases[name], column), name
    gone = lived((FIRST, PROGRAMME), behaviour=seen)
    assert len(gone.purchases["day"]) < len(lived((FIRST, PROGRAMME)).purchases["day"])
