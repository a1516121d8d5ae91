"""The purchase that earns most for its money, found by letting the earning rules themselves judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import to_date, to_day
from loyalty_core.earning.earner import Earner, events
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.rules.cross_checks import parts
from loyalty_core.rules.earning_rules import PURCHASE, When
from loyalty_core.rules.programme import Programme

_ANY_YEAR = date(2024, 1, 1)
_ANY_SHOP = "-"  # no rule names it
_UNITS = (1, 8, 10, 100, 1_000, 10_000, 1_000_000)
_WHOLE = 8  # currency units, of which halves, quarters and eighths of a point are whole points


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """A purchase at a tier on a day, and the point units it earns; it is no member's first."""

    tier: int
    on: date
    amount_minor: int
    points: int

    @property
    def per_minor(self) -> Fraction:
        """Point units per minor unit of money."""
        return Fraction(self.points, self.amount_minor)


def best_earnings(programme: Programme) -> tuple[Earning, ...]:
    """For each tier the purchase that earns most points for its money.

    Looked for among amounts at the rules' bounds, round ones beside these (of which rounding takes
    nothing) and round ones from one currency unit on, on days at the bounds of every window and of a
    year, with and without a birthday, everywhere and of everything that a rule names. Caps of a single
    purchase count; caps of a day or a month do not: what they
    slow down is still earned.
    """
    amounts, days = _amounts(programme), candidate_days(programme)
    labels, places = _labels(programme)
    cells = product(days, amounts, *places, (False, True))
    rows = np.array([(*cell,) for cell in cells], np.int64)
    day, amount, store, channel, categories, birthday = rows.T
    member = np.arange(len(rows))
    asked = events(
        member, day, amount_minor=amount, quantity=1, store=store, channel=channel, categories=categories
    )
    earner = Earner(programme, labels, np.where(birthday, _month_and_day(day), 0))
    return tuple(
        _best(
            tier, day, amount, earner.worth(PURCHASE, asked, np.full(len(rows), tier)).total(POINTS_ACCOUNT)
        )
        for tier in range(len(programme.tiers))
    )


def candidate_days(programme: Programme) -> list[int]:
    """Days at which something may begin or end, and those of a year where rules name days of it."""
    begins = programme.effective_on or _ANY_YEAR
    windows = [part for _, part in parts(programme) if hasattr(part, "first_day")]
    edges = {begins}
    for part in windows:
        first, last = getattr(part, "first_day", None), getattr(part, "last_day", None)
        edges |= {day for day in (first, last) if day is not None}
        edges |= {last + timedelta(days=1)} if last is not None else set()
    whens = [part for part in windows if isinstance(part, When)]
    if any(when.weekdays or when.month_days or when.days for when in whens):
        edges |= {day + timedelta(days=n) for day in list(edges) for n in range(-7, 8)}
        edges |= {begins + timedelta(days=n) for n in range(366)}
    return sorted(to_day(day) for day in edges if day >= begins)


def _amounts(programme: Programme) -> list[int]:
    """Minor units of money."""
    whens = [
        part for _, part in parts(programme.earning) if isinstance(part, When) and part.event == PURCHASE
    ]
    least = {programme.minor(when.at_least) for when in whens if when.at_least}
    most = {programme.minor(when.less_than) - 1 for when in whens if when.less_than}
    step = programme.minor(_WHOLE)
    found = {programme.minor(units) for units in _UNITS} | least | most
    found |= {-(-amount // step) * step for amount in least} | {amount // step * step for amount in most}
    return sorted(amount for amount in found if amount > 0)


def _labels(programme: Programme) -> tuple[dict[str, tuple[str, ...]], list[range]]:
    """Labels of stores, channels and categories, and the codes to look at."""
    whens = [part for _, part in parts(programme.earning) if isinstance(part, When)]
    stores, channels, categories = (
        sorted({name for when in whens for name in getattr(when, field)})
        for field in ("stores", "channels", "categories")
    )
    joined = ["|".join(categories), *categories] if len(categories) > 1 else categories
    labels = {
        "purchases.store": (*stores, _ANY_SHOP),
        "purchases.channel": (*channels, _ANY_SHOP),
        "purchases.categories": (*joined, _ANY_SHOP),
    }
    return labels, [range(len(names)) for names in labels.values()]


def _month_and_day(day: Ints) -> Ints:
    found: Ints = np.array([on.month * 100 + on.day for on in map(to_date, day)], np.int32)
    return found


def _best(tier: int, day: Ints, amount: Ints, points: Ints) -> Earning:
    place = int(np.argmax(points / amount))
    return Earning(
        tier=tier, on=to_date(day[place]), amount_minor=int(amount[place]), points=int(points[place])
    )


def largest_worth(programme: Programme) -> Iterator[tuple[Earning, Fraction]]:
    """For each tier the best purchase, and what one minor unit of it brings back at the till, as cash."""
    rule = programme.points_as_cash
    for earning in best_earnings(programme):
        if rule is not None:
            name = programme.tiers[earning.tier].name
            unit = Fraction(10**programme.currency_decimals, 10**programme.point_decimals)
            value = Fraction(rule.value_by_tier.get(name, rule.value_per_point)) * unit
            yield earning, value * earning.per_minor
