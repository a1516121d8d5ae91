"""The section Care and quality of the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.intervals import exact_low
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit, Values, over
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text


def _metric(name: str, label: Text, meaning: Text, formula: Text, **more: Any) -> Metric:
    declared: dict[str, Any] = {"kind": Kind.RATIO, "unit": Unit.SHARE, "direction": 1} | more
    return Metric(
        name=name,
        section=Section.CARE,
        slices=MEMBER_SLICES,
        label=label,
        meaning=meaning,
        formula=formula,
        **declared,
    )


def _nps(facts: Mapping[str, Values], _: Programme) -> Values:
    return 100 * over(facts["nps_net"], facts["nps_answers"])


def _per_thousand(facts: Mapping[str, Values], _: Programme) -> Values:
    return 1000 * over(facts["complaints"], facts["members_enrolled"])


CARE: tuple[Metric, ...] = (
    _metric(
        "satisfaction",
        Text("Satisfaction", "满意度"),
        Text(
            "Share of survey answers of 4 or 5 out of 5; from activities of kind survey, whose value is the "
            "answer.",
            "问卷回答（1 至 5 分）中 4 分或 5 分的比例。",
        ),
        Text("answers of 4 or 5 ÷ answers of 1 to 5", "4 分或 5 分的回答 ÷ 1 至 5 分的回答"),
        top="survey_satisfied",
        bottom=("survey_answers",),
        target=0.95,
    ),
    _metric(
        "nps",
        Text("Net promoter score", "净推荐值"),
        Text(
            "Share of answers of 9 or 10 less that of 0 to 6, in points; from activities of kind nps, whose "
            "value is the answer from 0 to 10.",
            "推荐意愿（0 至 10 分）中 9 至 10 分的占比减 0 至 6 分的占比，以分计。",
        ),
        Text("100 × (promoters − detractors) ÷ answers", "100 ×（推荐者 − 贬损者）÷ 回答"),
        unit=Unit.SCORE,
        needs=("nps_net", "nps_answers"),
        worked_out=_nps,
    ),
    _metric(
        "complaints_per_thousand",
        Text("Complaints per thousand", "千人投诉数"),
        Text(
            "Complaints of the period for each thousand members; unknown where none was ever recorded.",
            "每千名会员的本期投诉数；数据中从无投诉记录时为未知。",
        ),
        Text("complaints ÷ members_enrolled × 1,000", "投诉数 ÷ members_enrolled × 1,000"),
        unit=Unit.NUMBER,
        direction=-1,
        needs=("complaints", "members_enrolled"),
        worked_out=_per_thousand,
        known_by="complaints_recorded",
    ),
    _metric(
        "sign_in_rate",
        Text("Sign-in rate", "签到率"),
        Text(
            "Share of the members who signed in during the period; unknown where no sign-in was ever "
            "recorded.",
            "本期有签到的会员占会员总数的比例；数据中从无签到记录时为未知。",
        ),
        Text(
            "members enrolled at D who signed in during the period ÷ members_enrolled",
            "D 日在册且本期有签到的会员 ÷ members_enrolled",
        ),
        top="members_signed_in",
        bottom=("members_enrolled",),
        known_by="sign_ins_recorded",
    ),
    _metric(
        "members_signed_in",
        Text("Members who signed in", "签到会员"),
        Text(
            "Members enrolled at the as-of date who signed in during the period; unknown where no sign-in "
            "was ever recorded.",
            "统计日在册且本期有签到的会员；数据中从无签到记录时为未知。",
        ),
        Text("members enrolled at D who signed in during the period", "D 日在册且本期有签到的会员"),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        top="members_signed_in",
        known_by="sign_ins_recorded",
    ),
    _metric(
        "sign_in_frequency",
        Text("Days signed in", "人均签到天数"),
        Text(
            "Days with a sign-in per member who signed in during the period.",
            "本期签到会员的人均签到天数。",
        ),
        Text("days with a sign-in ÷ members_signed_in", "有签到的人日 ÷ members_signed_in"),
        unit=Unit.NUMBER,
        top="sign_in_days",
        bottom=("members_signed_in",),
    ),
    _metric(
        "members_on_streak",
        Text("Members on a streak", "连续签到会员"),
        Text(
            "Members who signed in on each of the last seven days; unknown where no sign-in was ever "
            "recorded.",
            "最近七天每天都签到的会员；数据中从无签到记录时为未知。",
        ),
        Text(
            "members enrolled at D who signed in on D and on each of the six days before",
            "D 日在册、且 D 日及此前六天每天都签到的会员",
        ),
        kind=Kind.STOCK,
        unit=Unit.MEMBERS,
        top="members_on_streak",
        known_by="sign_ins_recorded",
    ),
    _metric(
        "tasks_offered",
        Text("Tasks offered", "发放任务"),
        Text("Tasks offered to members in the period.", "本期发放给会员的任务。"),
        Text("count of tasks offered", "发放的任务数"),
        kind=Kind.FLOW,
        unit=Unit.COUNT,
        direction=0,
        top="tasks_offered",
    ),
    _metric(
        "tasks_completed",
        Text("Tasks completed", "完成任务"),
        Text(
            "Of the tasks offered in the period, those that the member completed by its end.",
            "本期发放的任务中，会员截至期末已完成的任务。",
        ),
        Text(
            "tasks offered and followed by the same member's task of that reference",
            "发放后由同一会员完成的同一任务数",
        ),
        kind=Kind.FLOW,
        unit=Unit.COUNT,
        top="tasks_completed",
    ),
    _metric(
        "task_completion_rate",
        Text("Task completion rate", "任务完成率"),
        Text(
            "Of the tasks offered in the period, the share that the member completed by its end.",
            "本期发放的任务中，会员截至期末已完成的比例。",
        ),
        Text(
            "tasks offered and followed by the same member's task of that reference ÷ tasks offered",
            "发放后由同一会员完成的同一任务 ÷ 发放的任务",
        ),
        top="tasks_completed",
        bottom=("tasks_offered",),
    ),
    _metric(
        "referrals",
        Text("Referrals", "推荐人数"),
        Text(
            "People whom members recommended in the period; unknown where no referral was ever recorded.",
            "本期会员推荐的人数；数据中从无推荐记录时为未知。",
        ),
        Text("count of referrals", "推荐记录数"),
        kind=Kind.FLOW,
        unit=Unit.MEMBERS,
        top="referrals",
        known_by="referrals_recorded",
    ),
    _metric(
        "members_uncontacted",
        Text("Members not contacted", "未联系会员"),
        Text(
            "Members without a contact in the last 30 days, by a campaign or by staff; unknown where no "
            "contact was ever recorded.",
            "最近 30 天内未被活动或员工联系的会员；数据中从无联系记录时为未知。",
        ),
        Text(
            "enrolled, no contact on the 30 days up to D",
            "在册，且截至 D 的 30 天内没有联系",
        ),
        kind=Kind.STOCK,
        unit=Unit.MEMBERS,
        direction=-1,
        top="members_uncontacted",
        known_by="contacts_recorded",
    ),
    _metric(
        "data_accuracy",
        Text("Data accuracy", "数据准确率"),
        Text(
            "Share of the sampled fields of members that were right; from activities of kind quality_sample, "
            "whose value is 1 for a right field and 0 for a wrong one. Its target is met once the sample "
            "proves it: data_accuracy_low is held against it.",
            "抽查的会员资料字段中正确的比例。抽查样本足以证明时才算达标：以 data_accuracy_low 与目标比较。",
        ),
        Text("right fields ÷ sampled fields", "正确字段 ÷ 抽查字段"),
        top="fields_right",
        bottom=("fields_sampled",),
        bounds=("data_accuracy_low",),
        target=0.95,
    ),
    _metric(
        "data_accuracy_low",
        Text("Data accuracy, at least", "数据准确率（至少）"),
        Text(
            "The accuracy that the sample proves with 95% confidence, one-sided.",
            "抽查样本以 95% 单侧置信度证明的准确率下限。",
        ),
        Text("exact binomial bound of data_accuracy", "data_accuracy 的精确二项下限"),
        needs=("fields_right", "fields_sampled"),
        worked_out=lambda facts, _: exact_low(facts["fields_right"], facts["fields_sampled"]),
    ),
    _metric(
        "profile_freshness",
        Text("Fresh profiles", "资料更新率"),
        Text(
            "Share of the members whose attributes were confirmed or changed in the last three months, "
            "joining included; unknown where no change was ever recorded.",
            "最近三个月内确认或变更过资料（含入会）的会员占比；数据中从无变更记录时为未知。",
        ),
        Text(
            "members with valid_from in the three months up to D ÷ members_enrolled",
            "资料生效日在截至 D 的三个月内的会员 ÷ members_enrolled",
        ),
        top="profiles_fresh",
        bottom=("members_enrolled",),
        known_by="profile_changes_recorded",
    ),
)
