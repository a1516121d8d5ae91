"""The sections Members and Movement of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.cuts import MEMBER_SLICES
from loyalty_core.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text


def _members(name: str, kind: Kind, direction: int, label: Text, meaning: Text, **more: Any) -> Metric:
    """A number of members; its column bears its name."""
    section = Section.MEMBERS if kind is Kind.STOCK else Section.MOVEMENT
    declared: dict[str, Any] = {"top": name, "section": section, "formula": meaning.en.rstrip(".")} | more
    return Metric(
        name=name,
        kind=kind,
        unit=Unit.MEMBERS,
        direction=direction,
        slices=MEMBER_SLICES,
        label=label,
        meaning=meaning,
        **declared,
    )


def _share(
    name: str,
    section: Section,
    direction: int,
    top: str,
    bottom: str,
    label: Text,
    meaning: Text,
    **more: Any,
) -> Metric:
    """One number of members divided by another."""
    declared: dict[str, Any] = {"formula": f"{top} ÷ {bottom}"} | more
    return Metric(
        name=name,
        section=section,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=direction,
        slices=MEMBER_SLICES,
        label=label,
        meaning=meaning,
        top=top,
        bottom=(bottom,),
        **declared,
    )


MEMBERS: tuple[Metric, ...] = (
    _members(
        "members_enrolled",
        Kind.STOCK,
        1,
        Text("Members enrolled", "会员总数"),
        Text(
            "Members who joined up to the as-of date and have not left.", "截至统计日已入会且未退会的会员。"
        ),
        formula="joined_on ≤ D and not (left_on ≤ D)",
    ),
    _members(
        "members_new_inactive",
        Kind.STOCK,
        0,
        Text("New, no purchase yet", "新入会未消费"),
        Text(
            "Members without a purchase who joined at most 90 days ago.",
            "尚无消费且入会不超过 90 天的会员。",
        ),
        formula="no purchase yet, D − joined_on ≤ 90 days",
    ),
    _members(
        "members_never_active",
        Kind.STOCK,
        -1,
        Text("Never purchased", "从未消费"),
        Text(
            "Members without a purchase who joined more than 90 days ago.",
            "尚无消费且入会超过 90 天的会员。",
        ),
        formula="no purchase yet, D − joined_on > 90 days",
    ),
    _members(
        "members_active",
        Kind.STOCK,
        1,
        Text("Active members", "活跃会员"),
        Text("Members whose last purchase is at most 90 days ago.", "最近一次消费在 90 天以内的会员。"),
        formula="days since last purchase ≤ 90",
    ),
    _members(
        "members_silent",
        Kind.STOCK,
        -1,
        Text("Silent members", "沉默会员"),
        Text("Members whose last purchase is 91 to 180 days ago.", "最近一次消费在 91 至 180 天前的会员。"),
        formula="days since last purchase 91 … 180",
    ),
    _members(
        "members_churned",
        Kind.STOCK,
        -1,
        Text("Churned members", "流失会员"),
        Text("Members whose last purchase is more than 180 days ago.", "最近一次消费在 180 天以前的会员。"),
        formula="days since last purchase > 180",
    ),
    _members(
        "members_left",
        Kind.STOCK,
        -1,
        Text("Members who have left", "退会会员总数"),
        Text(
            "Members who left up to the as-of date; not enrolled, reported beside.",
            "截至统计日已退会的会员；不计入会员总数，另行列示。",
        ),
        formula="left_on ≤ D",
    ),
    _members(
        "members_engaged",
        Kind.STOCK,
        1,
        Text("Engaged members", "互动会员"),
        Text(
            "Members with any purchase, redemption or activity in the last 90 days.",
            "最近 90 天内有任一消费、兑换或互动行为的会员。",
        ),
        formula="days since last purchase, redemption or activity ≤ 90",
    ),
    _members(
        "members_reachable",
        Kind.STOCK,
        1,
        Text("Reachable members", "可触达会员"),
        Text(
            "Members who consented to be contacted; unknown where no consent is recorded.",
            "已同意接收联系的会员；数据中没有同意记录时为未知。",
        ),
        formula="enrolled members with consent on D",
        known_by="members_consent_known",
    ),
    _share(
        "reachable_rate",
        Section.MEMBERS,
        1,
        "members_reachable",
        "members_enrolled",
        Text("Reachable share", "可触达率"),
        Text("Share of the members who consented to be contacted.", "同意接收联系的会员占会员总数的比例。"),
        known_by="members_consent_known",
    ),
    _share(
        "active_rate",
        Section.MEMBERS,
        1,
        "members_active",
        "members_enrolled",
        Text("Active share", "活跃会员占比"),
        Text("Share of the members who are active.", "活跃会员占会员总数的比例。"),
    ),
    _share(
        "silent_rate",
        Section.MEMBERS,
        -1,
        "members_silent",
        "members_enrolled",
        Text("Silent share", "沉默会员占比"),
        Text("Share of the members who are silent.", "沉默会员占会员总数的比例。"),
    ),
    _share(
        "churned_share",
        Section.MEMBERS,
        -1,
        "members_churned",
        "members_enrolled",
        Text("Churned share", "流失会员占比"),
        Text("Share of the members who have churned.", "流失会员占会员总数的比例。"),
    ),
)

MOVEMENT: tuple[Metric, ...] = (
    _members(
        "members_joined",
        Kind.FLOW,
        1,
        Text("New members", "新增会员"),
        Text("Members who joined in the period.", "本期入会的会员。"),
        formula="joined_on in the period",
    ),
    _members(
        "members_departed",
        Kind.FLOW,
        -1,
        Text("Members leaving", "退会会员"),
        Text("Members who left in the period.", "本期退会的会员。"),
        formula="left_on in the period",
    ),
    _members(
        "members_lapsed",
        Kind.FLOW,
        -1,
        Text("Members lapsed", "当期流失会员"),
        Text("Members who became churned in the period.", "本期转为流失的会员。"),
        formula="a day in the period is 181 days after the last purchase",
    ),
    _members(
        "members_silenced",
        Kind.FLOW,
        -1,
        Text("Members fallen silent", "新增沉默会员"),
        Text("Members who became silent in the period.", "本期转为沉默的会员。"),
        formula="a day in the period is 91 days after the last purchase",
    ),
    _share(
        "churn_rate",
        Section.MOVEMENT,
        -1,
        "opening_lost",
        "opening_active_or_silent",
        Text("Churn rate", "当期流失率"),
        Text(
            "Of the members active or silent at the opening, the share churned or gone at the close.",
            "期初活跃或沉默的会员中，期末已流失或退会的比例。",
        ),
        formula="active or silent at the opening and churned or left at the close "
        "÷ active or silent at the opening",
    ),
    _share(
        "wake_up_rate",
        Section.MOVEMENT,
        1,
        "opening_silent_woken",
        "opening_silent",
        Text("Wake-up rate", "沉默唤醒率"),
        Text(
            "Of the members silent at the opening, the share who purchased in the period.",
            "期初沉默的会员中，本期有消费的比例。",
        ),
        formula="silent at the opening who purchased in the period ÷ silent at the opening",
    ),
    _share(
        "win_back_rate",
        Section.MOVEMENT,
        1,
        "opening_churned_won_back",
        "opening_churned",
        Text("Win-back rate", "流失召回率"),
        Text(
            "Of the members churned at the opening, the share who purchased in the period.",
            "期初流失的会员中，本期有消费的比例。",
        ),
        formula="churned at the opening who purchased in the period ÷ churned at the opening",
    ),
    _share(
        "activation_rate",
        Section.MOVEMENT,
        1,
        "members_activated",
        "members_settling_in",
        Text("Activation rate", "新会员激活率"),
        Text(
            "Of those who joined 31 to 60 days ago, the share with a purchase within 30 days of joining.",
            "31 至 60 天前入会的会员中，入会 30 天内有消费的比例。",
        ),
        formula="joined 31–60 days before D, purchase within 30 days of joining ÷ joined 31–60 days before D",
    ),
    _share(
        "growth_rate",
        Section.MOVEMENT,
        1,
        "members_gained_in_year",
        "members_enrolled_year_earlier",
        Text("Membership growth", "会员增长率"),
        Text("Members enrolled against the same day a year earlier.", "会员总数与一年前同日相比的增长。"),
        formula="members_enrolled ÷ the same a year earlier − 1",
    ),
    Metric(
        name="join_rate",
        section=Section.MOVEMENT,
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=1,
        slices=frozenset(),
        label=Text("Join rate", "入会率"),
        meaning=Text(
            "Members who joined on a day they purchased, of these and the sales to guests; "
            "unknown where no sale to a guest is recorded.",
            "入会当日有消费的新会员 ÷（该类会员 + 非会员消费笔数）；数据中没有非会员消费时为未知。",
        ),
        formula="joined at checkout ÷ (joined at checkout + purchases without a member)",
        top="members_joined_at_checkout",
        bottom=("members_joined_at_checkout", "guest_purchases"),
        known_by="guest_purchases",
    ),
)
