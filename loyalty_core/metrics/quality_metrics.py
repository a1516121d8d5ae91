"""How good the data itself is: shares of values and of members, counted over a whole snapshot, not by period.

They belong to the section Care and quality of the dictionary, but no period facts hold them:
`data/validity.py` and `data/duplicates.py` count their columns, and the Data page alone shows them.
"""

from __future__ import annotations

from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.text import Text

OLDEST = 110  # years: who is older was made up
# Attributes (name=value) of which people have one of their own, and that which tells them apart with the
# date of birth alone.
IDENTIFYING = ("phone", "mobile", "email", "wechat", "id_card")
NAME = "name"


def _metric(
    name: str, unit: Unit, direction: int, label: Text, meaning: Text, formula: Text, **of: str
) -> Metric:
    bottom = (of["bottom"],) if "bottom" in of else ()
    return Metric(
        name=name,
        section=Section.CARE,
        slices=frozenset(),
        kind=Kind.RATIO if bottom else Kind.STOCK,
        unit=unit,
        direction=direction,
        label=label,
        meaning=meaning,
        formula=formula,
        top=of["top"],
        bottom=bottom,
        known_by=of.get("known_by"),
    )


QUALITY: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _metric(
            "data_validity",
            Unit.SHARE,
            1,
            Text("Data validity", "数据有效率"),
            Text(
                "Of the values held to which a rule applies, the share that keeps it: ages, days, tiers, "
                "amounts and answers. What an import rejects is not held, and told beside the import.",
                "数据中适用规则的取值里符合规则的比例，规则涉及年龄、日期、等级、金额与问卷回答。"
                "导入时被拒绝的数据不在其中，见导入记录。",
            ),
            Text(
                "values that keep their rule ÷ values to which a rule applies",
                "符合规则的取值 ÷ 适用规则的取值",
            ),
            top="values_valid",
            bottom="values_checked",
        ),
        _metric(
            "values_outside",
            Unit.COUNT,
            -1,
            Text("Values outside their rules", "不合规取值"),
            Text(
                "Values held that break the rule that applies to them, whatever day is looked at.",
                "数据中不符合适用规则的取值，与所选日期无关。",
            ),
            Text("values to which a rule applies − values that keep it", "适用规则的取值 − 符合规则的取值"),
            top="values_outside",
            known_by="values_checked",
        ),
        _metric(
            "likely_duplicates",
            Unit.MEMBERS,
            -1,
            Text("Likely duplicates", "疑似重复会员"),
            Text(
                "Members enrolled who share with another a phone number, an e-mail address or another "
                "attribute that people have of their own, or both name and full date of birth; compared "
                "without case, spaces, dashes and brackets. As last known, whatever day is looked at; "
                "unknown where no source tells any of these.",
                "在册会员中与他人手机号、邮箱或其他个人专有属性相同，或姓名与完整出生日期都相同者；"
                "比较时忽略大小写、空格、连字符与括号，按最新资料统计，与所选日期无关。"
                "没有数据来源提供这些属性时为未知。",
            ),
            Text(
                "members enrolled with an identifying value that another has, too",
                "在册且识别信息与他人相同的会员",
            ),
            top="members_alike",
            known_by="members_identified",
        ),
        _metric(
            "duplicate_share",
            Unit.SHARE,
            -1,
            Text("Share of likely duplicates", "疑似重复占比"),
            Text(
                "Of the members of whom an identifying attribute is known, those who share it with another.",
                "有识别信息的会员中疑似重复会员的比例。",
            ),
            Text(
                "likely_duplicates ÷ members enrolled with an identifying value",
                "likely_duplicates ÷ 有识别信息的在册会员",
            ),
            top="members_alike",
            bottom="members_identified",
        ),
    )
}
