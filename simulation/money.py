"""What a run is worth to the programme's owner: the one number by which scenarios are ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.metrics.dictionary import METRICS, Kind
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

MEANING = Text(
    "Margin on what members bought at its full price and the fees they paid for tiers, less discounts and "
    "coupons, less the cost of rewards redeemed, of bonus on top-ups and of contacts by campaigns, less the "
    "full cost of the points still outstanding at the end, those that wait among them: what a scenario "
    "postpones, it still owes.",
    "会员按原价计的消费毛利与所付会员费，减去折扣与用券让利，减去所兑换奖励、储值赠送与活动触达的成本，再减去期末未"
    "兑换积分（含待生效积分）的全额成本：推迟的兑换仍是负债。",
)
WITHOUT_MARGIN = Text(
    "The programme states no margin rate, so revenue itself stands in for the margin on it.",
    "会员体系未设毛利率，因此以消费额代替毛利。",
)
WITHOUT_COST = Text(
    "The programme states no cost of a point (cost_per_point), so points still outstanding cost nothing.",
    "会员体系未设单位积分成本（cost_per_point），因此期末未兑换积分按零成本计。",
)
PARTS = (
    "revenue",
    "membership_fees",
    "discounts_given",
    "reward_cost",
    "stored_value_bonus_given",
    "campaign_cost",
    "points_outstanding",
    "points_pending",
)


def notes(programme: Programme) -> list[Text]:
    """What the number leaves out because the programme does not state it."""
    unstated = {WITHOUT_MARGIN: programme.margin_share is None, WITHOUT_COST: not programme.cost_per_point}
    return [words for words, missing in unstated.items() if missing]


def money(figures: pd.Series[float], programme: Programme) -> float:
    """Currency units over the whole horizon; figures by (period_end, metric, member_tier).

    Of two scenarios only the difference means something: what is outstanding at the start is in both.
    """
    total = _totals(figures)
    margin = 1.0 if programme.margin_share is None else float(programme.margin_share)
    owed = float(programme.cost_per_point) * (total["points_outstanding"] + total.get("points_pending", 0.0))
    # Of a programme without rewards, costs, coupons, cards or paid tiers these are unknown: there are none.
    some = ("discounts_given", "membership_fees", "reward_cost", "stored_value_bonus_given", "campaign_cost")
    off, fees, *spent = (total.get(name, 0.0) for name in some)
    return (total["revenue"] + off) * margin + fees - off - sum(spent) - owed


def _totals(figures: pd.Series[float]) -> dict[str, float]:
    """Of all members each part that is there: a flow added up where it is known, a stock at the end.

    It is asked of all replications after each: reading the codes takes a twentieth of what selecting by
    label does.
    """
    index = figures.index
    assert isinstance(index, pd.MultiIndex)
    (ends, metrics, tiers), (days, names, groups) = index.codes, index.levels
    of_all, values = tiers == groups.get_loc(""), figures.to_numpy(np.float64)
    rows = {
        name: np.flatnonzero(of_all & (metrics == names.get_loc(name))) for name in PARTS if name in names
    }
    return {
        name: float(
            np.nansum(values[some])
            if METRICS[name].kind is Kind.FLOW
            else values[some[days.take(ends[some]).argmax()]]
        )
        for name, some in rows.items()
        if len(some)
    }
