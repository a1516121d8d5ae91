"""How far the levels of an answer may be off: intervals of what comes, not of the mean of its replications.

Chance as the replications of the answer tell it, beside what is not known; as wide as a backtest of the
programme says that they must be, where one stands. So are the chances of reaching a target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.special import ndtr

from loyalty_core.metrics.dictionary import METRICS
from simulation.evidence import Z_90
from simulation.likelihood import words_for
from simulation.stopping import deviation

SIDES = ("baseline", "scenario")
Row = Mapping[str, Any]


def forecasts(
    horizon: Mapping[str, Sequence[Row]], replications: int, levels: Sequence[Row], factor: float | None
) -> list[dict[str, Any]]:
    """For each figure of the whole span the mean and the 90 % interval of what comes on both sides; figures
    without an interval are left out.

    `levels` are standard deviations by what is not known (`grounds`), `factor` is the widening of a
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


def drawn_too(result: Mapping[str, Any], grounds: Mapping[str, Any], factor: float | None) -> dict[str, Any]:
    """A what-if's result, in which chances of a gain and of reaching targets are those with all that is not
    known drawn as well, were what comes normal; beside each stands what its replications say (`by_chance`).

    `grounds` are what it rests on (`grounds.Grounds`), `factor` is as for `forecasts`. What they do not tell
    stays as it is.
    """
    draws, money = sum(grounds["draws"].values()), result["money"]
    if (better := grounds["probability_better"]) is not None and draws:
        words = {"likely_better": asdict(words_for(better, draws)), "by_chance": money["probability_better"]}
        money = {**money, "probability_better": better, **words}
    open_by = {row["metric"]: row for row in grounds["targets"]}
    targets = [
        {"metric": row["metric"]}
        | {
            side: _chance(result, row, side, open_by.get(row["metric"], {}).get(side), draws, factor or 1.0)
            for side in SIDES
        }
        for row in result["targets"]
    ]
    return {**result, "money": money, "targets": targets}


def _chance(
    result: Mapping[str, Any], row: Row, side: str, left_open: float | None, draws: int, factor: float
) -> dict[str, Any] | None:
    """How likely a side reaches a target; what the replications say where no more is known."""
    told: dict[str, Any] | None = row[side]
    if told is None or left_open is None:
        return told
    about = row["metric"], None, told["period_end"]
    month = next(one for one in result[side]["values"] if (*_key(one), one["period_end"]) == about)
    if month["low"] is None:
        return told
    above = (told["mean"] - told["target"]) * (-1 if METRICS[row["metric"]].direction < 0 else 1)
    spread = _spread(month, result["replications"], left_open, factor)
    share = float(ndtr(above / spread)) if spread else float(above >= 0)
    likely = asdict(words_for(share, draws))
    return {**told, "probability": share, "likely": likely, "by_chance": told["probability"]}


def _forecast(row: Row, replications: int, left_open: float, factor: float) -> dict[str, float]:
    """Of one side; nothing that is counted falls below 0."""
    mean, reach = row["mean"], Z_90 * _spread(row, replications, left_open, factor)
    low = mean - reach
    return {"mean": mean, "low": max(low, 0.0) if mean >= 0 else low, "high": mean + reach}


def _spread(row: Row, replications: int, left_open: float, factor: float) -> float:
    """The standard deviation of what comes, from the interval of its mean."""
    chance = deviation((row["high"] - row["low"]) / 2, replications)
    return factor * float(np.hypot(chance * np.sqrt(1 + 1 / replications), left_open))


def _key(row: Row) -> tuple[str, str | None]:
    return row["metric"], row.get("member_tier")
