"""When an earning rule or a multiplier holds, for many events at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import days_in_each_year, in_month, month_of, to_day, weekday_of
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.rules.earning_rules import PURCHASE, WEEKDAYS, When
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

Labels = Mapping[str, tuple[str, ...]]
_MANY = 2**40  # events; more than there ever are at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Purchases, or activities of one kind: n events, at most one per member; made by `events`."""

    member: Ints
    day: Ints
    amount_minor: Ints  # what earns points: see `earning_amount`
    quantity: Ints
    value: Ints  # UNKNOWN_VALUE where the activity has none
    store: Ints  # codes into labels["purchases.store"], -1 unknown
    channel: Ints
    categories: Ints  # codes of joined texts such as "shoes|bags"
    first: Flags  # the member's first purchase ever

    def __len__(self) -> int:
        return len(self.member)


def events(
    member: Ints,
    day: Ints | int,
    *,
    amount_minor: Ints | int = 0,
    quantity: Ints | int = 0,
    value: Ints | int = int(UNKNOWN_VALUE),
    store: Ints | int = -1,
    channel: Ints | int = -1,
    categories: Ints | int = -1,
    first: Flags | bool = False,
) -> Events:
    """Events of these members; what is left out is unknown or 0, and a single value holds for all."""
    n = len(member)
    return Events(
        member=member,
        day=_for_all(day, np.int32, n),
        amount_minor=_for_all(amount_minor, np.int64, n),
        quantity=_for_all(quantity, np.int64, n),
        value=_for_all(value, np.int64, n),
        store=_for_all(store, np.int64, n),
        channel=_for_all(channel, np.int64, n),
        categories=_for_all(categories, np.int64, n),
        first=_for_all(first, np.bool_, n),
    )


def _for_all(value: Any, kind: Any, n: int) -> Any:
    return value if isinstance(value, np.ndarray) else _repeated(int(value), kind)[:n]


@lru_cache(maxsize=1024)
def _repeated(value: int, kind: Any) -> Any:
    return np.broadcast_to(np.asarray(value, kind), (_MANY,))  # holds one value only


Test = Callable[[Events, Ints, Ints], Flags]  # events, their tiers, the birthdays of all members


class Condition:
    """What a `When` asks beside the kind of event, each part by the name that an explanation gives it.

    Sets of stores, channels and categories are looked up once per code, calendar days once per day.
    """

    def __init__(self, when: When, programme: Programme, labels: Labels):
        parts: list[tuple[Text, Test | None]] = [
            (Text("its days", "适用日期"), _on_days(when)),
            (Text("the birthday", "生日"), _on_birthday(when)),
            (Text("its tiers", "适用等级"), _in_tiers(when, programme)),
            (Text("its categories", "适用品类"), _with_categories(when, labels)),
            (Text("its stores", "适用门店"), _with_code("store", when.stores, labels)),
            (Text("its channels", "适用渠道"), _with_code("channel", when.channels, labels)),
            (Text("its amounts", "适用金额"), _within(when, programme)),
            (Text("the first purchase", "首次消费"), _first if when.first_purchase else None),
        ]
        self.parts = tuple((name, test) for name, test in parts if test is not None)
        self._made_of = (when, programme, labels)

    def __reduce__(self) -> tuple[type[Condition], tuple[When, Programme, Labels]]:
        """Sent to another process as what it is made of: its tests are functions, which cannot be sent."""
        return Condition, self._made_of

    def holds(self, events: Events, tier: Ints, birthday: Ints) -> Flags | None:
        """True for the events about which it is; None for all of them, as nothing is asked."""
        held: Flags | None = None
        for _, test in self.parts:
            passed = test(events, tier, birthday)
            held = passed if held is None else held & passed
        return held

    def unmet(self, event: Events, tier: Ints, birthday: Ints) -> tuple[Text, ...]:
        """The parts that do not hold for a single event."""
        return tuple(name for name, test in self.parts if not test(event, tier, birthday)[0])


def _on_days(when: When) -> Test | None:
    if not (when.first_day or when.last_day or when.weekdays or when.month_days or when.days):
        return None
    calendar = _Calendar(when)
    return lambda events, tier, birthday: calendar.holds(events.day)


