"""What tiers demand, compared without any member: which demand implies which, and what can never be met."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from loyalty_core.days import to_day
from loyalty_core.facts import POINTS_ACCOUNT, STATUS_ACCOUNT
from loyalty_core.rules.earning_rules import Caps, EarningRule
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure, Requirement, Tier, Window
from loyalty_core.text import Text

Span = tuple[Window, int]
_YEARS = ("calendar", "joining_year", "tier_year")
_LONGEST_MONTH_DAYS = 31


def asked(tier: Tier) -> Requirement | None:
    """What reaches the tier by measures; None for one that is given, bought or entered by an offer only."""
    if tier.reach is None and tier.by_threshold and tier.threshold:
        return Requirement(at_least={"spend": tier.threshold})
    return tier.reach


def span(programme: Programme, demand: Requirement) -> Span:
    """The window of a demand and its months, those of the qualification where it names none."""
    rule = programme.qualification
    return demand.window or rule.window, demand.months or rule.months


def implies(programme: Programme, one: Requirement, other: Requirement) -> bool:
    """Whether whoever meets the one always meets the other.

    The least that meets the one: so many of its measures as it asks for, each just at its mark, and
    nothing of the rest. Never where its window may hold days that the other's does not.
    """
    if not _inside(span(programme, one), span(programme, other)):
        return False
    return all(
        sum(measure in met and one.at_least[measure] >= least for measure, least in other.at_least.items())
        >= needed(other)
        for met in combinations(one.at_least, needed(one))
    )


def needed(demand: Requirement) -> int:
    """How many of its measures a demand needs."""
    return len(demand.at_least) if demand.met == "all" else demand.met


def unmet(programme: Programme, demand: Requirement) -> Text | None:
    """Why nobody can ever meet the demand; None where somebody can."""
    hopeless = {
        measure: why
        for measure, least in demand.at_least.items()
        if (why := _hopeless(programme, demand, measure, least)) is not None
    }
    if len(demand.at_least) - len(hopeless) >= needed(demand):
        return None
    return next(iter(hopeless.values()))


def _hopeless(programme: Programme, demand: Requirement, measure: Measure, least: Decimal) -> Text | None:
    if measure == "activity_score" and not any(programme.qualification.activity_scores.values()):
        return Text(
            "no activity counts for the activity score; give some in qualification.activity_scores",
            "没有任何行为计入活跃分；请在 qualification.activity_scores 中设置",
        )
    if measure != "status_points":
        return None
    rules = [rule for rule in programme.earning.all_rules if rule.account == STATUS_ACCOUNT]
    if not any(gives_something(rule) for rule in rules):
        return Text(
            "no earning rule gives points to the account status", "没有任何积分规则向 status 账户发放积分"
        )
    most = _most_of(rules, span(programme, demand))
    if most is None or most >= least:
        return None
    return Text(
        "caps allow at most {most} status points inside the window, {least} are asked for",
        "上限规定窗口内最多获得 {most} 成长值，而要求为 {least}",
    ).filled(most=float(most), least=least)


def most_earned(programme: Programme, account: str, months: int) -> Fraction | None:
    """The most points that caps let anybody earn in so many months; None where there is no bound."""
    rules = [rule for rule in programme.earning.all_rules if rule.account == account]
    of_rules = _most_of(rules, ("rolling", months))
    if account != POINTS_ACCOUNT:
        return of_rules
    of_all = _most_under(programme.earning.caps, ("rolling", months))
    return min((one for one in (of_rules, of_all) if one is not None), default=None)


def _most_of(rules: list[EarningRule], of: Span) -> Fraction | None:
    most = [_most(rule, of) for rule in rules]
    return None if None in most else sum((one for one in most if one is not None), Fraction(0))


def gives_something(rule: EarningRule) -> bool:
    """False for a rate, a number or a cap of nothing."""
    most = [rule.points_per_unit, rule.points, *(rule.streak.points if rule.streak else ())]
    caps = (rule.caps.event, rule.caps.day, rule.caps.month)
    return any(most) and all(cap is None or cap > 0 for cap in caps)


def _most(rule: EarningRule, of: Span) -> Fraction | None:
    """The most points that the rule gives one member inside a window; None where there is no bound."""
    bounds, once = [_most_under(rule.caps, of)], rule.when.first_purchase
    if once and rule.caps.event is not None:
        bounds.append(Fraction(rule.caps.event))
    dated = rule.when.first_day and rule.when.last_day
    if dated and rule.caps.day is not None:
        bounds.append(Fraction(rule.caps.day) * _dated_days(rule))
    if rule.streak:
        step = Fraction(max(rule.streak.points))
        bounds += [step * days for days in (_days(of), _dated_days(rule) if dated else None) if days]
    return min((one for one in bounds if one is not None), default=None)


def _most_under(caps: Caps, of: Span) -> Fraction | None:
    """The most points that caps of days and months let through inside a window."""
    bounds = []
    if caps.day is not None and (days := _days(of)) is not None:
        bounds.append(Fraction(caps.day) * days)
    if caps.month is not None and of[0] != "since_joining":
        months = 12 if of[0] in _YEARS else of[1]
        # A window that does not begin with a month touches one more.
        bounds.append(Fraction(caps.month) * (months + (of[0] != "calendar")))
    return min(bounds, default=None)


def _days(of: Span) -> int | None:
    """How many days a window has at most; None where there is no end to it."""
    if of[0] == "since_joining":
        return None
    return _LONGEST_MONTH_DAYS * (12 if of[0] in _YEARS else of[1])


def _dated_days(rule: EarningRule) -> int:
    first, last = rule.when.first_day, rule.when.last_day
    assert first is not None and last is not None
    return to_day(last) - to_day(first) + 1


def _inside(one: Span, other: Span) -> bool:
    """Whether the days of the one window are always among those of the other."""
    if other[0] == "since_joining" or (one[0] == other[0] and one[0] != "rolling"):
        return True
    if other[0] != "rolling":
        return False
    months = one[1] if one[0] == "rolling" else 12
    return one[0] != "since_joining" and months <= other[1]
