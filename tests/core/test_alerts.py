"""Alerts: a missed target, and a movement unlike those of before."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.errors import InputError
from loyalty_core.metrics.alert_rules import AlertRule, alert_rule
from loyalty_core.metrics.alerts import Ground, alerts
from loyalty_core.metrics.dictionary import METRICS

CHURNED, REVENUE, RATE = (METRICS[name] for name in ("members_churned", "revenue", "redemption_rate"))
STEADY = [100.0, 101, 100, 102, 101, 103, 101, 102, 103, 102, 104]


def grounds(metric, trend, target=None) -> list[Ground]:
    aims = {} if target is None else {metric.name: (trend[-1], target)}
    return [one.ground for one in alerts({metric: trend}, aims)]


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


def test_a_movement_is_unusual_beyond_three_and_a_half_deviations() -> None:
    before, far = [0.0, 1] * 4 + [0], 3.5 * 1.4826  # moves of one up and down
    assert grounds(REVENUE, [*before, far]) == [] and grounds(REVENUE, [*before, -far]) == []
    assert grounds(REVENUE, [*before, math.nextafter(far, 9)]) == [Ground.MOVEMENT]


def test_little_past_or_no_movement_at_all_raises_nothing() -> None:
    assert grounds(REVENUE, [100.0, 101, 99, 500]) == []
    assert grounds(REVENUE, [100.0] * 12 + [101.0]) == []
    assert grounds(REVENUE, [*STEADY, None]) == [] and grounds(REVENUE, []) == []


def test_bad_news_come_first() -> None:
    trends = {REVENUE: [*STEADY, 200.0], RATE: [0.4], CHURNED: [*STEADY, 300.0]}
    found = alerts(trends, {RATE.name: (0.4, 0.5)})
    assert [one.verdict for one in found] == [-1, -1, 1]


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=40), st.floats(0.1, 50), st.floats(-1e4, 1e4))
def test_what_is_unusual_does_not_depend_on_the_unit(trend: list[float], factor: float, shift: float) -> None:
    whole = [float(round(value)) for value in trend]
    moved = [value * 2 ** round(factor) + round(shift) for value in whole]  # exact in binary
    assert grounds(REVENUE, whole) == grounds(REVENUE, moved)


def rule(comparison: str, threshold: str, metric: str = "revenue", **more: object) -> AlertRule:
    document = {"name": "mine", "metric": metric, "comparison": comparison, "threshold": threshold}
    return alert_rule(document | more)


@pytest.mark.parametrize(
    ("asked", "before", "value", "verdict"),
    [
        (rule("above", "100"), 90.0, 100.01, 1),
        (rule("above", "100"), 90.0, 100.0, None),
        (rule("below", "100"), 90.0, 99.0, -1),
        (rule("falls", "5"), 200.0, 189.9, -1),
        (rule("falls", "5"), 200.0, 190.0, None),
        (rule("falls", "5"), None, 1.0, None),
        (rule("rises", "5", "members_churned"), 200.0, 211.0, -1),
        # Of shares a threshold is in percent, and a movement in percentage points.
        (rule("above", "25", "redemption_rate"), None, 0.2501, 1),
        (rule("falls", "5", "redemption_rate"), 0.50, 0.449, -1),
        (rule("falls", "5", "redemption_rate"), 0.50, 0.451, None),
        (rule("below", "100"), 90.0, None, None),
    ],
)
def test_a_rule_tells_beyond_its_threshold_and_the_direction_judges_it(
    asked: AlertRule, before: float | None, value: float | None, verdict: int | None
) -> None:
    found = asked.alert(value, before)
    assert (found.verdict if found else None) == verdict
    assert found is None or (found.ground, found.value) == (Ground.RULE, value)


def test_a_rule_says_how_often_it_would_have_told() -> None:
    values = [100.0, 90.0, None, 80.0, 70.0, 75.0]
    assert rule("below", "85").times_met(values) == 3
    assert rule("falls", "5").times_met(values) == 2  # to 90 and from 80 to 70
    assert rule("below", "85").times_met(values[-1:]) == 0


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"metric": "revenu"}, "did you mean revenue"),
        ({"metric": "tier_share"}, "tier_share is a figure of each member_tier"),
        ({"metric": "member_sales_share", "where": {"member_tier": ["gold"]}}, "not known by member_tier"),
        ({"comparison": "about"}, "comparison"),
        ({"threshold": "much"}, "threshold"),
        ({"name": ""}, "name"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_answered_in_one_line(document: dict, complaint: str) -> None:
    fields = {"name": "mine", "metric": "revenue", "comparison": "above", "threshold": "1"}
    with pytest.raises(InputError, match=complaint) as found:
        alert_rule(fields | document)
    assert "\n" not in str(found.value)
