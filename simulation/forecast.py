"""How far the levels of an answer may be off: intervals of what comes, not of the mean of its replications.

Chance as the replications of the answer tell it, beside what the past leaves open; as wide as a backtest of
the programme says that they must be, where one stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulation.evidence import Z_90
from simulation.stopping import deviation

SIDES = ("baseline", "scenario")
Row = Mapping[str, Any]


def forecasts(
    horizon: Mapping[str, Sequence[Row]], replications: int, levels: Sequence[Row], factor: float | None
) -> list[dict[str, Any]]:
    """For each figure of the whole span the mean and the 90 % interval of what comes on both sides; figures
    without an interval are left out.

    `levels` are standard deviations by what the past leaves open (`grounds`), `factor` is the widening of a
    backtest, None where there is none: intervals are then as they were drawn.
    """
    open_by = {_key(row): row for row in levels}
    rows = []
    for pair in zip(*(horizon[side] for side in SIDES), strict=True):
        known = open_by.get(_key(pair[0]))
        if known is None or any(
            row["low"] is None or known[side] is None for side, row in zip(SIDES, pair, strict=True)
        ):
            continue
        about = {name: pair[0][name] for name in ("metric", "member_tier") if name in pair[0]}
        ends = {
            side: _forecast(row, replications, known[side], factor or 1.0)
            for side, row in zip(SIDES, pair, strict=True)
        }
        rows.append(about | ends)
    return rows


def _forecast(row: Row, replications: int, left_open: float, factor: float) -> dict[str, float]:
    """Of one side; nothing that is counted falls below 0."""
    mean = row["mean"]
    chance = deviation((row["high"] - row["low"]) / 2, replications)
    reach = Z_90 * factor * float(np.hypot(chance * np.sqrt(1 + 1 / replications), left_open))
    low = mean - reach
    return {"mean": mean, "low": max(low, 0.0) if mean >= 0 else low, "high": mean + reach}


def _key(row: Row) -> tuple[str, str | None]:
    return row["metric"], row.get("member_tier")
