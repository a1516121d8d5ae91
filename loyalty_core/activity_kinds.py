"""What members do other than buying, by the kinds that figures, rules and the demo know.

A source may have further ones: earning rules and activity scores can name any kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_core.text import Text

_NOTHING = Text.same("")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityKind:
    """A kind of activity: its name for people, and what its `value` and `reference` hold, if anything."""

    label: Text
    value: Text = _NOTHING
    reference: Text = _NOTHING


def _kind(en: str, zh: str, **more: Text) -> ActivityKind:
    return ActivityKind(label=Text(en, zh), **more)


_MONEY = Text("an amount in minor units of money", "金额（最小货币单位）")
_TIER = Text("the tier", "等级")

ACTIVITY_KINDS: dict[str, ActivityKind] = {
    "joined": _kind("Joined", "入会"),
    "sign_in": _kind("Sign-in", "签到"),
    "check_in": _kind("Checked in", "到店签到"),
    "visit": _kind("Visit", "到访"),
    "browse": _kind("Browsing", "浏览"),
    "task_offered": _kind("Task offered", "发放任务"),
    "task": _kind("Task done", "完成任务"),
    "share": _kind("Shared", "分享"),
    "share_converted": _kind(
        "Share led to a click or sale",
        "分享转化",
        value=Text("how many clicks or sales, where counted", "点击或成交次数（如有）"),
    ),
    "referral": _kind("Friend brought", "推荐好友"),
    "referred": _kind("Brought by a friend", "经好友推荐入会"),
    "review": _kind("Review written", "发表评价"),
    "survey": _kind("Survey answered", "填写问卷", value=Text("1 to 5", "1 至 5")),
    "nps": _kind("Would recommend", "推荐意愿评分", value=Text("0 to 10", "0 至 10")),
    "complaint": _kind("Complaint", "投诉"),
    "complaint_closed": _kind("Complaint closed", "投诉办结"),
    "suggestion": _kind("Suggestion", "提出建议"),
    "suggestion_adopted": _kind("Suggestion adopted", "建议被采纳"),
    "contact": _kind("Contact", "联系"),
    "quality_sample": _kind(
        "Profile checked", "资料抽查", value=Text("1 where the field was right, 0 wrong", "1 正确，0 错误")
    ),
    "invitation": _kind("Invited into a tier", "受邀升级", reference=_TIER),
    "membership_fee": _kind(
        "Membership fee paid",
        "支付会员费",
        value=Text("what was paid in minor units of money, where known", "实付金额（最小货币单位，如有）"),
        reference=_TIER,
    ),
    "benefit": _kind("Benefit used", "使用权益", reference=Text("the benefit", "权益")),
    "top_up": _kind("Card topped up", "储值充值", value=_MONEY),
    "pay_out": _kind(
        "Card paid out",
        "储值退款",
        value=Text("an amount in minor units of money, all where missing", "金额（最小货币单位）；空为全部"),
    ),
}
