"""What a backtest says of a simulation's forecasts, metric by metric, and whether to build on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.days import to_date
from loyalty_core.text import Text
from simulation.backtest import METRICS, Backtest, Outcome, Test
from simulation.coverage import LEVELS, chance_region, hits, region_together, widening

DECIDE = Text("decide", "可据此决策")
PILOT = Text("pilot first", "先行试点")
DISTRUST = Text("do not trust", "不宜采信")
VERDICTS = DECIDE, PILOT, DISTRUST
_PILOT, _DISTRUST = 1, 2  # places in `VERDICTS`
NEAR_POINTS = 0.05  # of coverage: so near to nominal one decides
FAR_POINTS = 0.20
FAR_TOTAL = 0.25  # of the volumes: so far off a forecast is of no use
VOLUMES = {
    "purchases": Text("the number of purchases", "消费笔数"),
    "buyers": Text("the number of buyers", "购买人数"),
}
_POINTS = ("points_issued", "points_redeemed", "points_outstanding")


def passport(found: Backtest, point_decimals: int = 0) -> dict[str, Any]:
    """Plain values: origins, a row for each metric, coverage over all, and the verdict with its reasons.

    `coverage` counts hits week by week; `coverage_whole` of all weeks of an origin as one, one trial for each
    metric there, which is what the forecast of a what-if rests on. `widening` is by how much all origins say
    that intervals of a forecast from now on must be widened.

    Errors are of the mean forecast, over all weeks of the origins judged: `wape` the sum of misses and
    `total_error` the sum of errors over the sum of what came, `bias` the mean error of a week in the metric's
    unit. None where nothing came, or where the past knows no such thing.
    """
    rows = [_row(metric, found, point_decimals) for metric in METRICS]
    weekly, whole = (_pooled([getattr(test, span) for test in found.judged]) for span in ("weekly", "whole"))
    verdict, reasons = _verdict(rows, weekly, whole)
    return {
        "origins": [_origin(test) for test in found.judged],
        "horizon_months": found.horizon_months,
        "warm_ups": found.warm_ups,
        "metrics": rows,
        "coverage": weekly,
        "coverage_whole": whole,
        "widening": widening([(one.weekly.actual, one.weekly.samples) for one in found.tests], METRICS),
        "verdict": verdict.en,
        "verdict_words": asdict(verdict),
        "reasons": [asdict(reason) for reason in reasons],
    }


def _origin(test: Test) -> dict[str, Any]:
    ends = int(test.weeks.last[-1])
    return {
        "from": to_date(test.origin).isoformat(),
        "to": to_date(ends).isoformat(),
        "weeks": len(test.weeks),
        "model": test.model,
    }


def _row(metric: str, found: Backtest, point_decimals: int) -> dict[str, Any]:
    actual = np.concatenate([test.weekly.actual[metric] for test in found.judged])
    samples = np.concatenate([test.weekly.spread(metric) for test in found.judged], axis=1)
    unit = 10**point_decimals if metric in _POINTS else 1
    plain = {name: _errors(forecast, actual, unit) for name, forecast in _plain(metric, found).items()}
    # Of the samples as they were drawn: widened ones end at 0, which would raise their mean.
    own = _errors(
        np.concatenate([test.weekly.samples[metric].mean(axis=0) for test in found.judged]), actual, unit
    )
    known = own["wape"] is not None
    best = min(plain, key=lambda name: plain[name]["wape"] or 0.0) if known and plain else None
    return {
        "metric": metric,
        **own,
        "coverage": {str(one): float(hits(actual, samples, one).mean()) if known else None for one in LEVELS},
        "weeks": len(actual),
        "plain": plain,
        "best_plain": best,
        "better_than_plain": None
        if best is None
        else bool((own["wape"] or 0.0) < (plain[best]["wape"] or 0.0)),
        "widening": _widening(metric, found.tests),
    }


def _plain(metric: str, found: Backtest) -> dict[str, Floats]:
    """Each plain forecast that could be made at every origin."""
    names = [name for name in found.judged[0].plain if all(name in test.plain for test in found.judged)]
    return {name: np.concatenate([test.plain[name][metric] for test in found.judged]) for name in names}


def _errors(forecast: Floats, actual: Floats, unit: int) -> dict[str, float | None]:
    came = float(np.abs(actual).sum())
    if not came:
        return {"wape": None, "bias": None, "total_error": None}
    error = forecast - actual
    return {
        "wape": float(np.abs(error).sum() / came),
        "bias": float(error.mean() / unit),
        "total_error": float(error.sum() / actual.sum()),
    }


def _widening(metric: str, tests: Sequence[Test]) -> float:
    """By how much all origins together say that intervals must be widened."""
    return widening([(test.weekly.actual, test.weekly.samples) for test in tests], [metric])


def _pooled(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Hits over all origins, spans and metrics that were there, and the region of chance around nominal: were
    they independent (`low`, `high`), and as spans and metrics of one origin miss together."""
    metrics = [name for name in METRICS if any(one.actual[name].any() for one in outcomes)]
    samples = [[one.samples[name] for name in metrics] for one in outcomes]
    rows = {}
    for level in LEVELS:
        hit = np.concatenate(
            [hits(one.actual[name], one.spread(name), level) for one in outcomes for name in metrics]
        )
        low, high = chance_region(level, len(hit))
        low_together, high_together = region_together(samples, level)
        share = float(hit.mean())
        rows[str(level)] = {
            "share": share,
            "held": int(hit.sum()),
            "trials": len(hit),
            "low": low,
            "high": high,
            "inside": low <= share <= high,
            "low_together": low_together,
            "high_together": high_together,
        }
    return rows


