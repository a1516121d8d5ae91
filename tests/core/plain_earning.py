"""Earning in plain Python, one event at a time: what the arrays are held against.

Written from the words of the programme document alone, with fractions and `datetime.date`; it
shares no line with the rules it checks.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor, prod

from loyalty_core.rules.earning_rules import Caps, EarningRule, Multiplier, When
from loyalty_core.rules.programme import Programme

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Event:
    kind: str
    day: date
    tier: str
    amount: Fraction = Fraction(0)  # currency units
    quantity: int = 0
    value: int | None = None
    store: str | None = None
    channel: str | None = None
    categories: frozenset[str] = frozenset()
    first: bool = False


@dataclass
class PlainEarner:
    """One member; `given` lists what every rule gave, and each rule's streak is (last day, which of its row).

    Under another `programme` both stay: rules go by their names.
    """

    programme: Programme
    born: tuple[int, int] | None = None  # month and day
    given: list[tuple[str, str, date, int]] = field(default_factory=list)  # rule, account, day, units
    streaks: dict[str, tuple[date, int]] = field(default_factory=dict)

    def earn(self, event: Event) -> dict[str, int]:
        """Point units per rule about this kind of event."""
        rules = [rule for rule in self.programme.earning.all_rules if rule.when.event == event.kind]
        points = {rule.name: self.of_rule(rule, event) for rule in rules}
        for group in {rule.group for rule in rules if rule.group}:
            rivals = [rule.name for rule in rules if rule.group == group]
            best = max(rivals, key=lambda name: points[name])  # the first of equals
            points.update({name: 0 for name in rivals if name != best})
        self.cut_whole(rules, points, event)
        self.given += [(rule.name, rule.account, event.day, points[rule.name]) for rule in rules]
        return points

    def of_rule(self, rule: EarningRule, event: Event) -> int:
        if not self.holds(rule.when, event):
            return 0
        exact = self.measured(rule, event)
        if rule.points_per_unit is not None if rule.with_tier is None else rule.with_tier:
            exact *= Fraction(self.tier_percent(event.tier), 100)
        exact *= self.factor(rule, event)
        step = Fraction(rule.round_to or Fraction(1, 10**self.programme.point_decimals))
        steps = {"down": floor, "up": ceil, "nearest": lambda x: floor(x + Fraction(1, 2))}[rule.rounding](
            exact / step
        )
        before = [(on, units) for name, _, on, units in self.given if name == rule.name]
        return self.cut(rule.caps, self.units(steps * step), event.day, before)

    def measured(self, rule: EarningRule, event: Event) -> Fraction:
        """Points before the tier and the multipliers."""
        if rule.points is not None:
            return Fraction(rule.points)
        if rule.streak is not None:
            return self.streak_points(rule, event.day)
        number = {
            "amount": event.amount,
            "quantity": event.quantity,
            "value": event.value or 0,
            "count": 1,
        }[rule.measure]
        return max(Fraction(number), Fraction(0)) * Fraction(rule.points_per_unit)

    def streak_points(self, rule: EarningRule, day: date) -> Fraction:
        points = rule.streak.points
        last_day, number = self.streaks.get(rule.name, (None, 0))
        if last_day == day:
            return Fraction(0)
        number = number + 1 if last_day == day - timedelta(days=1) else 1
        self.streaks[rule.name] = (day, number)
        if rule.streak.then == "restart":
            return Fraction(points[(number - 1) % len(points)])
        return Fraction(points[min(number, len(points)) - 1])

    def tier_percent(self, name: str) -> int:
        return next(tier.earn_percent for tier in self.programme.tiers if tier.name == name)

    def factor(self, rule: EarningRule, event: Event) -> Fraction:
        groups: dict[str, list[int]] = {}
        for one in self.programme.earning.multipliers:
            about_rule = not one.rules or rule.name in one.rules
            if about_rule and one.when.event == event.kind and self.holds(one.when, event):
                group = f"group {one.group}" if one.group else f"alone {one.name}"
                groups.setdefault(group, []).append(self.percent(one, event.tier))
        percents = [max(group) for group in groups.values()]
        if not percents:
            return Fraction(1)
        stacking = self.programme.earning.stacking
        if stacking == "multiply":
            return prod((Fraction(percent, 100) for percent in percents), start=Fraction(1))
        if stacking == "add":
            return max(Fraction(0), 1 + sum(Fraction(percent - 100, 100) for percent in percents))
        return Fraction(max(percents), 100)

    def percent(self, multiplier: Multiplier, tier: str) -> int:
        return multiplier.percent_by_tier.get(tier, multiplier.percent)

    def units(self, points: Fraction) -> int:
        return floor(points * 10**self.programme.point_decimals)

    def cut(self, caps: Caps, units: int, day: date, before: list[tuple[date, int]]) -> int:
        """What the caps leave, after what was given on days before and on this one."""
        if caps.event is not None:
            units = min(units, self.units(Fraction(caps.event)))
        if caps.day is not None:
            today = sum(n for on, n in before if on == day)
            units = min(units, max(self.units(Fraction(caps.day)) - today, 0))
        if caps.month is not None:
            month = sum(n for on, n in before if on.replace(day=1) == day.replace(day=1))
            units = min(units, max(self.units(Fraction(caps.month)) - month, 0))
        return units

    def cut_whole(self, rules: list[EarningRule], points: dict[str, int], event: Event) -> None:
        """The caps over all rules of the points account: the last rules of the list lose first."""
        here = [rule.name for rule in rules if rule.account == "points"]
        total = sum(points[name] for name in here)
        before = [(on, units) for _, account, on, units in self.given if account == "points"]
        over = total - self.cut(self.programme.earning.caps, total, event.day, before)
        for name in reversed(here):
            lost = min(points[name], over)
            points[name] -= lost
            over -= lost

    def holds(self, when: When, event: Event) -> bool:
        number = event.amount if event.kind == "purchase" else event.value
        checks = (
            when.first_day is None or event.day >= when.first_day,
            when.last_day is None or event.day <= when.last_day,
            not when.weekdays or NAMES[event.day.weekday()] in when.weekdays,
            not when.month_days or any(falls_on(event.day, event.day.month, d) for d in when.month_days),
            not when.days or any(falls_on(event.day, *map(int, one.split("-"))) for one in when.days),
            self.celebrates(when.birthday, event.day),
            not when.tiers or event.tier in when.tiers,
            not when.categories or bool(event.categories & set(when.categories)),
            not when.stores or event.store in when.stores,
            not when.channels or event.channel in when.channels,
            when.at_least is None or (number is not None and number >= Fraction(when.at_least)),
            when.less_than is None or (number is not None and number < Fraction(when.less_than)),
            not when.first_purchase or event.first,
        )
        return all(checks)

    def celebrates(self, birthday: str | None, day: date) -> bool:
        if birthday is None:
            return True
        if self.born is None:
            return False
        return day.month == self.born[0] if birthday == "month" else falls_on(day, *self.born)


def falls_on(day: date, month: int, number: int) -> bool:
    """Whether that day of the month, or for want of it the month's last, is this day."""
    last = calendar.monthrange(day.year, day.month)[1]
    return day.month == month and day.day == min(number, last)
