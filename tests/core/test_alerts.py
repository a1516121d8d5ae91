"""Alerts: a missed target, and a movement unlike those of before."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.metrics.alerts import Ground, alerts
from loyalty_core.metrics.dictionary import METRICS

CHURNED, REVENUE, RATE = (METRICS[name] for name in ("members_churned", "revenue", "redemption_rate"))
STEADY = [100.0, 101, 100, 102, 101, 103, 101, 102, 103, 102, 104]


def grounds(metric, trend, target=None) -> list[Ground]:
    return [one.ground for one in alerts({metric: trend}, {} if target is None else {metric.name: target})]


@pytest.mark.parametrize(
    ("metric", "value", "missed"),
    [(REVENUE, 99.0, True), (REVENUE, 100.0, False), (CHURNED, 101.0, True), (CHURNED, 100.0, False)],
)
def test_a_target_is_missed_on_the_bad_side_of_it(metric, value: float, missed: bool) -> None:
    assert grounds(metric, [value], 100.0) == [Ground.TARGET] * missed


def test_a_movement_far_from_all_before_is_unusual_and_the_direction_judges_it() -> None:
    (fell,) = alerts({REVENUE: [*STEADY, 60.0]}, {})
    assert (fell.ground, fell.verdict, fell.value) == (Ground.MOVEMENT, -1, 60.0)
    moves = [b - a for a, b in itertools.pairwise(STEADY)]
    assert fell.expected == STEADY[-1] + statistics.median(moves)
    (rose,) = alerts({CHURNED: [*STEADY, 160.0]}, {})
    assert rose.verdict == -1
    assert grounds(REVENUE, [*STEADY, 105.0]) == []


def test_little_past_or_no_movement_at_all_raises_nothing() -> None:
    assert grounds(REVENUE, [100.0, 101, 99, 500]) == []
    assert grounds(REVENUE, [100.0] * 12 + [101.0]) == []
    assert grounds(REVENUE, [*STEADY, None]) == [] and grounds(REVENUE, []) == []


def test_bad_news_come_first() -> None:
    found = alerts({REVENUE: [*STEADY, 200.0], RATE: [0.4], CHURNED: [*STEADY, 300.0]}, {RATE.name: 0.5})
    assert [one.verdict for one in found] == [-1, -1, 1]


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=40), st.floats(0.1, 50), st.floats(-1e4, 1e4))
def test_what_is_unusual_does_not_depend_on_the_unit(trend: list[float], factor: float, shift: float) -> None:
    whole = [float(round(value)) for value in trend]
    moved = [value * 2 ** round(factor) + round(shift) for value in whole]  # exact in binary
    assert grounds(REVENUE, whole) == grounds(REVENUE, moved)
