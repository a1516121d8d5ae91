"""The section Purchases and value of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import MEMBER_SLICES, PURCHASE_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text

_ALL = MEMBER_SLICES | PURCHASE_SLICES


def _flow(name: str, unit: Unit, label: Text, meaning: Text, formula: Text) -> Metric:
    return Metric(
        name=name,
        section=Section.PURCHASES,
        kind=Kind.FLOW,
        unit=unit,
        direction=1,
        slices=_ALL,
        label=label,
        meaning=meaning,
        formula=formula,
        top=name,
    )


def _ratio(
    name: str, unit: Unit, top: str, bottom: tuple[str, ...], label: Text, meaning: Text, **more: Any
) -> Metric:
    declared: dict[str, Any] = {
        "formula": Text.same(f"{top} ÷ {' + '.join(bottom)}"),
        "direction": 1,
        "slices": _ALL,
    } | more
    return Metric(
        name=name,
        section=Section.PURCHASES,
        kind=Kind.RATIO,
        unit=unit,
        label=label,
        meaning=meaning,
        top=top,
        bottom=bottom,
        **declared,
    )


PURCHASES: tuple[Metric, ...] = (
    _flow(
        "purchases",
        Unit.PURCHASES,
        Text("Purchases", "消费笔数"),
        Text("Sales to members in the period; refunds are not counted.", "本期会员消费笔数，不含退款。"),
        Text("count of sales of members", "会员消费的笔数"),
    ),
    _flow(
        "revenue",
        Unit.MONEY,
        Text("Member revenue", "会员消费额"),
        Text("Net sales to members in the period; refunds subtract.", "本期会员消费净额，已减退款。"),
        Text("Σ amount of members' sales − refunds", "Σ 会员消费金额 − 退款"),
    ),
    Metric(
        name="guest_revenue",
        section=Section.PURCHASES,
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=0,
        slices=PURCHASE_SLICES,
        label=Text("Sales to guests", "非会员消费额"),
        meaning=Text(
            "Net sales of the period that no member is named for; refunds subtract. Nought where the source "
            "tells of members alone.",
            "本期未关联会员的消费净额，已减退款；数据只含会员消费时为零。",
        ),
        formula=Text("Σ amount of guests' sales − refunds", "Σ 非会员消费金额 − 退款"),
        top="guest_revenue",
    ),
    _ratio(
        "member_sales_share",
        Unit.SHARE,
        "revenue",
        ("revenue", "guest_revenue"),
        Text("Members' share of sales", "会员销售占比"),
        Text(
            "Revenue of members of the revenue of all customers, guests included.",
            "会员消费额占全部顾客（含非会员）消费额的比例。",
        ),
        formula=Text("revenue of members ÷ revenue of all customers", "revenue ÷ 全部顾客的消费额"),
        slices=PURCHASE_SLICES,
    ),
    _ratio(
        "average_order_value",
        Unit.MONEY,
        "revenue",
        ("purchases",),
        Text("Average order value", "笔单价"),
        Text("Member revenue per purchase.", "会员消费额 ÷ 消费笔数。"),
    ),
    _ratio(
        "revenue_per_buyer",
        Unit.MONEY,
        "revenue",
        ("buyers",),
        Text("Revenue per buyer", "人均消费（客单价）"),
        Text("Member revenue per member who bought.", "会员消费额 ÷ 消费会员数。"),
    ),
    _ratio(
        "revenue_per_member",
        Unit.MONEY,
        "revenue",
        ("enrolled_days",),
        Text("Revenue per member", "会员人均贡献"),
        Text(
            "Member revenue divided by the daily average of members enrolled in the period.",
            "会员消费额 ÷ 本期日均会员总数。",
        ),
        formula=Text(
            "revenue ÷ average of members_enrolled over the days of the period",
            "revenue ÷ 本期各日 members_enrolled 的平均",
        ),
        bottom_is_days=True,
        slices=MEMBER_SLICES,
    ),
    _ratio(
        "arpu",
        Unit.MONEY,
        "revenue",
        ("active_days",),
        Text("Revenue per active member", "ARPU"),
        Text(
            "Member revenue divided by the daily average of active members in the period.",
            "会员消费额 ÷ 本期日均活跃会员数。",
        ),
        formula=Text(
            "revenue ÷ average of members_active over the days of the period",
            "revenue ÷ 本期各日 members_active 的平均",
        ),
        bottom_is_days=True,
        slices=MEMBER_SLICES,
    ),
    _ratio(
        "units_per_purchase",
        Unit.NUMBER,
        "units_sold",
        ("purchases",),
        Text("Units per purchase", "连带率"),
        Text(
            "Pieces sold per purchase; unknown where the source has no quantities.",
            "每笔消费的件数；数据中没有件数时为未知。",
        ),
        formula=Text("pieces in sales ÷ purchases", "销售件数 ÷ purchases"),
        known_by="units_sold",
    ),
    _ratio(
        "revenue_per_unit",
        Unit.MONEY,
        "revenue",
        ("units_kept",),
        Text("Revenue per unit", "件单价"),
        Text(
            "Member revenue per piece sold and not returned; unknown where the source has no quantities.",
            "会员消费额 ÷ 件数（已减退货）；数据中没有件数时为未知。",
        ),
        formula=Text("revenue ÷ (pieces sold − pieces returned)", "revenue ÷（销售件数 − 退货件数）"),
        known_by="units_sold",
    ),
    _flow(
        "buyers",
        Unit.MEMBERS,
        Text("Buyers", "消费会员"),
        Text("Members with at least one purchase in the period.", "本期至少消费一次的会员。"),
        Text("members with a purchase in the period", "本期有消费的会员"),
    ),
    _ratio(
        "repeat_rate",
        Unit.SHARE,
        "repeat_buyers_in_year",
        ("buyers_in_year",),
        Text("Repeat rate", "复购率"),
        Text(
            "Of the buyers of the last 365 days, the share with purchases on two or more days.",
            "最近 365 天的消费会员中，在两个或以上日期有消费的比例。",
        ),
        formula=Text(
            "buyers on two or more days of the trailing 365 ÷ buyers in them",
            "最近 365 天内在两个或以上日期消费的会员 ÷ 其间消费的会员",
        ),
    ),
    _ratio(
        "rebuy_rate",
        Unit.SHARE,
        "previous_buyers_again",
        ("previous_buyers",),
        Text("Rebuy rate", "回购率"),
        Text(
            "Of the buyers of the previous period, the share who buy again in this one.",
            "上期消费会员中，本期再次消费的比例。",
        ),
        formula=Text(
            "buyers of the previous period who buy again in this ÷ buyers of the previous",
            "上期消费且本期再次消费的会员 ÷ 上期消费的会员",
        ),
    ),
    _ratio(
        "second_purchase_rate",
        Unit.SHARE,
        "first_buyers_again",
        ("first_buyers",),
        Text("Second-purchase rate", "新客二购率"),
        Text(
            "Of those whose first purchase was 91 to 180 days ago, the share who bought on another day "
            "within 90 days.",
            "91 至 180 天前首次消费的会员中，其后 90 天内另有消费日的比例。",
        ),
        formula=Text(
            "first-time buyers of 91–180 days ago who bought on another day within 90 days ÷ those buyers",
            "91–180 天前首次消费、其后 90 天内另有消费日的会员 ÷ 该类首次消费会员",
        ),
    ),
    _ratio(
        "existing_customer_share",
        Unit.SHARE,
        "revenue_existing",
        ("revenue",),
        Text("Revenue share of existing customers", "老客销售占比"),
        Text(
            "Revenue share of members whose first purchase was before the period.",
            "首次消费早于本期的会员的消费额占比。",
        ),
        formula=Text(
            "revenue from members whose first purchase was before the period ÷ revenue",
            "首次消费早于本期的会员的消费额 ÷ revenue",
        ),
        direction=0,
    ),
    _ratio(
        "purchase_frequency",
        Unit.NUMBER,
        "purchases",
        ("buyers",),
        Text("Purchase frequency", "消费频次"),
        Text("Purchases per buyer in the period.", "本期消费会员的人均消费笔数。"),
    ),
    _ratio(
        "annual_buyer_share",
        Unit.SHARE,
        "members_bought_in_year",
        ("members_enrolled",),
        Text("Annual buyer share", "年度消费会员占比"),
        Text(
            "Share of the members with a purchase in the last 365 days.",
            "最近 365 天内有消费的会员占会员总数的比例。",
        ),
        formula=Text(
            "enrolled with a purchase in the trailing 365 days ÷ members_enrolled",
            "最近 365 天内有消费的在册会员 ÷ members_enrolled",
        ),
        slices=MEMBER_SLICES,
        target=0.8,
    ),
)
