"""`loyalty break-even`: the sentence says where the scenario pays, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.commands.break_even import said
from simulation.breakeven import solved


@pytest.mark.parametrize(
    ("gain", "where"),
    [
        (lambda value: value - 0.25, "pays above 0.25."),
        (lambda value: 0.25 - value, "pays below 0.25."),
        (lambda value: value, "pays above 0."),
        (lambda value: 1 - value, "pays below 1."),
        (lambda value: -value, "pays nowhere between 0 and 1, and costs nothing at 0."),
        (lambda value: value - 1, "pays nowhere between 0 and 1, and costs nothing at 1."),
        (lambda value: 1 + value, "pays everywhere between 0 and 1."),
        (lambda value: -1 - value, "pays nowhere between 0 and 1."),
        (lambda value: 0.0, "neither gains nor loses at 0 and at 1."),
    ],
)
def test_the_sentence_says_where_the_scenario_gains(gain: Callable[[float], float], where: str) -> None:
    assert said(solved("effects.x", 0.0, 1.0, gain).to_json()) == f"effects.x: the scenario {where}"
