"""The section Members of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text


def number_of_members(
    name: str, kind: Kind, direction: int, label: Text, meaning: Text, **more: Any
) -> Metric:
    """A number of members; its column bears its name."""
    section = Section.MEMBERS if kind is Kind.STOCK else Section.MOVEMENT
    declared: dict[str, Any] = {
        "top": name,
        "section": section,
        "formula": Text(meaning.en.rstrip("."), meaning.zh.rstrip("。")),
    } | more
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


def share_of_members(
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
    declared: dict[str, Any] = {"formula": Text.same(f"{top} ÷ {bottom}")} | more
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
    number_of_members(
        "members_enrolled",
        Kind.STOCK,
        1,
        Text("Members enrolled", "会员总数"),
        Text(
            "Members who joined up to the as-of date and have not left.", "截至统计日已入会且未退会的会员。"
        ),
        formula=Text("joined_on ≤ D and not (left_on ≤ D)", "入会日 ≤ D 且未在 D 及以前退会"),
    ),
    number_of_members(
        "members_new_inactive",
        Kind.STOCK,
        0,
        Text("New, no purchase yet", "新入会未消费"),
        Text(
            "Members without a purchase who joined at most {new_days} days ago.",
            "尚无消费且入会不超过 {new_days} 天的会员。",
        ),
        formula=Text(
            "no purchase yet, D − joined_on ≤ {new_days} days", "尚无消费，D − 入会日 ≤ {new_days} 天"
        ),
    ),
    number_of_members(
        "members_never_active",
        Kind.STOCK,
        -1,
        Text("Never purchased", "从未消费"),
        Text(
            "Members without a purchase who joined more than {new_days} days ago.",
            "尚无消费且入会超过 {new_days} 天的会员。",
        ),
        formula=Text(
            "no purchase yet, D − joined_on > {new_days} days", "尚无消费，D − 入会日 > {new_days} 天"
        ),
    ),
    number_of_members(
        "members_active",
        Kind.STOCK,
        1,
        Text("Active members", "活跃会员"),
        Text(
            "Members whose last purchase is at most {active_days} days ago.",
            "最近一次消费在 {active_days} 天以内的会员。",
        ),
        formula=Text("days since last purchase ≤ {active_days}", "距最近一次消费的天数 ≤ {active_days}"),
    ),
    number_of_members(
        "members_silent",
        Kind.STOCK,
        -1,
        Text("Silent members", "沉默会员"),
        Text(
            "Members whose last purchase is {silent_from} to {silent_days} days ago.",
            "最近一次消费在 {silent_from} 至 {silent_days} 天前的会员。",
        ),
        formula=Text(
            "days since last purchase {silent_from} … {silent_days}",
            "距最近一次消费的天数 {silent_from} … {silent_days}",
        ),
    ),
    number_of_members(
        "members_churned",
        Kind.STOCK,
        -1,
        Text("Churned members", "流失会员"),
        Text(
            "Members whose last purchase is more than {silent_days} days ago.",
            "最近一次消费在 {silent_days} 天以前的会员。",
        ),
        formula=Text("days since last purchase > {silent_days}", "距最近一次消费的天数 > {silent_days}"),
    ),
    number_of_members(
        "members_left",
        Kind.STOCK,
        -1,
        Text("Members who have left", "退会会员总数"),
        Text(
            "Members who left up to the as-of date; not enrolled, reported beside.",
            "截至统计日已退会的会员；不计入会员总数，另行列示。",
        ),
        formula=Text("left_on ≤ D", "退会日 ≤ D"),
    ),
    number_of_members(
        "members_engaged",
        Kind.STOCK,
        1,
        Text("Engaged members", "互动会员"),
        Text(
            "Members with any purchase, redemption or activity in the last {active_days} days.",
            "最近 {active_days} 天内有任一消费、兑换或互动行为的会员。",
        ),
        formula=Text(
            "days since last purchase, redemption or activity ≤ {active_days}",
            "距最近一次消费、兑换或互动的天数 ≤ {active_days}",
        ),
    ),
    number_of_members(
        "members_reachable",
        Kind.STOCK,
        1,
        Text("Reachable members", "可触达会员"),
        Text(
            "Members who consented to be contacted; unknown where no consent is recorded.",
            "已同意接收联系的会员；数据中没有同意记录时为未知。",
        ),
        formula=Text("enrolled members with consent on D", "D 日已同意接收联系的在册会员"),
        known_by="members_consent_known",
    ),
    share_of_members(
        "reachable_rate",
        Section.MEMBERS,
        1,
        "members_reachable",
        "members_enrolled",
        Text("Reachable share", "可触达率"),
        Text("Share of the members who consented to be contacted.", "同意接收联系的会员占会员总数的比例。"),
        known_by="members_consent_known",
    ),
    share_of_members(
        "active_rate",
        Section.MEMBERS,
        1,
        "members_active",
        "members_enrolled",
        Text("Active share", "活跃会员占比"),
        Text("Share of the members who are active.", "活跃会员占会员总数的比例。"),
    ),
    share_of_members(
        "silent_rate",
        Section.MEMBERS,
        -1,
        "members_silent",
        "members_enrolled",
        Text("Silent share", "沉默会员占比"),
        Text("Share of the members who are silent.", "沉默会员占会员总数的比例。"),
    ),
    share_of_members(
        "churned_share",
        Section.MEMBERS,
        -1,
        "members_churned",
        "members_enrolled",
        Text("Churned share", "流失会员占比"),
        Text("Share of the members who have churned.", "流失会员占会员总数的比例。"),
    ),
)