Hits = Mapping[str, Mapping[str, Any]]  # by level, as `_pooled` has them
Reason = tuple[int, Text]  # the place of the verdict that it calls for, and its words


def _verdict(rows: Sequence[dict[str, Any]], weekly: Hits, whole: Hits) -> tuple[Text, list[Text]]:
    """The worst that any reason calls for.

    The whole span is what a decision rests on, but tests of the past make few trials of it, which miss
    together: seven of one origin may all be missed by chance. They are judged by the region that knows this,
    and where they are too few to fail, the best verdict is out of reach. Of weeks there are many: they are
    judged as if each told something of its own. Neither may fail, and what is farther off than one decides on
    is tried out first even where chance may have put it there.
    """
    volumes = [row for row in rows if row["metric"] in VOLUMES and row["wape"] is not None]
    if not volumes:
        return DISTRUST, [Text("Nothing was bought in the weeks tested.", "检验期内没有任何消费。")]
    totals, weeks = Text("totals of the whole span", "整段合计"), Text("weeks and metrics", "周与指标")
    of_whole = _by_hits(whole, ("low_together", "high_together"), totals) + _by_trials(whole)
    reasons = [
        *(of_whole or _perhaps_by_chance(whole, totals)),
        *(_by_hits(weekly, ("low", "high"), weeks) or _perhaps_by_chance(weekly, weeks)),
        *_by_volume(volumes),
        *_by_plain(volumes),
    ]
    if not reasons:
        return DECIDE, [
            Text(
                "Intervals held what they promise, week by week and of the whole span, and no plain forecast "
                "came nearer.",
                "逐周及整段的区间覆盖率均符合标称水平，且优于各简单预测。",
            )
        ]
    return VERDICTS[max(place for place, _ in reasons)], [words for _, words in reasons]


def _by_hits(pooled: Hits, region: tuple[str, str], of_what: Text) -> list[Reason]:
    """Of the level whose intervals are farthest from what they promise, where chance does not explain it."""
    low, high = region
    far = _far(pooled)
    missed = [one for one in far if not pooled[one][low] <= pooled[one]["share"] <= pooled[one][high]]
    if not missed:
        return []
    level = max(missed, key=far.__getitem__)
    told, wide = _held(level, pooled, of_what)
    words = Text(f"{told.en}: they are too {wide.en}.", f"{told.zh}：区间过{wide.zh}。")
    return [(_DISTRUST if far[level] > FAR_POINTS else _PILOT, words)]


def _perhaps_by_chance(pooled: Hits, of_what: Text) -> list[Reason]:
    """Of the level whose intervals are farthest from what they promise, be it by chance."""
    far = _far(pooled)
    if not far:
        return []
    told, wide = _held(max(far, key=far.__getitem__), pooled, of_what)
    words = Text(
        f"{told.en}: chance may explain it, or they are too {wide.en}.",
        f"{told.zh}：可能出于偶然，也可能是区间过{wide.zh}。",
    )
    return [(_PILOT, words)]


def _far(pooled: Hits) -> dict[str, float]:
    """By level how far its intervals are from what they promise, of those too far for a decision."""
    gaps = {level: round(abs(row["share"] - int(level) / 100), 9) for level, row in pooled.items()}
    return {level: gap for level, gap in gaps.items() if gap > NEAR_POINTS}


def _held(level: str, pooled: Hits, of_what: Text) -> tuple[Text, Text]:
    """What the intervals of a level held, and what they are if that is not chance."""
    share = pooled[level]["share"]
    told = Text(
        f"{level}% intervals held {share:.0%} of {of_what.en}",
        f"{level}% 区间实际覆盖了 {share:.0%} 的{of_what.zh}",
    )
    return told, Text("wide", "宽") if share > int(level) / 100 else Text("narrow", "窄")


def _by_trials(whole: Hits) -> list[Reason]:
    """Where intervals that are far from right would pass for right."""
    level, row = max(whole.items(), key=lambda one: int(one[0]))
    least = round(row["low"] * row["trials"])
    if row["low"] >= int(level) / 100 - FAR_POINTS:
        return []
    words = Text(
        f"The past holds {row['trials']} totals of the whole span to test, of which right {level}% intervals "
        f"may hold as few as {least}: too few to tell right from wrong.",
        f"历史数据中可供检验的整段合计仅 {row['trials']} 个，正确的 {level}% 区间也可能只覆盖其中 "
        f"{least} 个：数量太少，难辨对错。",
    )
    return [(_PILOT, words)]


def _by_volume(volumes: Sequence[dict[str, Any]]) -> list[Reason]:
    """Of the volume that was missed most."""
    worst = max(volumes, key=lambda row: abs(row["total_error"]))
    total, what = abs(worst["total_error"]), VOLUMES[worst["metric"]]
    if total <= FAR_TOTAL:
        return []
    words = Text(f"Forecasts missed {what.en} by {total:.0%}.", f"预测的{what.zh}与实际相差 {total:.0%}。")
    return [(_DISTRUST, words)]


def _by_plain(volumes: Sequence[dict[str, Any]]) -> list[Reason]:
    """Of the first volume to which a plain forecast came nearer."""
    beaten = [row for row in volumes if row["better_than_plain"] is False]
    if not beaten:
        return []
    name, what = beaten[0]["best_plain"].replace("_", " "), VOLUMES[beaten[0]["metric"]]
    words = Text(
        f"A plain forecast ({name}) was nearer to {what.en}.", f"简单预测（{name}）更接近实际{what.zh}。"
    )
    return [(_PILOT, words)]
