"""Why a member is on a list, in so few words that a phone has room for them."""

from __future__ import annotations

from loyalty_core.actions.sight import Sight
from loyalty_core.text import Text
from loyalty_core.tiers.tier_words import amount_text, said
from loyalty_core.written import day_text, days_text

_SILENT_FOR = Text(
    "No purchase for {days} days; {purchases} in 365 days.",
    "已 {days} 天未消费；近 365 天消费 {purchases} 笔。",
)
_CHURNS_IN = Text(
    "Churned in {left}; no purchase for {days} days.",
    "{left}后计为流失；已 {days} 天未消费。",
)
_UP_BY_SPEND = Text("{amount} more lifts to {tier}.", "再消费 {amount} 即可升至{tier}。")
_UP = Text("{share}% of what {tier} asks for is done.", "已完成{tier}条件的 {share}%。")
_DOWN_BY_SPEND = Text(
    "{amount} more before {day} keeps {tier}.",
    "{day}前再消费 {amount} 可保{tier}。",
)
_DOWN = Text("The review on {day} ends {tier}.", "{day}复核后不再是{tier}。")
_DUE = Text(
    "{points} points expire, the first on {day}.",
    "{points} 积分将过期，最早 {day}。",
)
_LOW = Text("{amount} on the card, less than {mark}.", "卡内余额 {amount}，不足 {mark}。")
_BIRTHDAY = Text("Birthday in {days}.", "{days}后生日。")


def why_silent(sight: Sight, row: int) -> Text:
    bought = int(sight.column("purchases")[row])
    return _SILENT_FOR.filled(days=int(sight.silence[row]), purchases=bought)


def why_churning(sight: Sight, row: int) -> Text:
    days = int(sight.silence[row])
    left = days_text(sight.programme.lifecycle.silent_days + 1 - days)
    return said(_CHURNS_IN, days=days, left=left)


def why_up(sight: Sight, row: int) -> Text:
    tier = sight.programme.tier_label(str(sight.portraits["next_tier"].iloc[row]))
    missing = int(sight.column("missing")[row])
    if missing:
        return said(_UP_BY_SPEND, tier=tier, amount=amount_text(sight.programme, "spend", missing))
    return said(_UP, tier=tier, share=int(sight.column("towards_next")[row]) // 10)


def why_down(sight: Sight, row: int) -> Text:
    tier = sight.programme.tier_label(str(sight.portraits["tier"].iloc[row]))
    missing, day = int(sight.column("missing_to_keep")[row]), day_text(int(sight.column("review_on")[row]))
    if missing:
        return said(_DOWN_BY_SPEND, tier=tier, day=day, amount=amount_text(sight.programme, "spend", missing))
    return said(_DOWN, tier=tier, day=day)


def why_due(sight: Sight, row: int) -> Text:
    points = amount_text(sight.programme, "redeemed_points", int(sight.column("points_due")[row]))
    return said(_DUE, points=points, day=day_text(int(sight.column("due_on")[row])))


def why_low(sight: Sight, row: int) -> Text:
    left = amount_text(sight.programme, "spend", int(sight.column("stored_value")[row]))
    return said(_LOW, amount=left, mark=amount_text(sight.programme, "spend", sight.low_mark))


def why_birthday(sight: Sight, row: int) -> Text:
    return said(_BIRTHDAY, days=days_text(int(sight.days_to_birthday[row])))
