"""What campaigns brought about, in the section Campaigns and contact of the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from loyalty_core import intervals
from loyalty_core.counting.cuts import CAMPAIGN, MEMBER_SLICES
from loyalty_core.metrics.contact_metrics import campaign_metric
from loyalty_core.metrics.metric import Kind, Metric, Term, Unit, Values, over
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_TREATED = ("treated_bought", "treated_settled")
_HELD_OUT = ("held_out_bought", "held_out_settled")
_OTHERS = ("others_bought", "others_enrolled")
_COMPARED = (*_TREATED, *_OTHERS, "held_out_settled")


def _per_campaign(name: str, label: Text, meaning: Text, formula: Text, **more: Any) -> Metric:
    """Pooled over campaigns of different reach, a difference of rates would compare the campaigns."""
    declared: dict[str, Any] = {"slices": MEMBER_SLICES | {CAMPAIGN}, "per": CAMPAIGN} | more
    return campaign_metric(name, label, meaning, formula, **declared)


def _lift(facts: Mapping[str, Values], _: Programme) -> Values:
    return over(*(facts[name] for name in _TREATED)) - over(*(facts[name] for name in _HELD_OUT))


def _lift_bounds(facts: Mapping[str, Values]) -> tuple[Values, Values]:
    return intervals.difference(*(facts[name] for name in (*_TREATED, *_HELD_OUT)))


def _comparison(facts: Mapping[str, Values], _: Programme) -> Values:
    apart = over(*(facts[name] for name in _TREATED)) - over(*(facts[name] for name in _OTHERS))
    return np.where(facts["held_out_settled"] == 0, apart, np.nan)


def _comparison_bounds(facts: Mapping[str, Values]) -> tuple[Values, Values]:
    low, high = intervals.difference(*(facts[name] for name in (*_TREATED, *_OTHERS)))
    nobody = facts["held_out_settled"] == 0
    return np.where(nobody, low, np.nan), np.where(nobody, high, np.nan)


def _incremental_margin(facts: Mapping[str, Values], programme: Programme) -> Values:
    """Minor units; unknown where nobody bought, as nobody knows the margin of a buyer then."""
    spend = over(facts["treated_spend"], facts["treated_bought"])
    added = _lift(facts, programme) * facts["treated_settled"]
    return added * spend * float(programme.margin_share or 0) - facts["campaign_cost"]


def _return(facts: Mapping[str, Values], programme: Programme) -> Values:
    return over(_incremental_margin(facts, programme), facts["campaign_cost"])


def _knows_margin(programme: Programme) -> bool:
    return programme.margin_share is not None


def _cost_of_a_point_unit(programme: Programme) -> Fraction | None:
    """Minor units of money for the smallest unit of points; None where the programme states no cost."""
    if not programme.cost_per_point:
        return None
    scale = Fraction(10) ** (programme.currency_decimals - programme.point_decimals)
    return Fraction(programme.cost_per_point) * scale


_MARGIN = (*_TREATED, *_HELD_OUT, "treated_spend", "campaign_cost")

CAMPAIGNS: tuple[Metric, ...] = (
    campaign_metric(
        "responded",
        Text("Responses", "响应人数"),
        Text(
            "Members who did what a campaign asked for, once per campaign, counted when the window ended: "
            "redeemed a coupon of a coupon campaign, bought in any other. The window is from the first "
            "contact to the campaign's last day, or 30 days where it has none.",
            "完成活动所要求行为的会员（每个活动计一次，于窗口结束时计入）：优惠券活动为核销其优惠券，"
            "其他活动为消费。窗口自首次触达至活动结束日；活动没有结束日时为 30 天。",
        ),
        Text(
            "treated members with the asked-for act inside a window that ended in the period",
            "窗口于本期结束、在窗口内完成所要求行为的触达组会员",
        ),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        top="treated_responded",
        known_by="treated_settled",
    ),
    campaign_metric(
        "response_rate",
        Text("Response rate", "响应率"),
        Text(
            "Of the members treated by campaigns whose window ended in the period, the share who did what "
            "was asked for inside it.",
            "窗口于本期结束的触达组会员中，在窗口内完成所要求行为的比例。",
        ),
        Text("responded ÷ treated members whose window ended", "responded ÷ 窗口已结束的触达组会员"),
        top="treated_responded",
        bottom=("treated_settled",),
    ),
    campaign_metric(
        "campaign_redemption_rate",
        Text("Campaign redemption rate", "活动核销率"),
        Text(
            "Of the members targeted in the period, once per campaign, the share who had redeemed a coupon "
            "of the campaign by its end; unknown where the campaign gave them none.",
            "本期活动目标会员（每个活动计一次）中，截至期末已核销该活动优惠券的比例；活动未发券时为未知。",
        ),
        Text(
            "targeted members who redeemed a coupon of the campaign ÷ targeted members",
            "已核销活动优惠券的目标会员 ÷ 目标会员",
        ),
        top="targeted_redeeming",
        bottom=("targeted",),
        known_by="targeted_with_coupon",
    ),
    campaign_metric(
        "members_held_out",
        Text("Members held out", "对照组人数"),
        Text(
            "Members whom campaigns chose and then left alone, counted when their window ended.",
            "活动选中而不触达的会员，于窗口结束时计入。",
        ),
        Text(
            "members of the held-out arm whose window ended in the period",
            "窗口于本期结束的对照组会员",
        ),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        direction=0,
        slices=MEMBER_SLICES | {CAMPAIGN},
        top="held_out_settled",
    ),
    campaign_metric(
        "treated_rate",
        Text("Buyers among those contacted", "触达组消费率"),
        Text(
            "Of the members treated by campaigns whose window ended in the period, the share who bought "
            "inside it, whatever the campaign asked for.",
            "窗口于本期结束的触达组会员中，在窗口内有消费的比例（不论活动要求何种行为）。",
        ),
        Text(
            "treated members who bought in their window ÷ treated members whose window ended",
            "窗口内有消费的触达组会员 ÷ 窗口已结束的触达组会员",
        ),
        slices=MEMBER_SLICES | {CAMPAIGN},
        top="treated_bought",
        bottom=("treated_settled",),
    ),
    campaign_metric(
        "held_out_rate",
        Text("Buyers among those held out", "对照组消费率"),
        Text(
            "Of the members held out whose window ended in the period, the share who bought inside it of "
            "themselves.",
            "窗口于本期结束的对照组会员中，在窗口内自行消费的比例。",
        ),
        Text(
            "held-out members who bought in their window ÷ members_held_out",
            "窗口内有消费的对照组会员 ÷ members_held_out",
        ),
        direction=0,
        slices=MEMBER_SLICES | {CAMPAIGN},
        top="held_out_bought",
        bottom=("held_out_settled",),
    ),
    campaign_metric(
        "not_chosen_rate",
        Text("Buyers among those not chosen", "未选中会员消费率"),
        Text(
            "Of the members enrolled when campaigns that ended in the period began, and not chosen by them, "
            "the share who bought while they ran.",
            "本期结束的活动开始时在册且未被选中的会员中，在活动期间有消费的比例。",
        ),
        Text(
            "members not chosen who bought from a campaign's first day to its last ÷ members enrolled on the "
            "first day and not chosen",
            "活动首日至末日有消费的未选中会员 ÷ 首日在册且未被选中的会员",
        ),
        direction=0,
        slices=MEMBER_SLICES | {CAMPAIGN},
        top="others_bought",
        bottom=("others_enrolled",),
    ),
    campaign_metric(
        "campaign_cost",
        Text("Campaign cost", "活动成本"),
        Text(
            "What campaigns cost, on their last day; unknown where the source tells no cost.",
            "活动成本，计于活动结束日；数据中没有成本时为未知。",
        ),
        Text("Σ cost of campaigns", "Σ 活动的成本"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=0,
        slices=frozenset({CAMPAIGN}),
        top="campaign_cost",
        known_by="campaign_costs_known",
    ),
    _per_campaign(
        "lift",
        Text("Lift", "增量提升"),
        Text(
            "The share of the treated who bought in the window less that of the members held out, of coupon "
            "campaigns, too, whose coupons nobody held out could redeem; unknown where nobody was.",
            "触达组窗口内消费率减对照组消费率；优惠券活动亦然，因为对照组没有可核销的券。没有对照组时为未知。",
        ),
        Text("treated_rate − held_out_rate", "treated_rate − held_out_rate"),
        needs=(*_TREATED, *_HELD_OUT),
        worked_out=_lift,
        bounds=("lift_low", "lift_high"),
    ),
    _per_campaign(
        "lift_low",
        Text("Lift, low end", "增量提升（下限）"),
        Text("Low end of the 95% interval of the lift.", "增量提升 95% 区间的下限。"),
        Text(
            "lift less its margin, from the score intervals of both rates",
            "lift 减去由两组响应率得分区间算出的误差",
        ),
        needs=(*_TREATED, *_HELD_OUT),
        worked_out=lambda facts, _: _lift_bounds(facts)[0],
    ),
    _per_campaign(
        "lift_high",
        Text("Lift, high end", "增量提升（上限）"),
        Text("High end of the 95% interval of the lift.", "增量提升 95% 区间的上限。"),
        Text(
            "lift plus its margin, from the score intervals of both rates",
            "lift 加上由两组响应率得分区间算出的误差",
        ),
        needs=(*_TREATED, *_HELD_OUT),
        worked_out=lambda facts, _: _lift_bounds(facts)[1],
    ),
    _per_campaign(
        "comparison",
        Text("Comparison", "对比"),
        Text(
            "The share of the treated who bought less that of the members whom the campaign did not choose, "
            "where nobody was held out. They were not alike before, so this is no effect of the campaign.",
            "没有对照组时，触达组消费率减活动未选中会员的同期消费率。两组原本不同，因此不代表活动效果。",
        ),
        Text(
            "treated_rate − not_chosen_rate",
            "treated_rate − not_chosen_rate",
        ),
        needs=_COMPARED,
        worked_out=_comparison,
        bounds=("comparison_low", "comparison_high"),
    ),
    _per_campaign(
        "comparison_low",
        Text("Comparison, low end", "对比（下限）"),
        Text("Low end of the 95% interval of the comparison.", "对比 95% 区间的下限。"),
        Text(
            "comparison less its margin, from the score intervals of both shares",
            "comparison 减去由两组消费率得分区间算出的误差",
        ),
        needs=_COMPARED,
        worked_out=lambda facts, _: _comparison_bounds(facts)[0],
    ),
    _per_campaign(
        "comparison_high",
        Text("Comparison, high end", "对比（上限）"),
        Text("High end of the 95% interval of the comparison.", "对比 95% 区间的上限。"),
        Text(
            "comparison plus its margin, from the score intervals of both shares",
            "comparison 加上由两组消费率得分区间算出的误差",
        ),
        needs=_COMPARED,
        worked_out=lambda facts, _: _comparison_bounds(facts)[1],
    ),
    _per_campaign(
        "incremental_margin",
        Text("Incremental margin", "增量毛利"),
        Text(
            "Gross margin of the buyers that the campaign added, less its cost; unknown where nobody was "
            "held out, and where the programme states no margin or the source no cost.",
            "活动带来的新增消费会员的毛利减活动成本；没有对照组、未设毛利率或没有成本数据时为未知。",
        ),
        Text(
            "lift × treated × margin of a buyer − cost; the margin is that of what treated buyers bought in "
            "their windows",
            "lift × 触达组人数 × 每位消费会员毛利 − 成本；毛利取触达组消费会员在窗口内的消费",
        ),
        unit=Unit.MONEY,
        slices=frozenset({CAMPAIGN}),
        needs=_MARGIN,
        worked_out=_incremental_margin,
        known_by="campaign_costs_known",
        asks=_knows_margin,
    ),
    _per_campaign(
        "return_on_campaign",
        Text("Return on campaign", "活动回报率"),
        Text("Incremental margin ÷ what the campaign cost.", "增量毛利 ÷ 活动成本。"),
        Text("incremental_margin ÷ cost", "incremental_margin ÷ 成本"),
        slices=frozenset({CAMPAIGN}),
        needs=_MARGIN,
        worked_out=_return,
        known_by="campaign_costs_known",
        asks=_knows_margin,
    ),
    _per_campaign(
        "treated_buyers",
        Text("Buyers among those contacted", "触达组消费会员"),
        Text(
            "Members contacted who bought inside their windows, counted when these ended.",
            "触达组中在窗口内消费的会员，于窗口结束时计入。",
        ),
        Text("treated members who bought in the window", "在窗口内消费的触达组会员"),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        direction=1,
        top="treated_bought",
        known_by="treated_settled",
    ),
    _per_campaign(
        "treated_sales",
        Text("Sales to those contacted", "触达组消费额"),
        Text(
            "What members contacted bought inside their windows, net of refunds, counted when these ended; "
            "not what the campaign added.",
            "触达组会员在窗口内的净消费额，于窗口结束时计入；并非活动带来的增量。",
        ),
        Text("Σ purchases of treated members in the window", "Σ 触达组会员在窗口内的消费"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=1,
        top="treated_spend",
        known_by="treated_settled",
    ),
    _per_campaign(
        "points_burnt",
        Text("Points burnt", "消化积分"),
        Text(
            "Points that treated members redeemed inside their windows, counted when they ended.",
            "触达组会员在窗口内兑换的积分，于窗口结束时计入。",
        ),
        Text("−Σ redeem of treated members in the window", "−Σ 触达组会员在窗口内的兑换"),
        kind=Kind.FLOW,
        unit=Unit.POINTS,
        top="points_burnt",
        known_by="treated_settled",
    ),
    _per_campaign(
        "liability_released",
        Text("Liability released", "释放负债"),
        Text(
            "Points liability that ended with the points redeemed in the campaign; unknown where the "
            "programme states no cost per point.",
            "随活动中兑换的积分而解除的积分负债；未设单位积分成本时为未知。",
        ),
        Text("points_burnt × cost per point", "points_burnt × 单位积分成本"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        top=(Term("points_burnt", _cost_of_a_point_unit),),
        known_by="treated_settled",
    ),
)
