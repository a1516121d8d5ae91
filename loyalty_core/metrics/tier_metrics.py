"""The section Tiers of the dictionary."""

from __future__ import annotations

from typing import Any

from loyalty_core.counting.cuts import MEMBER_SLICES, OPENING_TIER, PURCHASE_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.rules.programme import Programme
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


def _can_fall(programme: Programme) -> bool:
    return programme.qualification.downgrade != "never"


def _benefits_cost(programme: Programme) -> bool:
    benefits = [benefit for tier in programme.tiers for benefit in tier.benefits]
    return any(benefit.cost_per_use or benefit.cost_per_month for benefit in benefits)


def _has_paid_tier(programme: Programme) -> bool:
    return any(tier.entry == "paid" for tier in programme.tiers)


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
        "tier_migration",
        Kind.STOCK,
        Unit.MEMBERS,
        0,
        Text("Migration between tiers", "等级迁移"),
        Text(
            "Members by their tier at the opening and at the close: no opening tier for those who entered, "
            "no closing tier for those who left.",
            "按期初等级与期末等级统计的会员；无期初等级者为新进，无期末等级者为离开。",
        ),
        formula=Text(
            "members with a tier at the opening or the close, per tier at both",
            "期初或期末有等级的会员，按期初与期末等级统计",
        ),
        top="members_by_tiers",
        per=OPENING_TIER,
        slices=MEMBER_SLICES | {OPENING_TIER},
    ),
    _tier(
        "keep_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Keep rate", "保级率"),
        Text(
            "Of the members above the lowest tier whose tier was reviewed in the period, the share without "
            "a downgrade in it. Who is in a grace period counts as kept until the tier is lost.",
            "本期接受等级复核的会员（最低等级除外）中，本期未降级的比例；宽限期内视为保级。",
        ),
        formula=Text(
            "reviewed members without a move to a lower tier in the period ÷ reviewed members",
            "本期复核且未降级的会员 ÷ 本期复核的会员",
        ),
        top="members_kept",
        bottom=("members_reviewed",),
    ),
    _tier(
        "near_upgrade",
        Kind.STOCK,
        Unit.MEMBERS,
        1,
        Text("Members near an upgrade", "临近升级会员"),
        Text(
            "Members who have done at least 90% of what the next tier asks for.",
            "已完成下一等级条件 90% 及以上的会员。",
        ),
        formula=Text(
            "each measure needed as of D ≥ 90% of what the next tier asks, tier not reached",
            "截至 D 所需各项指标 ≥ 下一等级要求的 90%，且尚未达到该等级",
        ),
    ),
    _tier(
        "near_downgrade",
        Kind.STOCK,
        Unit.MEMBERS,
        -1,
        Text("Members near a downgrade", "临近降级会员"),
        Text(
            "Members who would lose their tier at the next review, or begin a grace period, if they did "
            "nothing more until then.",
            "若此后无新增行为，下次复核时将降级或进入宽限期的会员。",
        ),
        formula=Text(
            "what was done up to D in the window of the next review < what keeps the tier",
            "下次复核窗口内截至 D 的完成值 < 保级要求",
        ),
        asks=_can_fall,
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
    _tier(
        "tier_benefit_cost",
        Kind.FLOW,
        Unit.MONEY,
        -1,
        Text("Cost of tier benefits", "等级权益成本"),
        Text(
            "What benefits of tiers cost: each use of one that the member's tier grants, and on the first "
            "day of each month a month of those paid by the month.",
            "等级权益的成本：会员按当日等级使用的每次权益，以及每月首日计入的按月权益。",
        ),
        formula=Text(
            "Σ cost of each use + Σ monthly cost of members with the tier on the first of each month",
            "Σ 各次使用成本 + Σ 每月首日各等级会员的按月成本",
        ),
        asks=_benefits_cost,
    ),
    _tier(
        "benefit_use_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Use of benefits", "权益使用率"),
        Text(
            "Of the members whose tier granted benefits on some day of the period, the share who used one "
            "of them.",
            "本期内等级享有权益的会员中，使用过其中任一权益的比例。",
        ),
        formula=Text("members using a benefit ÷ members granted one", "使用权益的会员 ÷ 享有权益的会员"),
        top="members_using_benefit",
        bottom=("members_granted",),
    ),
    _tier(
        "renewal_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Renewal rate", "续费率"),
        Text(
            "Of the paid memberships whose 30 days to renew after their end were over in the period, the "
            "share renewed by then, before the end or after it.",
            "付费会员到期后 30 天续费期在本期结束的，其中已续费（含到期前续费）的比例。",
        ),
        formula=Text(
            "paid memberships renewed within 30 days ÷ those that ended 30 days before a day of the period",
            "30 天内续费的付费会员 ÷ 30 天续费期在本期结束的付费会员",
        ),
        top="memberships_renewed",
        bottom=("memberships_due",),
    ),
    _tier(
        "membership_fees",
        Kind.FLOW,
        Unit.MONEY,
        1,
        Text("Membership fees", "会员费收入"),
        Text(
            "What members paid in the period for tiers that are bought; where the data do not tell how much, "
            "the fee of the tier.",
            "会员在本期为付费等级支付的费用；数据未记录金额的，按该等级的会员费计。",
        ),
        formula=Text(
            "Σ amount of each fee paid, that of the tier where none is told",
            "Σ 各笔会员费的金额，未记录的按该等级会员费计",
        ),
        asks=_has_paid_tier,
    ),
    _tier(
        "members_paying",
        Kind.STOCK,
        Unit.MEMBERS,
        1,
        Text("Paying members", "付费会员"),
        Text(
            "Members enrolled who have paid for a tier that has not ended.",
            "付费等级尚在有效期内的在册会员。",
        ),
        formula=Text("enrolled, with a paid tier that has not ended", "在册，且付费等级尚在有效期内"),
        top="members_paying",
        asks=_has_paid_tier,
    ),
    _tier(
        "paid_share",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Share of paying members", "付费率"),
        Text(
            "Share of the enrolled members who have paid for a tier that has not ended.",
            "付费等级尚在有效期内的会员占会员总数的比例。",
        ),
        formula=Text("members_paying ÷ members_enrolled", "members_paying ÷ members_enrolled"),
        top="members_paying",
        bottom=("members_enrolled",),
        asks=_has_paid_tier,
    ),
)
