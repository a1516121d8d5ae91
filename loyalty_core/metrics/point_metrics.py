"""The section Points of the dictionary; of the account points unless cut by account."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import ACCOUNT, MEMBER_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Term, Unit, times
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_ALL = MEMBER_SLICES | {ACCOUNT}


# Coupons are no part of it: what they take off is no longer in the revenue.
REWARD_COST = (Term("reward_cost", times(1)), Term("tier_benefit_cost", times(1)))


def knows_costs(programme: Programme) -> bool:
    """Whether the programme declares what redemptions or benefits of tiers cost."""
    benefits = [benefit for tier in programme.tiers for benefit in tier.benefits]
    return knows_redemption_costs(programme) or any(
        benefit.cost_per_use > 0 or benefit.cost_per_month > 0 for benefit in benefits
    )


def knows_redemption_costs(programme: Programme) -> bool:
    """Whether the programme declares what redemptions cost."""
    return programme.cost_per_point > 0 or any(reward.cost > 0 for reward in programme.rewards)


def _points(name: str, kind: Kind, direction: int, label: Text, meaning: Text, formula: Text) -> Metric:
    return Metric(
        name=name,
        section=Section.POINTS,
        kind=kind,
        unit=Unit.POINTS,
        direction=direction,
        slices=_ALL,
        label=label,
        meaning=meaning,
        formula=formula,
        top=name,
    )


def _share(
    name: str,
    direction: int,
    top: str | tuple[Term, ...],
    bottom: str,
    label: Text,
    meaning: Text,
    formula: Text,
    **more: Any,
) -> Metric:
    declared: dict[str, Any] = {"slices": _ALL} | more
    return Metric(
        name=name,
        section=Section.POINTS,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=direction,
        label=label,
        meaning=meaning,
        formula=formula,
        top=top,
        bottom=(bottom,),
        **declared,
    )


POINTS: tuple[Metric, ...] = (
    _points(
        "points_opening",
        Kind.STOCK,
        0,
        Text("Points at the opening", "期初积分余额"),
        Text("Points outstanding at the close of the day before the period.", "本期首日前一日终的积分余额。"),
        Text("points_outstanding at the opening", "期初的 points_outstanding"),
    ),
    _points(
        "points_issued",
        Kind.FLOW,
        0,
        Text("Points issued", "发放积分"),
        Text(
            "Points earned in the period; pending points count when they become available.",
            "本期发放的积分；待生效积分在生效时计入。",
        ),
        Text("Σ earn", "Σ 获得"),
    ),
    _points(
        "points_redeemed",
        Kind.FLOW,
        1,
        Text("Points redeemed", "兑换积分"),
        Text("Points spent on rewards in the period.", "本期兑换使用的积分。"),
        Text("−Σ redeem", "−Σ 兑换"),
    ),
    _points(
        "points_expired",
        Kind.FLOW,
        -1,
        Text("Points expired", "过期积分"),
        Text("Points that expired in the period.", "本期过期的积分。"),
        Text("−Σ expire", "−Σ 过期"),
    ),
    _points(
        "points_adjusted",
        Kind.FLOW,
        0,
        Text("Points adjusted", "调整积分"),
        Text("Adjustments, reversals and transfers of the period.", "本期调整、冲正与转移的积分。"),
        Text("Σ adjust + reverse + transfer", "Σ 调整 + 冲正 + 转移"),
    ),
    _points(
        "points_outstanding",
        Kind.STOCK,
        0,
        Text("Points outstanding", "积分余额"),
        Text(
            "All points available up to the as-of date: opening + issued + adjusted − redeemed − expired.",
            "截至统计日可用的全部积分：期初 + 发放 + 调整 − 兑换 − 过期。",
        ),
        Text("Σ all entries available up to D", "Σ 截至 D 可用的全部账目"),
    ),
    _points(
        "points_pending",
        Kind.STOCK,
        0,
        Text("Points pending", "待生效积分"),
        Text("Points earned and not yet available.", "已获得但尚未生效的积分。"),
        Text("Σ entries made up to D that become available later", "Σ 截至 D 已入账、之后才可用的账目"),
    ),
    _points(
        "points_negative",
        Kind.STOCK,
        1,
        Text("Negative balances", "负积分"),
        Text("Sum of the negative balances of members.", "会员负积分余额之和。"),
        Text("Σ balances below 0", "Σ 小于 0 的余额"),
    ),
    Metric(
        name="members_negative",
        section=Section.POINTS,
        kind=Kind.STOCK,
        unit=Unit.MEMBERS,
        direction=-1,
        slices=_ALL,
        label=Text("Members with a negative balance", "负积分会员"),
        meaning=Text("Members whose balance is below 0.", "积分余额小于 0 的会员。"),
        formula=Text("members with a balance below 0", "余额小于 0 的会员"),
        top="members_negative",
    ),
    _share(
        "redemption_rate",
        1,
        "points_redeemed",
        "points_issued",
        Text("Redemption rate", "积分消耗率"),
        Text("Points redeemed ÷ points issued in the same period.", "同期兑换积分 ÷ 发放积分。"),
        Text("points_redeemed ÷ points_issued, same period", "同期 points_redeemed ÷ points_issued"),
    ),
    _share(
        "member_redemption_rate",
        1,
        "members_redeeming",
        "members_who_could_afford",
        Text("Member redemption rate", "会员兑换率"),
        Text(
            "Members who redeemed in the period ÷ members who on some day of it could afford the cheapest "
            "reward; unknown where the programme declares no reward.",
            "本期有兑换的会员 ÷ 本期任一日余额足以兑换最低价奖励的会员；未设奖励时为未知。",
        ),
        Text(
            "members who redeemed ÷ members who on some day had the price of the cheapest reward, "
            "that day's redemptions added back",
            "本期有兑换的会员 ÷ 本期任一日余额（加回当日兑换）足够最低价奖励的会员",
        ),
    ),
    _share(
        "expiry_rate",
        -1,
        "points_expired",
        "points_due",
        Text("Expiry rate", "积分过期率"),
        Text(
            "Points expired ÷ points that fell due in the period, used before or not.",
            "本期过期积分 ÷ 本期到期批次的全部积分（含此前已使用的部分）。",
        ),
        Text(
            "points_expired ÷ Σ points whose expires_on is in the period",
            "points_expired ÷ Σ 失效日在本期内的积分",
        ),
    ),
    Metric(
        name="reward_cost",
        section=Section.POINTS,
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=-1,
        slices=MEMBER_SLICES,
        label=Text("Reward cost", "权益成本"),
        meaning=Text(
            "Cost of the rewards redeemed and of tier benefits in the period; what coupons take off is "
            "already missing in the revenue. Unknown where the programme declares no cost.",
            "本期所兑换奖励与等级权益的成本；优惠券的抵扣已从消费额中扣除，不再计入。未设成本时为未知。",
        ),
        formula=Text(
            "Σ points redeemed × cost ÷ price of the reward, else × cost per point; + tier_benefit_cost",
            "Σ 兑换积分 × 奖励成本 ÷ 奖励价格；未列明奖励时 × 单位积分成本；+ tier_benefit_cost",
        ),
        top=REWARD_COST,
        asks=knows_costs,
    ),
    _share(
        "reward_cost_share",
        -1,
        REWARD_COST,
        "revenue",
        Text("Reward cost share", "权益成本率"),
        Text("Reward cost ÷ member revenue of the period.", "本期权益成本 ÷ 会员消费额。"),
        Text("reward_cost ÷ revenue", "reward_cost ÷ revenue"),
        slices=MEMBER_SLICES,
        asks=knows_costs,
    ),
)
