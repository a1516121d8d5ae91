"""How far the forecasts of a backtest are spread, by how far off those from earlier origins were.

By class of metrics. An origin counts once, however many weeks it tells of, as weeks of one origin miss
together; later ones count more (`coverage.widening`).
All origins suppose the same of what a calibration leaves open (`uncertainty`), so that what the samples of
one were short of is what those of the next are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulation.coverage import widening

if TYPE_CHECKING:
    from simulation.backtest import Test

CLASSES = (
    ("purchases", "buyers", "points_issued", "points_redeemed"),
    ("members_active", "members_silent", "members_churned"),
    ("points_outstanding",),
)


def factors(earlier: Sequence[Test]) -> dict[str, float]:
    """For each metric how many times as wide as its samples its intervals have to be, by the tests so far."""
    found = dict[str, float]()
    for names in CLASSES:
        found |= dict.fromkeys(names, widening([(one.actual, one.samples) for one in earlier], names))
    return found