class _Calendar:
    """The days on which a `When` may hold, worked out for the years asked for and kept.

    A day that its month does not have falls on the month's last: 02-29 on 28 February in common
    years, the 31st on 30 April.
    """

    def __init__(self, when: When):
        self._when = when
        self._first = 0
        self._flags = np.zeros(0, bool)

    def holds(self, day: Ints) -> Flags:
        if not len(day):
            return np.zeros(0, bool)
        first, last = int(day.min()), int(day.max())
        if first < self._first or last >= self._first + len(self._flags):
            self._work_out(first, last)
        held: Flags = self._flags[day - self._first]
        return held

    def _work_out(self, first: int, last: int) -> None:
        if len(self._flags):
            first, last = min(first, self._first), max(last, self._first + len(self._flags) - 1)
        first, last = first - 366, last + 366
        days, when = np.arange(first, last + 1), self._when
        held = np.ones(len(days), bool)
        if when.first_day:
            held &= days >= to_day(when.first_day)
        if when.last_day:
            held &= days <= to_day(when.last_day)
        if when.weekdays:
            held &= np.isin(weekday_of(days), [WEEKDAYS.index(name) for name in when.weekdays])
        if when.month_days:
            each_month = [f"{month:02}-{day:02}" for month in range(1, 13) for day in when.month_days]
            held &= np.isin(days, days_in_each_year(each_month, first, last))
        if when.days:
            held &= np.isin(days, days_in_each_year(when.days, first, last))
        self._first, self._flags = first, held


def _on_birthday(when: When) -> Test | None:
    def in_its_month(events: Events, tier: Ints, birthday: Ints) -> Flags:
        flags: Flags = birthday[events.member] // 100 == month_of(events.day)
        return flags

    def on_the_day(events: Events, tier: Ints, birthday: Ints) -> Flags:
        month, day, last = in_month(events.day)
        born = birthday[events.member]
        flags: Flags = (born // 100 == month) & (np.minimum(born % 100, last) == day)
        return flags

    return {None: None, "month": in_its_month, "day": on_the_day}[when.birthday]


def _in_tiers(when: When, programme: Programme) -> Test | None:
    if not when.tiers:
        return None
    named = np.array([tier.name in when.tiers for tier in programme.tiers])
    return lambda events, tier, birthday: named[tier]


def _with_categories(when: When, labels: Labels) -> Test | None:
    if not when.categories:
        return None
    wanted = set(when.categories)
    joined = labels.get("purchases.categories", ())
    # The last one answers the code -1: nothing is known of what was bought.
    named = np.array([*(not wanted.isdisjoint(text.split("|")) for text in joined), False])
    return lambda events, tier, birthday: named[events.categories]


def _with_code(column: str, wanted: tuple[str, ...], labels: Labels) -> Test | None:
    if not wanted:
        return None
    named = np.array([*(text in wanted for text in labels.get(f"purchases.{column}", ())), False])

    def test(events: Events, tier: Ints, birthday: Ints) -> Flags:
        flags: Flags = named[getattr(events, column)]
        return flags

    return test


def _within(when: When, programme: Programme) -> Test | None:
    if when.at_least is None and when.less_than is None:
        return None
    decimals = programme.currency_decimals if when.event == PURCHASE else 0
    # Whole numbers: at least x is at least the next whole one, and less than x is less than that.
    least = None if when.at_least is None else _next_whole(when.at_least, decimals)
    bound = None if when.less_than is None else _next_whole(when.less_than, decimals)

    def test(events: Events, tier: Ints, birthday: Ints) -> Flags:
        if when.event == PURCHASE:
            number, held = events.amount_minor, np.ones(len(events), bool)
        else:
            number, held = events.value, events.value != UNKNOWN_VALUE
        if least is not None:
            held = held & (number >= least)
        return held if bound is None else held & (number < bound)

    return test


def _next_whole(value: Decimal, decimals: int) -> int:
    whole: int = ceil(Fraction(value) * 10**decimals)
    return whole


def _first(events: Events, tier: Ints, birthday: Ints) -> Flags:
    return events.first
