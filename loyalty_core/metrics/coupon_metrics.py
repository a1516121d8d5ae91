"""The section Coupons and stored value of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import ACCOUNT, CAMPAIGN, MEMBER_SLICES, PURCHASE_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text


def _marks_low_balances(programme: Programme) -> bool:
    return programme.stored_value.low_balance > 0


def _metric(name: str, label: Text, meaning: Text, formula: Text, **more: Any) -> Metric:
    declared: dict[str, Any] = {
        "kind": Kind.RATIO,
        "unit": Unit.SHARE,
        "direction": 1,
        "slices": MEMBER_SLICES,
    } | more
    return Metric(
        name=name, section=Section.STORED_VALUE, label=label, meaning=meaning, formula=formula, **declared
    )


_OF_CAMPAIGNS = MEMBER_SLICES | {CAMPAIGN}
_OF_ACCOUNTS = MEMBER_SLICES | {ACCOUNT}


def _coupons(name: str, label: Text, meaning: Text, formula: Text, **more: Any) -> Metric:
    declared: dict[str, Any] = {
        "kind": Kind.FLOW,
        "unit": Unit.COUNT,
        "direction": 0,
        "slices": _OF_CAMPAIGNS,
        "top": name,
        "known_by": "coupons_recorded",
    } | more
    return _metric(name, label, meaning, formula, **declared)


COUPONS: tuple[Metric, ...] = (
    _coupons(
        "coupons_offered",
        Text("Coupons offered", "发放优惠券"),
        Text("Coupons offered to members in the period.", "本期发放给会员的优惠券。"),
        Text("count of coupons by the day of the offer", "按发放日计的券数"),
    ),
    _coupons(
        "coupons_claimed",
        Text("Coupons claimed", "领取优惠券"),
        Text(
            "Coupons that members claimed in the period; unknown where no claim is recorded.",
            "本期会员领取的优惠券；数据中没有领取记录时为未知。",
        ),
        Text("count of coupons by the day of the claim", "按领取日计的券数"),
        known_by="claims_recorded",
    ),
    _coupons(
        "coupons_redeemed",
        Text("Coupons redeemed", "核销优惠券"),
        Text("Coupons redeemed in the period while they were valid.", "本期在有效期内核销的优惠券。"),
        Text("count of coupons by the day of redeeming, before expires_on", "失效日前核销、按核销日计的券数"),
        direction=1,
    ),
    _coupons(
        "coupons_expired",
        Text("Coupons expired", "过期优惠券"),
        Text(
            "Coupons whose validity ended in the period without their being redeemed.",
            "本期有效期届满而未核销的优惠券。",
        ),
        Text(
            "count of coupons by expires_on, less those redeemed before it",
            "失效日在本期内的券数 − 此前已核销的券数",
        ),
        direction=-1,
    ),
    _coupons(
        "coupons_open",
        Text("Coupons open", "未用优惠券"),
        Text(
            "Coupons that members may still redeem at the as-of date, claimed or not.",
            "统计日会员仍可核销的优惠券，含未领取的。",
        ),
        Text(
            "offered up to D, neither redeemed nor expired by then",
            "截至 D 已发放、尚未核销且尚未失效的券数",
        ),
        kind=Kind.STOCK,
    ),
    _metric(
        "coupon_claim_rate",
        Text("Coupon claim rate", "领取率"),
        Text(
            "Of the coupons offered to members in the period, the share claimed by its end; unknown where "
            "no claim is recorded.",
            "本期发放给会员的优惠券中，截至期末已领取的比例；数据中没有领取记录时为未知。",
        ),
        Text(
            "coupons offered in the period and claimed by its end ÷ coupons offered in it",
            "本期发放且期末前已领取的券 ÷ 本期发放的券",
        ),
        top="coupons_offered_claimed",
        bottom=("coupons_offered",),
        known_by="claims_recorded",
        slices=_OF_CAMPAIGNS,
    ),
    _metric(
        "coupon_redemption_rate",
        Text("Coupon redemption rate, final", "核销率（最终）"),
        Text(
            "Of the claimed coupons whose validity ended in the period, the share that was redeemed.",
            "本期有效期届满的已领取优惠券中，已核销的比例。",
        ),
        Text(
            "redeemed while valid ÷ claimed, of coupons whose expires_on is in the period",
            "有效期内核销 ÷ 已领取，限失效日在本期内的券",
        ),
        top="coupons_ended_redeemed",
        bottom=("coupons_ended",),
        slices=_OF_CAMPAIGNS,
    ),
    _metric(
        "coupon_redemption_so_far",
        Text("Coupon redemption rate so far", "核销率（截至目前）"),
        Text(
            "Of the claimed coupons still valid at the as-of date, the share redeemed so far; it can only "
            "rise until their validity ends.",
            "统计日仍在有效期内的已领取优惠券中，截至目前已核销的比例；有效期届满前只会上升。",
        ),
        Text(
            "redeemed up to D ÷ claimed up to D, of coupons with expires_on > D",
            "截至 D 已核销 ÷ 截至 D 已领取，限失效日晚于 D 的券",
        ),
        top="coupons_valid_redeemed",
        bottom=("coupons_valid",),
        slices=_OF_CAMPAIGNS,
    ),
    _metric(
        "coupon_revenue",
        Text("Sales with coupons", "用券带动额"),
        Text(
            "Net sales of purchases that used a coupon; unknown where no purchase is known to.",
            "使用优惠券的消费净额；数据中没有用券消费时为未知。",
        ),
        Text("Σ amount of purchases with a coupon, less refunds of them", "Σ 用券消费金额 − 其退款"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        top="coupon_revenue",
        known_by="coupon_sales_recorded",
        slices=MEMBER_SLICES | PURCHASE_SLICES,
    ),
    _metric(
        "discounts_given",
        Text("Discounts and coupons", "折扣与用券让利"),
        Text(
            "What discounts and coupons took off the purchases of members, less that of refunded ones; "
            "revenue is what was left. Unknown where no purchase tells of any.",
            "会员消费中折扣与优惠券抵扣的金额，减去退款部分；消费额为抵扣后的金额。数据中没有折扣记录时为未知。",
        ),
        Text("Σ discount of sales − of refunds", "Σ 销售折扣 − 退款折扣"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=0,
        top="discounts_given",
        known_by="discounts_recorded",
        slices=MEMBER_SLICES | PURCHASE_SLICES,
    ),
    _metric(
        "stored_value_balance",
        Text("Stored value balance", "储值余额"),
        Text(
            "Principal that members have paid in and not used; cut by account, the bonus stands beside it.",
            "会员已充值而未使用的本金；按账户查看时另列赠送余额。",
        ),
        Text("Σ top-ups − consumption − refunds up to D", "Σ 截至 D 的充值 − 消费 − 退款"),
        kind=Kind.STOCK,
        unit=Unit.MONEY,
        direction=0,
        top="stored_value_balance",
        known_by="stored_value_recorded",
        slices=_OF_ACCOUNTS,
    ),
    _metric(
        "stored_value_bonus_given",
        Text("Bonus on top-ups", "储值赠送金额"),
        Text(
            "Money given on top of what members put on their cards, less what of it lapsed unused: what "
            "top-ups cost. Unknown where the ledger tells of no bonus.",
            "会员充值时赠送的金额，减去到期未用的部分，即充值优惠的成本。账目中没有赠送记录时为未知。",
        ),
        Text("Σ bonus earned − bonus lapsed", "Σ 赠送 − 到期失效"),
        kind=Kind.FLOW,
        unit=Unit.MONEY,
        direction=0,
        top="stored_value_bonus_given",
        known_by="stored_value_bonus_recorded",
    ),
    _metric(
        "stored_value_use_rate",
        Text("Stored value use rate", "储值消耗率"),
        Text(
            "Principal used in the period ÷ principal at its opening and topped up in it.",
            "本期消耗的本金 ÷（期初本金余额 + 本期充值）。",
        ),
        Text("consumed ÷ (balance at the opening + topped up)", "消耗 ÷（期初余额 + 充值）"),
        top="stored_value_consumed",
        bottom=("stored_value_opening", "stored_value_topped_up"),
        slices=_OF_ACCOUNTS,
    ),
    _metric(
        "top_up_rate",
        Text("Top-up rate", "续充率"),
        Text(
            "Of the times a member's stored value fell below the low-balance mark 30 days before, the share "
            "followed by a top-up within those days; unknown where the programme sets no mark.",
            "会员储值余额在 30 天前跌破低余额线的次数中，30 天内续充的比例；未设低余额线时为未知。",
        ),
        Text(
            "topped up within 30 days ÷ falls below the mark whose 30 days ended in the period",
            "30 天内续充 ÷ 跌破低余额线且 30 天于本期届满的次数",
        ),
        top="low_balances_topped_up",
        bottom=("low_balances",),
        asks=_marks_low_balances,
    ),
    _metric(
        "prepaid_share",
        Text("Prepaid share", "预收占比"),
        Text(
            "Stored value balance ÷ revenue of members in the last 365 days; some jurisdictions cap it.",
            "储值余额 ÷ 会员最近 365 天的消费额；部分地区对此设有上限。",
        ),
        Text(
            "stored_value_balance ÷ revenue of 365 days up to D",
            "stored_value_balance ÷ 截至 D 的 365 天消费额",
        ),
        direction=0,
        top="stored_value_balance",
        bottom=("revenue_of_year",),
        bottom_above_0=True,
        known_by="stored_value_recorded",
    ),
)
