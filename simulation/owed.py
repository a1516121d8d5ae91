"""What points still outstanding would cost where a scenario changes what members get for theirs.

A run's money counts them at the cost that the programme declares, on both sides alike. Once rewards are
dearer or cheaper in points this is no longer what it takes to redeem them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from loyalty_core.metrics.dictionary import METRICS, Kind
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_COUNTED = Text(
    "Points still outstanding are counted at {rate} {currency} each on both sides, while one that is "
    "redeemed costs {times} times as much under the scenario as it does under the baseline. ",
    "期末未兑换积分在两边均按每分 {rate} {currency} 计，而方案中每兑换一分的成本是基准的 {times} 倍。",
)
MORE = Text(
    _COUNTED.en + "At that, {amount} {currency} more would be owed at the end: the gain is so much smaller.",
    _COUNTED.zh + "照此计算，期末负债会多出 {amount} {currency}，收益相应减少。",
)
LESS = Text(
    _COUNTED.en + "At that, {amount} {currency} less would be owed at the end: the gain is so much larger.",
    _COUNTED.zh + "照此计算，期末负债会减少 {amount} {currency}，收益相应增加。",
)
_PRICES = re.compile(r"rewards\.[^.]*\.(points|cost|points_by_tier|discounts)(\..*)?|points_as_cash\..*")
_NEEDED = ("reward_cost", "points_redeemed", "points_outstanding", "points_pending")
_TOLD = 0.01  # a change of what a point costs by less than this is left to chance
Pairs = Sequence[tuple["pd.Series[float]", "pd.Series[float]"]]


def owed_otherwise(pairs: Pairs, paths: Iterable[str], programme: Programme) -> list[Text]:
    """What is owed beside what is counted, at the costs of a redeemed point that the runs show; nothing where
    `paths` change no price, or no point is redeemed on one of the sides.

    `pairs` are the figures of both sides in each replication, by (period_end, metric, member_tier).
    """
    rate = float(programme.cost_per_point)
    if not rate or not any(map(_PRICES.fullmatch, paths)):
        return []
    base, other = (
        {name: _mean([pair[side] for pair in pairs], name) for name in _NEEDED} for side in range(2)
    )
    if not all(one["points_redeemed"] and one["reward_cost"] for one in (base, other)):
        return []
    a_point, otherwise = (one["reward_cost"] / one["points_redeemed"] for one in (base, other))
    times = otherwise / a_point
    if abs(times - 1) < _TOLD:
        return []
    more = rate * (other["points_outstanding"] + other["points_pending"]) * (times - 1)
    words = MORE if more > 0 else LESS
    amounts = {"times": f"{times:.2f}", "amount": f"{abs(more):,.0f}"}
    return [words.filled(rate=f"{rate:g}", currency=programme.currency, **amounts)]


def _mean(figures: Sequence[pd.Series[float]], metric: str) -> float:
    """Of all members over the whole run, a stock at its end; 0 where it is unknown or not told."""
    whole = []
    for one in figures:
        if metric not in one.index.get_level_values("metric"):
            return 0.0
        by_month = one.xs((metric, ""), level=("metric", "member_tier")).sort_index()
        whole.append(by_month.iloc[-1] if METRICS[metric].kind is Kind.STOCK else np.nansum(by_month))
    return float(np.nan_to_num(np.mean(whole)))
