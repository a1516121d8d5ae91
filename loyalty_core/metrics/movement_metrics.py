"""The section Movement of the dictionary."""

from __future__ import annotations

from loyalty_core.metrics.member_metrics import number_of_members, share_of_members
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text

MOVEMENT: tuple[Metric, ...] = (
    number_of_members(
        "members_joined",
        Kind.FLOW,
        1,
        Text("New members", "新增会员"),
        Text("Members who joined in the period.", "本期入会的会员。"),
        formula=Text("joined_on in the period", "入会日在本期内"),
    ),
    number_of_members(
        "members_departed",
        Kind.FLOW,
        -1,
        Text("Members leaving", "退会会员"),
        Text("Members who left in the period.", "本期退会的会员。"),
        formula=Text("left_on in the period", "退会日在本期内"),
    ),
    number_of_members(
        "members_lapsed",
        Kind.FLOW,
        -1,
        Text("Members lapsed", "当期流失会员"),
        Text("Members who became churned in the period.", "本期转为流失的会员。"),
        formula=Text(
            "a day in the period is {churned_from} days after the last purchase",
            "本期某日为最近一次消费后的第 {churned_from} 天",
        ),
    ),
    number_of_members(
        "members_silenced",
        Kind.FLOW,
        -1,
        Text("Members fallen silent", "新增沉默会员"),
        Text("Members who became silent in the period.", "本期转为沉默的会员。"),
        formula=Text(
            "a day in the period is {silent_from} days after the last purchase",
            "本期某日为最近一次消费后的第 {silent_from} 天",
        ),
    ),
    share_of_members(
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
        formula=Text(
            "active or silent at the opening and churned or left at the close "
            "÷ active or silent at the opening",
            "期初活跃或沉默、期末已流失或退会的会员 ÷ 期初活跃或沉默的会员",
        ),
    ),
    share_of_members(
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
        formula=Text(
            "silent at the opening who purchased in the period ÷ silent at the opening",
            "期初沉默且本期有消费的会员 ÷ 期初沉默的会员",
        ),
    ),
    share_of_members(
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
        formula=Text(
            "churned at the opening who purchased in the period ÷ churned at the opening",
            "期初流失且本期有消费的会员 ÷ 期初流失的会员",
        ),
    ),
    share_of_members(
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
        formula=Text(
            "joined 31–60 days before D, purchase within 30 days of joining ÷ joined 31–60 days before D",
            "D 前 31–60 天入会且入会 30 天内有消费的会员 ÷ D 前 31–60 天入会的会员",
        ),
    ),
    share_of_members(
        "growth_rate",
        Section.MOVEMENT,
        1,
        "members_gained_in_year",
        "members_enrolled_year_earlier",
        Text("Membership growth", "会员增长率"),
        Text("Members enrolled against the same day a year earlier.", "会员总数与一年前同日相比的增长。"),
        formula=Text(
            "members_enrolled ÷ the same a year earlier − 1",
            "members_enrolled ÷ 一年前同日的 members_enrolled − 1",
        ),
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
        formula=Text(
            "joined at checkout ÷ (joined at checkout + purchases without a member)",
            "入会当日有消费的新会员 ÷（该类会员 + 非会员消费笔数）",
        ),
        top="members_joined_at_checkout",
        bottom=("members_joined_at_checkout", "guest_purchases"),
        known_by="guest_purchases",
    ),
)
