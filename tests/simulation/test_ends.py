"""Suppositions at both ends of what is known of them: which are tried, what they move, what turns a sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.ends import Ends, at_ends, named, supposed_in, turning
from simulation.evidence import Status
from simulation.experiment import contest_of, run
from simulation.grounds import grounds
from simulation.levers import Lever
from simulation.outset import outset
from simulation.scenario import Scenario
from simulation.stopping import Gain
from tests.simulation.crowds import PROGRAMME, past

DEARER = Scenario(changes={"rewards.tea.points": 450}, months=1, replications=1)
PULL = Lever(path="effects.goal_gradient", low=0.0, high=0.45)
MOMENTUM = Lever(path="effects.redemption_momentum", low=1.05, high=1.15)
GAIN = Gain(mean=100.0, variance=25.0, runs=20)
CENTRAL = np.array([90.0, 110.0, 95.0])


@pytest.fixture(scope="module")
def history() -> History:
    return past(150)[0]


def test_what_is_supposed_is_on_has_a_range_and_is_not_calibrated(history: History) -> None:
    library = default_effects()
    told = {"value": 0.3, "low": 0.2, "high": 0.4, "status": Status.CALIBRATED}
    neutral = library.redemption_momentum.model_copy(update={"value": 1.0, "low": 0.9})
    own = library.model_copy(
        update={
            "goal_gradient": library.goal_gradient.model_copy(update=told),
            "redemption_momentum": neutral,
            "review_push": library.review_push.model_copy(update={"on": False}),
        }
    )
    line = {"name": "spring", "kind": "wake_up", "first_day": "2026-04-01", "last_day": "2026-04-30",
            "response": {"lift": 0.2, "lift_range": [0.1, 0.4]}}  # fmt: skip
    start = replace(outset(history, PROGRAMME, 1, 1, Behaviour()), effects=own)
    scenario = Scenario(months=1, replications=1, campaigns=[line])
    paths = {one.path for one in supposed_in(*contest_of(start, PROGRAMME, (Scenario(), scenario)))}
    assert "effects.redemption_momentum" in paths  # on, though its value changes nothing
    assert not {"effects.goal_gradient", "effects.review_push"} & paths
    assert "campaigns.spring.response.lift" in paths and "campaigns.spring.response.returns" not in paths
    assert all(named(path).zh for path in paths)


def test_an_effect_at_an_end_is_the_what_if_run_with_that_value(history: History) -> None:
    start = outset(history, PROGRAMME, 1, 1, Behaviour())
    start = replace(start, effects=default_effects().only("goal_gradient"))
    design, nothing = contest_of(start, PROGRAMME, (Scenario(), DEARER))
    found = grounds(design, nothing, PROGRAMME, 2, GAIN).ends
    place = [one.path for one in found.levers].index(PULL.path)
    thrice = DEARER.model_copy(update={"replications": 3})

    def gains(value: float) -> np.ndarray:
        sides = tuple(
            one.model_copy(update={"effects": {"goal_gradient": value}}) for one in (Scenario(), thrice)
        )
        worth = run(*contest_of(start, PROGRAMME, sides), thrice).money
        return worth[:, 1] - worth[:, 0]

    central = gains(default_effects().goal_gradient.value)
    moves = [(gains(end) - central).mean() for end in (PULL.low, PULL.high)]
    assert found.moves[place] == pytest.approx(moves) and any(moves)
    pairs = at_ends([PULL], design, nothing, PROGRAMME)
    assert [[arm.effects.goal_gradient.value for arm in pair] for pair in pairs] == [[0, 0], [0.45, 0.45]]


def test_only_a_move_beyond_luck_turns_a_sign_and_what_moves_nothing_is_not_told() -> None:
    still = np.tile(CENTRAL, (2, 1))
    up = CENTRAL + np.array([9.0, 11.0, 10.0])
    down = np.stack([CENTRAL + np.array([-149.0, -151.0, -150.0]), up])
    found = Ends.of(GAIN, [PULL, MOMENTUM], CENTRAL, np.vstack([still, down])).to_json()
    (row,) = found
    assert (row["path"], row["turns"]) == (MOMENTUM.path, ["low"])
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((-50, 110))
    told = turning(found)
    assert told is not None and "at its low end (1.05)" in told.en and "取下限（1.05）" in told.zh
    loose = np.stack([CENTRAL + np.array([-900.0, 600.0, -150.0]), up])
    by_luck = Ends.of(GAIN, [MOMENTUM], CENTRAL, loose).to_json()
    assert by_luck[0]["gain_low"] == pytest.approx(-50) and by_luck[0]["turns"] == []
    assert turning(by_luck) is None
    assert row["half_width"] == pytest.approx(1.959964 * (1 / 3) ** 0.5)  # both deviate by 1


def test_those_that_turn_the_sign_come_first_then_those_that_move_it_most() -> None:
    rows = np.stack([CENTRAL + 10, CENTRAL + 300, CENTRAL - 20, CENTRAL - 130])
    found = Ends.of(GAIN, [MOMENTUM, PULL], CENTRAL, rows).to_json()
    assert [(row["path"], row["turns"]) for row in found] == [(PULL.path, ["high"]), (MOMENTUM.path, [])]
