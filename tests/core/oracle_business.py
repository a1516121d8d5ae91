"""The programme as a business once more, in plain Python over rows; see `oracle.py`."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import floor

from tests.core import oracle_finance
from tests.core.oracle import ONE, Programme, Span, days
from tests.core.oracle_finance import told_of
from tests.core.oracle_tiers import tier_benefit_cost


def in_money(p: Programme, minor: int | Fraction) -> Fraction:
    return Fraction(minor) / 10 ** p.document["currency_decimals"]


def rounded(value: float | Fraction) -> int:
    """Halves up."""
    return int((value + Fraction(1, 2)) // 1) if isinstance(value, Fraction) else floor(value + 0.5)


def gross_margin(p: Programme, s: Span) -> Fraction | None:
    share = p.document["margin_share"]
    return None if share is None else Fraction(share) * in_money(p, p.revenue(s))


@cache
def fixed_since_new_year(monthly: Fraction, year: int, on: date) -> int:
    """A month's cost over its days; what has come together by a day is rounded."""
    shares = [Fraction(1, monthrange(day.year, day.month)[1]) for day in days(date(year, 1, 1), on)]
    return rounded(monthly * sum(shares, Fraction(0)))


def fixed_cost(p: Programme, s: Span) -> Fraction:
    monthly = Fraction(p.document["fixed_cost_per_month"]) * 10 ** p.document["currency_decimals"]
    upto = [fixed_since_new_year(monthly, s.first.year, on) for on in (s.first - ONE, s.last)]
    return in_money(p, upto[1] - upto[0])


def redemption_cost(p: Programme, s: Span) -> Fraction | None:
    cost = p.reward_cost(s)
    return None if cost is None else in_money(p, cost)


def reward_cost(p: Programme, s: Span) -> Fraction | None:
    """Of rewards redeemed and of tier benefits; unknown where neither is said to cost anything."""
    costs = [cost for cost in (redemption_cost(p, s), tier_benefit_cost(p, s)) if cost is not None]
    return sum(costs, Fraction(0)) if costs else None


def reward_cost_share(p: Programme, s: Span) -> Fraction | None:
    cost, revenue = reward_cost(p, s), in_money(p, p.revenue(s))
    return None if cost is None or revenue == 0 else cost / revenue


def campaign_cost(p: Programme, s: Span) -> Fraction:
    """Of the campaigns that ended in the period; without a last day they end after 30 days."""
    newest = {row["campaign_id"]: row for row in p.rows.get("campaigns", [])}
    ends = [
        (row["ends_on"] or row["starts_on"] + timedelta(days=30), row["cost"] or 0) for row in newest.values()
    ]
    return in_money(p, sum(cost for end, cost in ends if s.first <= end <= s.last))


def programme_cost(p: Programme, s: Span) -> Fraction | None:
    rewards = reward_cost(p, s)
    if rewards is None and Fraction(p.document["fixed_cost_per_month"]) == 0:
        return None
    return (rewards or 0) + campaign_cost(p, s) + fixed_cost(p, s)


def net_margin(p: Programme, s: Span) -> Fraction | None:
    margin, owed = gross_margin(p, s), oracle_finance.points_liability(p, s.last)
    if margin is None or owed is None:
        return None
    before = oracle_finance.points_liability(p, s.first - ONE)
    return margin - (reward_cost(p, s) or 0) - campaign_cost(p, s) - fixed_cost(p, s) - (owed - before)


def cost_per_point(p: Programme, s: Span) -> Fraction | None:
    cost, points = redemption_cost(p, s), oracle_finance.in_points(p, -p.points_moved(s, "redeem"))
    return None if cost is None or points == 0 else cost / points


def break_even_lift(p: Programme, s: Span) -> Fraction | None:
    """What the points issued will cost when redeemed, and the fixed cost, over the margin they leave."""
    cost, share = Fraction(p.document["cost_per_point"]), p.document["margin_share"]
    used, sales = oracle_finance.ultimate_redemption_rate(p, s.last), in_money(p, p.revenue(s))
    if not cost or share is None or used is None or sales <= 0:
        return None
    rewards = oracle_finance.in_points(p, p.points_moved(s, "earn")) * used * cost
    left = sales * Fraction(share) - rewards
    return (rewards + fixed_cost(p, s)) / left if left > 0 else None


def value_per_point(p: Programme) -> Fraction | None:
    cash = p.document["points_as_cash"]
    return None if cash is None else Fraction(cash["value_per_point"])


def last_of(number: int) -> date:
    """The last day of a month told as `month` tells it."""
    year, following = divmod(number, 12)
    return date(year, following + 1, 1) - ONE


def set_aside(p: Programme, born: int, on: date) -> float:
    """What of a month's revenue belongs to its points: with what is known at its close, or so far."""
    when = min(last_of(born), on)
    told = told_of(p, when)
    issued = told.cohort(born, told.issued)
    if not issued:
        return 0.0
    rate = ultimate(p, born, when) / issued
    revenue = max(p.revenue(Span(last_of(born - 1) + ONE, when, when)), 0)
    units = oracle_finance.in_points(p, issued) * value_per_point(p) * 10 ** p.document["currency_decimals"]
    worth = float(units) * rate
    return revenue * worth / (revenue + worth) if revenue + worth else 0.0


def ultimate(p: Programme, born: int, on: date) -> float:
    told = told_of(p, on)
    left = told.cohort(born, lambda lot: lot.left)
    return told.so_far(born, told.last - born) + left * told.share_to_come(born)


def deferral(p: Programme, on: date) -> tuple[int, int]:
    """Minor units set aside by the close of the day, and recognised of them."""
    told = told_of(p, on)
    total = recognised = 0.0
    for born in told.cohorts if told.lots else []:
        amount = set_aside(p, born, on)
        redeemed, expected = told.so_far(born, told.last - born), ultimate(p, born, on)
        total += amount
        recognised += amount * redeemed / expected if expected > redeemed else amount
    return rounded(total), rounded(recognised)


def deferred(p: Programme, s: Span, which: int) -> Fraction | None:
    if value_per_point(p) is None:
        return None
    return in_money(p, deferral(p, s.last)[which] - deferral(p, s.first - ONE)[which])


def deferred_balance(p: Programme, on: date) -> Fraction | None:
    if value_per_point(p) is None:
        return None
    total, recognised = deferral(p, on)
    return in_money(p, total - recognised)


METRICS = {
    "reward_cost": reward_cost,
    "reward_cost_share": reward_cost_share,
    "gross_margin": gross_margin,
    "programme_cost": programme_cost,
    "net_margin": net_margin,
    "cost_per_point": cost_per_point,
    "break_even_lift": break_even_lift,
    "revenue_deferred": lambda p, s: deferred(p, s, 0),
    "revenue_recognised": lambda p, s: deferred(p, s, 1),
    "deferred_balance": lambda p, s: deferred_balance(p, s.last),
}
