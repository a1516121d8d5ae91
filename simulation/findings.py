"""What a comparison says of money and of the programme's targets, in numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.metrics.dictionary import METRICS, Kind, target_of
from loyalty_core.rules.programme import Programme
from simulation.likelihood import words_for
from simulation.money import MEANING, notes
from simulation.stopping import Tolerance, enough, half_width

Pairs = Sequence[tuple["pd.Series[float]", "pd.Series[float]"]]


def money_json(gains: Sequence[float], tolerance: float | str | None, programme: Programme) -> dict[str, Any]:
    """The gain over the horizon, and whether it is known as closely as was wanted."""
    met = tolerance is not None and enough(gains, Tolerance.of(tolerance)) is not None
    return gain_json(gains) | {
        "tolerance": tolerance,
        "tolerance_met": met if tolerance is not None else None,
        "meaning": asdict(MEANING),
        "notes": [asdict(one) for one in notes(programme)],
    }


def so_far(gains: Sequence[float]) -> dict[str, Any]:
    """What is told of the gains of comparisons while others are still to come."""
    low, high = float(min(gains)), float(max(gains))
    return {"so_far": {"runs": len(gains), "low": low, "high": high, "mean": float(np.mean(gains))}}


def gain_json(gains: Sequence[float]) -> dict[str, Any]:
    """A gain in each replication: its mean, the 95 % t interval of that, and how often there is one."""
    half, mean = half_width(gains), float(np.mean(gains))
    known = half < float("inf")
    better = float(np.mean(np.sign(gains))) / 2 + 0.5  # a tie counts half
    return {
        "mean": mean,
        "low": mean - half if known else None,
        "high": mean + half if known else None,
        "half_width": half if known else None,
        "probability_better": better,
        "likely_better": asdict(words_for(better, len(gains))),
    }


def targets_json(pairs: Pairs, programmes: tuple[Programme, Programme]) -> list[dict[str, Any]]:
    """For each target of the programmes that can be told: how often its last whole month reaches it."""
    rows = []
    for metric in _aimed_at(programmes):
        row: dict[str, Any] = {"metric": metric}
        for number, side in enumerate(("baseline", "scenario")):
            values = [_last(pair[number], metric) for pair in pairs]
            row[side] = _reached(metric, programmes[number], values)
        if row["baseline"] is not None or row["scenario"] is not None:
            rows.append(row)
    return rows


def of_targets(
    figures: pd.Series[float], programmes: tuple[Programme, Programme]
) -> dict[tuple[str, str, str], float]:
    """What one side comes to of each metric that has a target, in the last whole month, by `KEYS`."""
    told = {metric: _last(figures, metric) for metric in _aimed_at(programmes)}
    return {(last[0], metric, ""): last[1] for metric, last in told.items() if last is not None}


def _aimed_at(programmes: tuple[Programme, Programme]) -> list[str]:
    return list(dict.fromkeys(name for programme in programmes for name in programme.targets))


def _last(figures: pd.Series[float], metric: str) -> tuple[str, float] | None:
    """The last whole month and its figure. The first month of a run may have begun before it."""
    if metric not in figures.index.get_level_values("metric"):
        return None
    monthly = figures.xs((metric, ""), level=("metric", "member_tier"))
    ends = [end for end in monthly.index if pd.Timestamp(end).is_month_end]
    end = max(ends, default=monthly.index.max())
    return str(end), float(monthly[end])


def _reached(
    metric: str, programme: Programme, values: Sequence[tuple[str, float] | None]
) -> dict[str, Any] | None:
    known = [value for value in values if value is not None and not np.isnan(value[1])]
    declared = METRICS[metric]
    target = target_of(declared, programme)
    whole_month = bool(known) and pd.Timestamp(known[0][0]).is_month_end
    if target is None or not known or (declared.kind is Kind.FLOW and not whole_month):
        return None
    reached = [(one <= target) if declared.direction < 0 else (one >= target) for _, one in known]
    share = float(np.mean(reached))
    return {
        "period_end": known[0][0],
        "target": target,
        "mean": float(np.mean([one for _, one in known])),
        "probability": share,
        "likely": asdict(words_for(share, len(known))),
    }
