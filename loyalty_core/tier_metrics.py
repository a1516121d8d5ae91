"""The section Tiers of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.cuts import MEMBER_SLICES, PURCHASE_SLICES
from loyalty_core.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text


def _tier(
    name: str, kind: Kind, unit: Unit, direction: int, label: Text, meaning: Text, **more: Any
) -> Metric:
    declared: dict[str, Any] = {"top": name, "slices": MEMBER_SLICES} | more
    return Metric(
        name=name,
        section=Section.TIERS,
        kind=kind,
        unit=unit,
        direction=direction,
        label=label,
        meaning=meaning,
        **declared,
    )


TIERS: tuple[Metric, ...] = (
    _tier(
        "tier_members",
        Kind.STOCK,
        Unit.MEMBERS,
        0,
        Text("Members per tier", "等级会员数"),
        Text("Enrolled members of each tier at the as-of date.", "截至统计日各等级的会员数。"),
        formula=Text("members_enrolled per tier at D", "D 日各等级的 members_enrolled"),
        top="members_enrolled",
        per="member_tier",
    ),
    _tier(
        "tier_share",
        Kind.RATIO,
        Unit.SHARE,
        0,
        Text("Share per tier", "等级分布"),
        Text("Share of the enrolled members in each tier.", "各等级会员占会员总数的比例。"),
        formula=Text(
            "tier_members ÷ members_enrolled of all tiers", "tier_members ÷ 全部等级的 members_enrolled"
        ),
        top="members_enrolled",
        bottom=("members_enrolled",),
        per="member_tier",
    ),
    _tier(
        "tier_upgrades",
        Kind.FLOW,
        Unit.MEMBERS,
        1,
        Text("Members upgraded", "升级会员"),
        Text("Members who moved to a higher tier in the period.", "本期升至更高等级的会员。"),
        formula=Text("members with a move to a higher tier in the period", "本期有升级变动的会员"),
    ),
    _tier(
        "tier_downgrades",
        Kind.FLOW,
        Unit.MEMBERS,
        -1,
        Text("Members downgraded", "降级会员"),
        Text("Members who moved to a lower tier in the period.", "本期降至更低等级的会员。"),
        formula=Text("members with a move to a lower tier in the period", "本期有降级变动的会员"),
    ),
    _tier(
        "upgrade_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Upgrade rate", "升级率"),
        Text(
            "Of the members below the top tier at the opening, the share who moved up in the period.",
            "期初未达最高等级的会员中，本期升级的比例。",
        ),
        formula=Text(
            "opening members below the top who moved up ÷ opening members below the top",
            "期初未达最高等级且本期升级的会员 ÷ 期初未达最高等级的会员",
        ),
        top="opening_upgraded",
        bottom=("opening_below_top",),
    ),
    _tier(
        "near_upgrade",
        Kind.STOCK,
        Unit.MEMBERS,
        1,
        Text("Close to an upgrade", "临近升级"),
        Text(
            "Members whose qualifying spend is at least 90 % of what the next tier asks for.",
            "定级消费已达到下一等级门槛 90 % 及以上的会员。",
        ),
        formula=Text(
            "qualifying spend as of D ≥ 90 % of the next tier's threshold, tier not reached",
            "截至 D 的定级消费 ≥ 下一等级门槛的 90 %，且尚未达到该等级",
        ),
    ),
    _tier(
        "tier_revenue_share",
        Kind.RATIO,
        Unit.SHARE,
        0,
        Text("Revenue share per tier", "等级消费占比"),
        Text(
            "Share of member revenue of each tier, by the member's tier on the day of the purchase.",
            "各等级消费额占会员消费额的比例，等级取消费当日。",
        ),
        formula=Text("revenue per tier ÷ revenue of all tiers", "各等级的 revenue ÷ 全部等级的 revenue"),
        top="revenue",
        bottom=("revenue",),
        per="member_tier",
        slices=MEMBER_SLICES | PURCHASE_SLICES,
    ),
)
