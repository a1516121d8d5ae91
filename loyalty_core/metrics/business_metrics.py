"""The section The programme as a business of the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from loyalty_core.counting.cuts import ACCOUNT, MEMBER_SLICES, PURCHASE_SLICES
from loyalty_core.finance.point_worth import break_even_lift
from loyalty_core.metrics.finance_metrics import minor_per_point_unit
from loyalty_core.metrics.metric import Kind, Metric, Section, Term, Unit, Values, over, times
from loyalty_core.metrics.point_metrics import REWARD_COST, knows_costs, knows_redemption_costs
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text


def _margin(programme: Programme) -> Fraction | None:
    return None if programme.margin_share is None else Fraction(programme.margin_share)


def _less_per_point_unit(programme: Programme) -> Fraction | None:
    cost = minor_per_point_unit(programme)
    return None if cost is None else -cost


def _one_in_points(programme: Programme) -> Fraction:
    return Fraction(1, 10**programme.point_decimals)


def _states_costs(programme: Programme) -> bool:
    return knows_costs(programme) or programme.fixed_cost_per_month > 0


def _states_value(programme: Programme) -> bool:
    return programme.value_per_point is not None


def _break_even_lift(facts: Mapping[str, Values], programme: Programme) -> Values:
    """By the points issued in the period, the redemption expected of all points, and its revenue.

    What a point is worth to members cancels out: the face value of points is counted in points here.
    """
    cost, margin, revenue = minor_per_point_unit(programme), _margin(programme), facts["revenue"]
    if cost is None or margin is None:
        return np.full(len(revenue), np.nan)
    redeemed = over(facts["lot_points_redeemed"] + facts["points_expected"], facts["lot_points_issued"])
    points = over(facts["points_issued"], revenue)
    rows = zip(points, redeemed, facts["fixed_cost"], revenue, strict=True)
    lifts = [
        break_even_lift(each, share, float(cost), float(margin), fixed, sales) if sales > 0 else np.nan
        for each, share, fixed, sales in rows
    ]
    return np.where(np.isfinite(lifts), lifts, np.nan)


def _business(name: str, kind: Kind, unit: Unit, direction: int, label: Text, **more: Any) -> Metric:
    declared: dict[str, Any] = {"slices": frozenset()} | more
    return Metric(
        name=name,
        section=Section.BUSINESS,
        kind=kind,
        unit=unit,
        direction=direction,
        label=label,
        **declared,
    )


BUSINESS: tuple[Metric, ...] = (
    _business(
        "gross_margin",
        Kind.FLOW,
        Unit.MONEY,
        1,
        Text("Gross margin", "毛利"),
        meaning=Text(
            "Member revenue of the period times the programme's margin rate; unknown where none is stated.",
            "本期会员消费额 × 毛利率；未设毛利率时为未知。",
        ),
        formula=Text("revenue × margin rate", "revenue × 毛利率"),
        slices=MEMBER_SLICES | PURCHASE_SLICES,
        top=(Term("revenue", _margin),),
    ),
    _business(
        "programme_cost",
        Kind.FLOW,
        Unit.MONEY,
        -1,
        Text("Programme cost", "会员体系成本"),
        meaning=Text(
            "Cost of the rewards redeemed, of tier benefits, of the campaigns that ended and of running the "
            "programme, in the period. Coupons and discounts are no part of it, since revenue is what was "
            "owed after them; unknown where no cost is stated.",
            "本期所兑换奖励、等级权益、已结束活动的成本与固定成本之和。"
            "消费额已扣除优惠券与折扣，此处不再计入；未设任何成本时为未知。",
        ),
        formula=Text("reward_cost + campaign cost + fixed cost", "reward_cost + 活动成本 + 固定成本"),
        top=(
            *REWARD_COST,
            Term("campaign_cost", times(1)),
            Term("fixed_cost", times(1)),
        ),
        asks=_states_costs,
    ),
    _business(
        "net_margin",
        Kind.FLOW,
        Unit.MONEY,
        1,
        Text("Net margin", "净收益"),
        meaning=Text(
            "Gross margin less the programme's cost and the rise of its points liability; unknown where the "
            "margin rate or the cost per point is not stated.",
            "毛利减去会员体系成本与积分负债的增加；未设毛利率或单位积分成本时为未知。",
        ),
        formula=Text(
            "gross_margin − programme_cost − change in points_liability",
            "gross_margin − programme_cost − points_liability 的变动",
        ),
        top=(
            Term("revenue", _margin),
            *(Term(term.column, times(-1)) for term in REWARD_COST),
            Term("campaign_cost", times(-1)),
            Term("fixed_cost", times(-1)),
            Term("points_expected", _less_per_point_unit),
            Term("points_expected_opening", minor_per_point_unit),
        ),
    ),
    _business(
        "cost_per_point",
        Kind.RATIO,
        Unit.MONEY,
        -1,
        Text("Cost per point", "单位积分成本"),
        meaning=Text(
            "What the rewards redeemed in the period cost per point redeemed for them; unknown where the "
            "programme declares no cost.",
            "本期所兑换奖励的成本 ÷ 兑换积分；未设成本时为未知。",
        ),
        formula=Text("cost of rewards redeemed ÷ points_redeemed", "所兑换奖励的成本 ÷ points_redeemed"),
        slices=MEMBER_SLICES | {ACCOUNT},
        top="reward_cost",
        bottom=(Term("points_redeemed", _one_in_points),),
        asks=knows_redemption_costs,
    ),
    _business(
        "break_even_lift",
        Kind.RATIO,
        Unit.SHARE,
        -1,
        Text("Break-even lift", "盈亏平衡提升"),
        meaning=Text(
            "The rise in sales over those of the period at which the programme pays for itself, at the "
            "redemption expected in the end; unknown where rewards eat the whole margin, or where the margin "
            "rate or the cost per point is not stated.",
            "按最终兑换率计，使会员体系收支相抵所需的消费额提升（相对本期）；"
            "奖励成本超过毛利，或未设毛利率、单位积分成本时为未知。",
        ),
        formula=Text(
            "(expected cost of the points issued + fixed cost) ÷ (gross_margin − that expected cost)",
            "（发放积分的预计成本 + 固定成本）÷（gross_margin − 该预计成本）",
        ),
        needs=(
            "points_issued",
            "lot_points_redeemed",
            "points_expected",
            "lot_points_issued",
            "revenue",
            "fixed_cost",
        ),
        worked_out=_break_even_lift,
    ),
    _business(
        "revenue_deferred",
        Kind.FLOW,
        Unit.MONEY,
        0,
        Text("Revenue deferred to points", "递延收入"),
        meaning=Text(
            "Of the member revenue of the period, what belongs to the points issued with it (IFRS 15): set "
            "by month, with the redemption expected at its close; unknown where the programme states no "
            "value of a point.",
            "本期会员消费额中归属于所发放积分的部分（收入准则）：按月确定，采用月末预计的兑换率；未设积分价值时为未知。",
        ),
        formula=Text(
            "Σ over earn months: revenue × worth of its points ÷ (revenue + worth of its points); "
            "worth = points × value × ultimate redemption rate",
            "Σ 各获得月份：revenue × 积分公允价值 ÷（revenue + 积分公允价值）；"
            "积分公允价值 = 发放积分 × 单位价值 × 最终兑换率",
        ),
        top="revenue_deferred",
        asks=_states_value,
    ),
    _business(
        "revenue_recognised",
        Kind.FLOW,
        Unit.MONEY,
        0,
        Text("Revenue recognised from points", "积分确认收入"),
        meaning=Text(
            "Deferred revenue that became revenue in the period, as points were redeemed and estimates "
            "changed; unknown where the programme states no value of a point.",
            "因积分兑换与估计变动，本期由递延转为收入的金额；未设积分价值时为未知。",
        ),
        formula=Text(
            "Σ over earn months: change in deferred × redeemed ÷ expected total redeemed",
            "Σ 各获得月份：递延额 × 已兑换 ÷ 预计兑换总额 的变动",
        ),
        top="revenue_recognised",
        asks=_states_value,
    ),
    _business(
        "deferred_balance",
        Kind.STOCK,
        Unit.MONEY,
        0,
        Text("Deferred revenue", "递延收入余额"),
        meaning=Text(
            "Revenue deferred to points and not yet recognised; unknown where the programme states no value "
            "of a point.",
            "已递延而尚未确认的收入；未设积分价值时为未知。",
        ),
        formula=Text(
            "Σ revenue_deferred − Σ revenue_recognised", "Σ revenue_deferred − Σ revenue_recognised"
        ),
        top="deferred_balance",
        asks=_states_value,
    ),
)
