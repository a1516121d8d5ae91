"""What members are worth, in the sections Purchases and value, and Movement of the dictionary."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from loyalty_core.counting.cohorts import COHORT_SLICES
from loyalty_core.counting.cuts import MEMBER_SLICES, PURCHASE_SLICES
from loyalty_core.counting.prediction_facts import MILLI
from loyalty_core.metrics.metric import Kind, Metric, Section, Term, Unit
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_ALL = MEMBER_SLICES | PURCHASE_SLICES


def _thousandths(_: Programme) -> Fraction:
    return Fraction(1, MILLI)


def _predicted(name: str, label: Text, meaning: Text, **more: Any) -> Metric:
    return Metric(
        name=name,
        section=Section.PURCHASES,
        kind=Kind.STOCK,
        unit=Unit.NUMBER,
        direction=1,
        slices=MEMBER_SLICES,
        label=label,
        meaning=meaning,
        formula=_PREDICTED,
        top=(Term(name, _thousandths),),
        known_by="members_predicted",
        **more,
    )


def _lifetime(name: str, label: Text, meaning: Text, **more: Any) -> Metric:
    return Metric(
        name=name,
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=Unit.MONEY,
        direction=1,
        slices=MEMBER_SLICES,
        label=label,
        meaning=meaning,
        formula=_VALUED,
        top=name,
        bottom=("members_valued",),
        **more,
    )


_PREDICTED = Text(
    "Σ over members enrolled: purchase days expected in the 365 days after D, given their past; "
    "BG/NBD by maximum likelihood",
    "Σ 在册会员：按其历史预计的 D 之后 365 天内的消费日数；贝塔几何/负二项模型，最大似然估计",
)
_VALUED = Text(
    "Σ over members enrolled: purchase days expected in the 1,095 days after D × amount expected on each "
    "÷ members enrolled; BG/NBD and Gamma-Gamma",
    "Σ 在册会员：D 之后 1095 天内预计消费日数 × 预计每日金额 ÷ 在册会员；贝塔几何/负二项模型与伽马-伽马模型",
)

VALUE: tuple[Metric, ...] = (
    Metric(
        name="retention_curve",
        section=Section.MOVEMENT,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=1,
        slices=MEMBER_SLICES | COHORT_SLICES,
        label=Text("Retention curve", "留存曲线"),
        meaning=Text(
            "By month of joining and months since: the share of those who joined who bought in that "
            "calendar month. Months that end in the period count; cut by neither, it is the share of all "
            "such months of members.",
            "按入会月份与入会后月数：入会者中当月有消费的比例。只计在本期内结束的月份；不作细分时为全部会员月的占比。",
        ),
        formula=Text(
            "members who joined in the month and bought in the m-th calendar month after it "
            "÷ members who joined in the month",
            "某月入会且在其后第若干个自然月有消费的会员 ÷ 该月入会的会员",
        ),
        top="cohort_buyers",
        bottom=("cohort_members",),
    ),
    Metric(
        name="return_visit_rate",
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=1,
        slices=_ALL,
        label=Text("Return visit rate", "回头率"),
        meaning=Text(
            "Of the members who bought or checked in during the period, the share who had also come in the "
            "365 days before it; unknown where the data begin with the period.",
            "本期有消费或签到的会员中，本期开始前 365 天内也曾到访的比例；数据自本期才开始时为未知。",
        ),
        formula=Text(
            "visitors with a visit in the 365 days before the period ÷ members who visited in the period",
            "本期开始前 365 天内有到访的本期到访会员 ÷ 本期到访的会员",
        ),
        top="visitors_returning",
        bottom=("visitors",),
        target=0.6,
    ),
    Metric(
        name="repurchase_cycle",
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=Unit.NUMBER,
        direction=-1,
        slices=MEMBER_SLICES,
        label=Text("Repurchase cycle in days", "复购周期（天）"),
        meaning=Text(
            "Median days from one purchase day to the next, over all intervals begun up to the as-of date; "
            "those still open are counted as lasting at least until then. Unknown while fewer than half "
            "have ended.",
            "相邻两个消费日间隔天数的中位数，含截至统计日开始的全部间隔；尚未结束的间隔按至少持续到该日计。"
            "已结束的不足一半时为未知。",
        ),
        formula=Text(
            "first number of days after which at least half of the intervals have ended (Kaplan–Meier)",
            "至少一半间隔已结束的最小天数（乘积限估计）",
        ),
        top="cycle_days",
        bottom=("cycles_known",),
    ),
    Metric(
        name="top_fifth_share",
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=0,
        slices=_ALL,
        label=Text("Revenue share of the top fifth", "头部 20% 消费占比"),
        meaning=Text(
            "Revenue share of the fifth of buyers who spend most in the period, refunds subtracted; a fifth "
            "is rounded up to whole members.",
            "本期消费最多的五分之一会员（向上取整）的消费净额占比，已减退款。",
        ),
        formula=Text(
            "revenue of the first ⌈buyers ÷ 5⌉ members by spending ÷ revenue",
            "消费额最高的 ⌈buyers ÷ 5⌉ 名会员的消费额 ÷ revenue",
        ),
        top="revenue_top_fifth",
        bottom=("revenue",),
    ),
    Metric(
        name="visits_per_day",
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=Unit.NUMBER,
        direction=1,
        slices=_ALL,
        label=Text("Visits per day", "日均客流"),
        meaning=Text(
            "Days of members with a purchase or check-in, and sales to guests, per day of the period.",
            "会员有消费或签到的人日数与非会员消费笔数之和 ÷ 本期天数。",
        ),
        formula=Text(
            "(days of members with a visit + sales to guests) ÷ days of the period",
            "（会员到访人日 + 非会员消费笔数）÷ 本期天数",
        ),
        top="visits",
        a_day=True,
    ),
    _predicted(
        "predicted_purchases",
        Text("Predicted purchases", "预测消费次数"),
        Text(
            "Purchase days that the members enrolled are expected to have in the coming 365 days; unknown "
            "while fewer than 50 members have bought again, or where the past does not fit the model. Where "
            "it does not tell how members differ in leaving, they are taken to be alike in it.",
            "在册会员未来 365 天预计的消费日数；再次消费的会员不足 50 名或历史不合模型时为未知。"
            "历史无法区分会员流失倾向时，视为各会员相同。",
        ),
        bounds=("predicted_purchases_low", "predicted_purchases_high"),
    ),
    _predicted(
        "predicted_purchases_low",
        Text("Predicted purchases, low end", "预测消费次数（下限）"),
        Text(
            "The low end of the 95% interval: of chance and of the model's parameters, not of the model.",
            "95% 区间的下限：含随机与参数的不确定性，不含模型本身的偏差。",
        ),
    ),
    _predicted(
        "predicted_purchases_high",
        Text("Predicted purchases, high end", "预测消费次数（上限）"),
        Text(
            "The high end of the 95% interval: of chance and of the model's parameters, not of the model.",
            "95% 区间的上限：含随机与参数的不确定性，不含模型本身的偏差。",
        ),
    ),
    _lifetime(
        "lifetime_value",
        Text("Lifetime value", "会员生命周期价值"),
        Text(
            "What a member enrolled is expected to spend in the coming three years, before margin and "
            "without discounting; unknown while fewer than 50 members have bought again, or where the "
            "past does not fit the models.",
            "在册会员未来三年预计的人均消费额（未计毛利率，不折现）；"
            "再次消费的会员不足 50 名或历史不合模型时为未知。",
        ),
        bounds=("lifetime_value_low", "lifetime_value_high"),
    ),
    _lifetime(
        "lifetime_value_low",
        Text("Lifetime value, low end", "会员生命周期价值（下限）"),
        Text(
            "The low end of the 95% interval: of chance and of the models' parameters, not of the models.",
            "95% 区间的下限：含随机与参数的不确定性，不含模型本身的偏差。",
        ),
    ),
    _lifetime(
        "lifetime_value_high",
        Text("Lifetime value, high end", "会员生命周期价值（上限）"),
        Text(
            "The high end of the 95% interval: of chance and of the models' parameters, not of the models.",
            "95% 区间的上限：含随机与参数的不确定性，不含模型本身的偏差。",
        ),
    ),
)
