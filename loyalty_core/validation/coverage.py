"""Which earning rules and multipliers apply wherever another one does, and which can never apply."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from loyalty_core.days import to_day
from loyalty_core.earning.earning_conditions import Condition, events
from loyalty_core.rules.earning_rules import Caps, EarningRule, Multiplier, When
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Tier
from loyalty_core.text import Text
from loyalty_core.validation.demands import asked, needed

_OF_PURCHASES = ("spend", "purchases")
_SETS = ("weekdays", "month_days", "days", "tiers", "categories", "stores", "channels")


def covers(wide: When, narrow: When) -> bool:
    """Whether the one holds for every event for which the other does."""
    if wide.event != narrow.event or (wide.first_purchase and not narrow.first_purchase):
        return False
    if wide.birthday not in (None, narrow.birthday) and (wide.birthday, narrow.birthday) != ("month", "day"):
        return False
    for field in _SETS:
        allowed, used = set(getattr(wide, field)), set(getattr(narrow, field))
        if allowed and not (used and used <= allowed):
            return False
    bounds = [
        (wide.first_day, narrow.first_day, 1),
        (wide.last_day, narrow.last_day, -1),
        (wide.at_least, narrow.at_least, 1),
        (wide.less_than, narrow.less_than, -1),
    ]
    return all(_reaches(outer, inner, sign) for outer, inner, sign in bounds)


def _reaches(outer: date | Decimal | None, inner: date | Decimal | None, sign: int) -> bool:
    """Whether the outer bound (lower for sign 1, upper for -1) leaves room for all within the inner one."""
    if outer is None:
        return True
    if inner is None:
        return False
    return inner >= outer if sign > 0 else inner <= outer  # type: ignore[operator]


def never_holds(programme: Programme, when: When, barred: frozenset[str]) -> Text | None:
    """Why the conditions can never hold under this version; None where they can.

    `barred` are the tiers that nobody reaches.
    """
    begins = programme.effective_on
    if begins is not None and when.last_day is not None and when.last_day < begins:
        return Text(
            "it ends on {last}, before the version takes effect on {begins}",
            "其结束日 {last} 早于本版本的生效日 {begins}",
        ).filled(last=when.last_day, begins=begins)
    if when.tiers and set(when.tiers) <= barred:
        return Text("nobody reaches the tiers it is for", "没有人能够达到其适用等级")
    if when.first_purchase and when.tiers and not _before_buying(programme) & set(when.tiers):
        return Text(
            "a first purchase finds nobody in the tiers it is for: they are reached by buying",
            "首次消费时没有会员处于其适用等级：这些等级须通过消费达到",
        )
    if when.first_day and when.last_day and not _some_day(programme, when):
        return Text(
            "no day from {first} to {last} is one of its days",
            "{first} 至 {last} 之间没有符合条件的日期",
        ).filled(first=when.first_day, last=when.last_day)
    return None


def _before_buying(programme: Programme) -> set[str]:
    """The tiers in which members may stand who have never bought anything."""
    return {tier.name for n, tier in enumerate(programme.tiers) if not n or not _reached_by_buying(tier)}


def _reached_by_buying(tier: Tier) -> bool:
    """Whether each way into the tier asks for a purchase."""
    ways = [one for one in (asked(tier), tier.newcomer) if one]
    without = [sum(measure not in _OF_PURCHASES for measure in one.at_least) for one in ways]
    return tier.entry == "open" and all(
        others < needed(one) for others, one in zip(without, ways, strict=True)
    )


def _some_day(programme: Programme, when: When) -> bool:
    assert when.first_day is not None and when.last_day is not None
    first = max(when.first_day, programme.effective_on or when.first_day)
    # Four years hold every day of the calendar on every weekday it can fall on, or nearly so.
    last = min(when.last_day, first + timedelta(days=366 * 28))
    days = np.arange(to_day(first), to_day(last) + 1, dtype=np.int32)
    of_days = When(
        first_day=when.first_day,
        last_day=when.last_day,
        weekdays=when.weekdays,
        month_days=when.month_days,
        days=when.days,
    )
    asked = events(np.arange(len(days)), days)
    nobody = np.zeros(len(days), np.int32)
    held = Condition(of_days, programme, {}).holds(asked, nobody, nobody)
    return held is None or bool(held.any())


def gives_as_much(programme: Programme, one: EarningRule, other: EarningRule) -> bool:
    """Whether, wherever the other rule applies, the one applies and gives at least as much."""
    if not covers(one.when, other.when) or not _caps_leave_as_much(one.caps, other.caps):
        return False
    if (one.rounding, one.round_to, one.streak) != (other.rounding, other.round_to, other.streak):
        return False
    if not _multiplied_as_much(programme, one, other):
        return False
    if one.streak is not None:
        return _with_tier(one) == _with_tier(other)
    return all(_largest_ratio(one, other, percent) for percent in _percents(programme, other))


def _largest_ratio(one: EarningRule, other: EarningRule, percent: int) -> bool:
    """Whether the one gives as much as the other at a tier of that percentage."""
    mine = _points(one, percent)
    theirs = _points(other, percent)
    if _measure(one) == _measure(other):
        return mine >= theirs
    least = Fraction(other.when.at_least or 0)
    most = None if other.when.less_than is None else Fraction(other.when.less_than)
    if one.points is not None and most is not None and other.measure in ("amount", "value"):
        return mine >= theirs * most
    if other.points is not None and one.measure in ("amount", "value"):
        return mine * least >= theirs
    return False


def _points(rule: EarningRule, percent: int) -> Fraction:
    given = rule.points if rule.points_per_unit is None else rule.points_per_unit
    return Fraction(given or 0) * (Fraction(percent, 100) if _with_tier(rule) else 1)


def _measure(rule: EarningRule) -> str:
    return "count" if rule.points is not None else rule.measure


def _with_tier(rule: EarningRule) -> bool:
    return rule.points_per_unit is not None if rule.with_tier is None else rule.with_tier


def _percents(programme: Programme, rule: EarningRule) -> set[int]:
    named = rule.when.tiers
    return {tier.earn_percent for tier in programme.tiers if not named or tier.name in named}


def _multiplied_as_much(programme: Programme, one: EarningRule, other: EarningRule) -> bool:
    """Whether what multiplies the other rule multiplies the one too, and nothing more lessens it."""
    multipliers = programme.earning.multipliers
    theirs = [m for m in multipliers if applies(m, other)]
    more = [m for m in multipliers if applies(m, one) and m not in theirs]
    lessened = any(percent < 100 for m in more for percent in (m.percent, *m.percent_by_tier.values()))
    return all(applies(m, one) for m in theirs) and not lessened


def applies(multiplier: Multiplier, rule: EarningRule) -> bool:
    """Whether the multiplier is about that rule and its kind of event."""
    named = not multiplier.rules or rule.name in multiplier.rules
    return named and multiplier.when.event == rule.when.event


def _caps_leave_as_much(one: Caps, other: Caps) -> bool:
    pairs = ((one.event, other.event), (one.day, other.day), (one.month, other.month))
    return all(mine is None or (theirs is not None and mine >= theirs) for mine, theirs in pairs)


def beats(programme: Programme, one: Multiplier, other: Multiplier) -> bool:
    """Whether, wherever the other multiplier applies, the one does and is at least as large."""
    rules = programme.earning.all_rules
    wide = {rule.name for rule in rules if applies(one, rule)}
    narrow = {rule.name for rule in rules if applies(other, rule)}
    tiers = other.when.tiers or [tier.name for tier in programme.tiers]
    return (
        covers(one.when, other.when)
        and narrow <= wide
        and all(percent_of(one, tier) >= percent_of(other, tier) for tier in tiers)
    )


def percent_of(multiplier: Multiplier, tier: str) -> int:
    """What the multiplier says for a tier."""
    return multiplier.percent_by_tier.get(tier, multiplier.percent)
