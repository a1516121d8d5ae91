"""How far a forecast is spread, by how far off those from earlier origins were.

First what each run supposes of the level of demand and of joining (`learnt`), which reaches every metric
through the members; then what that leaves unexplained (`factors`), by class of metrics. An origin counts
once, however many weeks it tells of: weeks of one origin miss together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulation.coverage import widening
from simulation.uncertainty import Unsure

if TYPE_CHECKING:
    from simulation.backtest import Test

CLASSES = (
    ("purchases", "buyers", "points_issued", "points_redeemed"),
    ("members_active", "members_silent", "members_churned"),
    ("points_outstanding",),
)
LEVEL, JOINING = 0.06, 0.2  # standard deviations of logarithms that are believed before any origin tells
FARTHEST = 1.0


def missed(came: float, expected: float) -> float | None:
    """The logarithm of what came over what was expected; None where that says nothing."""
    if min(came, expected) < 1:
        return None
    return float(np.clip(np.log(came / expected), -FARTHEST, FARTHEST))


def learnt(unsure: Unsure, earlier: Sequence[Test]) -> Unsure:
    """With the level of demand and of joining as uncertain as earlier origins found them."""
    levels = [
        missed(one.actual["purchases"].sum(), one.samples["purchases"].mean(0).sum()) for one in earlier
    ]
    joining = _spread(JOINING, [one.joining_missed for one in earlier])
    return replace(unsure, level=_spread(LEVEL, levels), joining=float(np.hypot(unsure.joining, joining)))


def factors(earlier: Sequence[Test]) -> dict[str, float]:
    """For each metric how many times as wide as its samples its intervals have to be."""
    found = dict[str, float]()
    for names in CLASSES:
        found |= dict.fromkeys(names, widening([(one.actual, one.samples) for one in earlier], names))
    return found


def _spread(believed: float, errors: Sequence[float | None]) -> float:
    squares = [believed**2, *(error**2 for error in errors if error is not None)]
    return float(np.sqrt(np.mean(squares)))
