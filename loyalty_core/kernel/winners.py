"""Who would have gained and who would have lost, had other rules held for what members really did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.facts import EARN, ENTRY_KINDS, POINTS_ACCOUNT, REVERSE
from loyalty_core.history import History
from loyalty_core.kernel.replay import last_day, replay
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

HEAVY_SHARE, MODERATE_SHARE = 0.2, 0.5  # the fifth that spent most; then down to the half


class Outcome(IntEnum):
    """What a change of rules does to a member: tier and points, compared."""

    SAME = 0
    WON = 1  # more of one and less of neither
    LOST = 2  # less of one and more of neither
    MIXED = 3  # more of one and less of the other


class ValueGroup(IntEnum):
    """By what a member spent in the days looked at."""

    NONE = 0
    LIGHT = 1
    MODERATE = 2
    HEAVY = 3


OUTCOMES = {
    Outcome.SAME: Text("same", "不变"),
    Outcome.WON: Text("won", "受益"),
    Outcome.LOST: Text("lost", "受损"),
    Outcome.MIXED: Text("mixed", "有得有失"),
}
VALUE_GROUPS = {
    ValueGroup.NONE: Text("no purchase", "无消费"),
    ValueGroup.LIGHT: Text("light", "低消费"),
    ValueGroup.MODERATE: Text("moderate", "中消费"),
    ValueGroup.HEAVY: Text("heavy", "高消费"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What n members have under a programme."""

    tier: Ints  # at the close, a place among its tiers; -1 for who has not joined
    points: Ints  # point units earned in the days looked at, less what refunds took back
    worth_minor: Ints  # of those points to members


@dataclass(frozen=True, slots=True, kw_only=True)
class Winners:
    """Each member under both programmes; `days` are the first and the last day looked at."""

    ids: np.ndarray[tuple[int], np.dtype[np.object_]]
    days: tuple[int, int]
    before: Side
    after: Side
    spent_minor: Ints
    value_group: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def outcome(self) -> Ints:
        """An `Outcome` for each member."""
        return outcomes(self.before, self.after)

    def groups(self) -> Iterator[tuple[str, int, Flags]]:
        """By tier before and by value group: the kind of group, its number, and who is in it."""
        for name, of in (("tier", self.before.tier), ("value", self.value_group)):
            for number in np.unique(of[of >= 0]):
                yield name, int(number), of == number


def winners(history: History, before: Programme, after: Programme, first_day: int | None = None) -> Winners:
    """Every member's tier and earnings had one or the other document always held.

    Deeds are as they were: nobody behaves differently. Earnings count from `first_day` on, by default the
    last 365 days of the history.
    """
    first, last = last_year(history)
    first = first if first_day is None else first_day
    spent = _spent(history, first, last)
    return Winners(
        ids=history.members.ids,
        days=(first, last),
        before=side(history, before, first, last),
        after=side(history, after, first, last),
        spent_minor=spent,
        value_group=_value_groups(spent),
    )


def outcomes(before: Side, after: Side) -> Ints:
    """An `Outcome` for each member. Tiers are compared by their place, points by their worth."""
    tier = np.sign(after.tier - before.tier)
    worth = np.sign(after.worth_minor - before.worth_minor)
    more, less = (tier > 0) | (worth > 0), (tier < 0) | (worth < 0)
    found: Ints = np.where(more, Outcome.WON, Outcome.SAME) + np.where(less, Outcome.LOST, Outcome.SAME)
    return found


def last_year(history: History) -> tuple[int, int]:
    """First and last of the last 365 days of a history."""
    last = last_day(history)
    return last - 364, last


def side(history: History, programme: Programme, first: int, last: int) -> Side:
    """What members have on the last day, had the programme always held, and what they earned since the
    first."""
    found, n = replay(history, programme, last), len(history.members)
    changes, entries = found.tier_changes, found.entries
    tier = np.full(n, -1, np.int64)
    tier[changes.member] = changes.to_tier  # sorted by instant: the last one stays
    earning = [ENTRY_KINDS.index(kind) for kind in (EARN, REVERSE)]
    account = found.labels["entries.account"].index(POINTS_ACCOUNT)
    counts = np.isin(entries.kind, earning) & (entries.codes["account"] == account) & (entries.day >= first)
    points = np.zeros(n, np.int64)
    np.add.at(points, entries.member[counts], entries.amount[counts])
    return Side(tier=tier, points=points, worth_minor=_worth(points, programme))


def _worth(points: Ints, programme: Programme) -> Ints:
    """Minor units of money, rounded down: at the value of a point, else at its cost, else a unit a point."""
    value = programme.value_per_point or programme.cost_per_point or 1
    top, bottom = value.as_integer_ratio()
    top, bottom = top * 10**programme.currency_decimals, bottom * 10**programme.point_decimals
    worth: Ints = points * top // bottom
    return worth


def _spent(history: History, first: int, last: int) -> Ints:
    bought = history.purchases
    counts = (bought.member >= 0) & (bought.day >= first) & (bought.day <= last)
    spent = np.zeros(len(history.members), np.int64)
    np.add.at(spent, bought.member[counts], bought.amount[counts])
    return spent


def _value_groups(spent: Ints) -> Ints:
    """Of those who spent: as much as the last of the top fifth, as the last of the upper half, or less."""
    group = np.full(len(spent), int(ValueGroup.NONE))
    some = spent > 0
    ranked = np.sort(spent[some])[::-1]
    if not len(ranked):
        return group
    heavy, moderate = (
        ranked[max(int(len(ranked) * share) - 1, 0)] for share in (HEAVY_SHARE, MODERATE_SHARE)
    )
    group[some] = ValueGroup.LIGHT
    group[some & (spent >= moderate)] = ValueGroup.MODERATE
    group[some & (spent >= heavy)] = ValueGroup.HEAVY
    return group
