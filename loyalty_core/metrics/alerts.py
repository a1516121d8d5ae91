"""What deserves a look this morning: targets that are missed, and movements unlike those of before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from loyalty_core.metrics.metric import Metric

LEAST_MOVES = 8  # that are known before one is called unusual
FAR = 3.5  # modified z-score (Iglewicz and Hoaglin 1993)
_TO_DEVIATIONS = 1.4826  # of a normal distribution, from its median absolute deviation


class Ground(Enum):
    """Why an alert is raised."""

    TARGET = "target"
    MOVEMENT = "movement"
    RULE = "rule"  # that somebody wrote


@dataclass(frozen=True, slots=True)
class Alert:
    """One number that deserves a look: what it is, and what it was expected to be about.

    Expected is the target, the value before moved on by the usual change, or the limit of a rule. `verdict`
    is -1 where that is bad, +1 where it is good and 0 where it is neither.
    """

    metric: Metric
    ground: Ground
    value: float
    expected: float
    verdict: int


def alerts(
    trends: Mapping[Metric, Sequence[float | None]], aims: Mapping[str, tuple[float, float]]
) -> list[Alert]:
    """The alerts of metrics whose values are given month by month, the present one last; bad news first.

    `aims` holds, by the metric's name, the value that is held against a target, and the target.
    A movement is unusual where it lies further from the median of the changes before than 3.5 of their
    deviations, taken from the median absolute deviation, so that one odd month hides no other.
    """
    found = [
        alert
        for metric, trend in trends.items()
        for alert in (_missed(metric, aims.get(metric.name)), _unusual(metric, trend))
        if alert is not None
    ]
    return sorted(found, key=lambda alert: (alert.verdict, alert.ground.value, alert.metric.name))


def _missed(metric: Metric, aim: tuple[float, float] | None) -> Alert | None:
    if aim is None:
        return None
    value, target = aim
    missed = value > target if metric.direction < 0 else value < target
    return Alert(metric, Ground.TARGET, value, target, -1) if missed else None


def _unusual(metric: Metric, trend: Sequence[float | None]) -> Alert | None:
    known = usual_move(trend, LEAST_MOVES)
    if known is None:
        return None
    now, last = trend[-1], trend[-2]
    if now is None or last is None:
        return None
    usual, deviation = known
    distance = now - last - usual
    if deviation == 0 or abs(distance) <= FAR * deviation:
        return None
    verdict = metric.direction * (1 if distance > 0 else -1)
    return Alert(metric, Ground.MOVEMENT, now, last + usual, verdict)


def usual_move(trend: Sequence[float | None], least: int) -> tuple[float, float] | None:
    """By how much values, given month by month, changed before the last one: the median, and the deviation
    of the changes from it; None where fewer than the `least` are known."""
    moves = np.diff(np.array([np.nan if value is None else value for value in trend[:-1]], np.float64))
    moves = moves[~np.isnan(moves)]
    if len(moves) < least:
        return None
    usual = float(np.median(moves))
    return usual, _TO_DEVIATIONS * float(np.median(np.abs(moves - usual)))
