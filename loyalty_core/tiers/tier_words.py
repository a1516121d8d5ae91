"""The sentences in which a member's tier is explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loyalty_core.days import NEVER
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure, Window
from loyalty_core.text import Text
from loyalty_core.tiers.requirements import Asked, Counted
from loyalty_core.written import day_text, money_text

MEASURE: dict[Measure, Text] = {
    "spend": Text("spend", "消费"),
    "purchases": Text("purchases", "消费笔数"),
    "status_points": Text("status points", "定级积分"),
    "redeemed_points": Text("points redeemed", "兑换积分"),
    "activity_score": Text("activity score", "活跃分"),
}
WINDOW: dict[Window, Text] = {
    "rolling": Text("in the last {months} months", "近 {months} 个月"),
    "calendar": Text("in the calendar year", "本自然年"),
    "joining_year": Text("in the membership year", "本会员年度"),
    "tier_year": Text("in the year of the tier", "本等级年度"),
    "since_joining": Text("since joining", "入会以来"),
}
LOWEST = Text("{tier} is the tier of every member.", "{tier}是每位会员的起始等级。")
SINCE = Text("{tier} since {day}.", "自 {day}起为{tier}。")
HELD = Text("It holds until {day}.", "有效期至 {day}（不含当日）。")
FOR_GOOD = Text("It holds without a limit.", "长期有效。")
GRACE = Text("Grace runs until {day}.", "宽限期至 {day}（不含当日）。")
MET = Text("What keeps it is met: {what}.", "已满足保级条件：{what}。")
NOT_MET = Text("What keeps it is not met today: {what}.", "目前未满足保级条件：{what}。")
FROM_BELOW = Text("{tier} is entered from {below} only.", "须先成为{below}才能升至{tier}。")
OPEN_FROM = Text("Not before {day}.", "最早 {day}可升级。")
NOTHING_MISSING = Text("Nothing is missing.", "条件已满足。")
RISES = Text("The review on {day} lifts to {to}.", "{day}复核后升至{to}。")
FALLS = Text("The review on {day} ends {tier}; {to} follows.", "{day}复核后由{tier}变为{to}。")
GRACE_BEGINS = Text(
    "On {day} too little is there for {tier}; grace runs until {grace}.",
    "{day}未达到{tier}保级条件，宽限至 {grace}。",
)
STILL_HELD = Text("At the review on {day}, {tier} still holds.", "{day}复核时{tier}仍在有效期内。")
STILL_IN_GRACE = Text("At the review on {day}, {tier} is still in grace.", "{day}复核时{tier}仍在宽限期内。")
KEPT = Text("The review on {day} keeps {tier}.", "{day}复核后保留{tier}。")
TO_KEEP = Text("To keep it: {what}", "保级还需：{what}")
_AMOUNT = Text("{measure} {window}: {amount}", "{window}{measure}：{amount}")
_OF = Text("{total} of {least}", "{total} / {least}")
_MORE = Text("{amount} more", "再增加 {amount}")
_UNTIL = Text("{what} by {day}", "{what}（截至 {day}）")
_ANY = Text("any {needed} of: {what}.", "以下任意 {needed} 项：{what}。")
_ALL = Text("{what}.", "{what}。")


def said(template: Text, **values: Text | str | int) -> Text:
    """The template with each value in its own language."""
    en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
    return Text(template.en.format(**en), template.zh.format(**zh))


def sentences(texts: Sequence[Text]) -> Text:
    """Sentences one after the other."""
    return Text(" ".join(text.en for text in texts), "".join(text.zh for text in texts))


def amount_text(programme: Programme, measure: Measure, units: int) -> Text:
    """So much of a measure in shown units."""
    if measure == "spend":
        return money_text(programme, units)
    decimals = programme.point_decimals if measure in ("status_points", "redeemed_points") else 0
    return Text.same(f"{units / 10**decimals:,.{decimals}f}")


def progress_text(programme: Programme, totals: Mapping[Counted, int], asked: Asked) -> Text:
    """What was done of what is asked, thing by thing."""
    parts = [
        _counted(
            one, said(_OF, total=_shown(programme, one, totals[one]), least=_shown(programme, one, least))
        )
        for one, least in asked.least.items()
    ]
    return _listed(parts)


def goal_text(programme: Programme, missing: Sequence[tuple[Counted, int, int]], needed: int) -> Text:
    """What is missing: things counted, how much of each and until when, any `needed` of them."""
    if not missing:
        return NOTHING_MISSING
    parts = []
    for one, units, until in missing:
        more = _counted(one, said(_MORE, amount=_shown(programme, one, units)))
        parts.append(more if until == NEVER else said(_UNTIL, what=more, day=day_text(until)))
    if needed < len(missing):
        return said(_ANY, needed=needed, what=_listed(parts))
    return said(_ALL, what=_listed(parts))


def _counted(one: Counted, amount: Text) -> Text:
    window = said(WINDOW[one.window], months=one.months)
    return said(_AMOUNT, measure=MEASURE[one.measure], window=window, amount=amount)


def _shown(programme: Programme, one: Counted, units: int) -> Text:
    return amount_text(programme, one.measure, units)


def _listed(parts: Sequence[Text]) -> Text:
    return Text("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))
