"""What purchases and activities earn under a programme: every earning rule, applied to many members at once.

The order for one event: what the rule measures, times its rate, the tier's percentage and the
multipliers, rounded once; then the rule's own caps; then the best of each group; then the caps of
the whole, which cut the later rules of the list first. A cap counts what was given in the end, and
points that a refund takes back make no new room under it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earning_caps import Cap, StreakDays, step_of
from loyalty_core.earning.earning_conditions import Condition, Events, Labels, events
from loyalty_core.earning.earning_rates import Multipliers, Rate
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import Versions
from loyalty_core.rules.earning_rules import EarningRule
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

__all__ = ["Earned", "Earner", "Events", "birthdays", "earning_amount", "events"]


def earning_amount(programme: Programme, amount_minor: Ints, paid_points_minor: Ints) -> Ints:
    """The part of purchases that earns points: without what points paid, unless that earns too."""
    as_cash = programme.points_as_cash
    if as_cash is None or as_cash.earns_points:
        return amount_minor
    amount: Ints = np.maximum(amount_minor - paid_points_minor, 0)
    return amount


def birthdays(versions: Versions, n: int) -> Ints:
    """Month × 100 + day of birth of each of n members as last known, 0 where unknown, int32."""
    found = np.zeros(n, np.int32)
    known = versions.birthday > 0
    found[versions.member[known]] = versions.birthday[known]  # later versions overwrite
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Point units of n events per rule: those about this kind of event, in the document's order."""

    n: int
    rules: tuple[str, ...]
    accounts: tuple[str, ...]
    points: tuple[Ints, ...]  # for each rule n whole numbers, after multipliers, rounding, caps and groups

    def total(self, account: str) -> Ints:
        """Point units that go to an account, per event."""
        parts = [points for name, points in zip(self.accounts, self.points, strict=True) if name == account]
        if not parts:
            return np.zeros(self.n, np.int64)
        total = parts[0]
        for points in parts[1:]:
            total = total + points
        return total


@dataclass(slots=True)
class Working:
    """One rule on its way to points, per event; arrays are shared where a stage changes nothing."""

    rule: EarningRule
    holds: Flags | None  # None: for all
    step: Ints | None  # of a streak
    rounded: Ints  # after multipliers and rounding
    capped: Ints  # after the rule's own caps
    given: Ints  # after groups and the caps of the whole


class Earner:
    """The earning rules of a programme over n members, with what their caps and streaks remember.

    `birthday` is month × 100 + day per member, 0 where unknown; `labels` are those of the history.
    For one member days only go forward. Members never touch each other. Who is to come under other
    rules must be told to `remember`.
    """

    def __init__(self, programme: Programme, labels: Labels, birthday: Ints, remember: bool = False):
        self.programme, self.birthday = programme, np.asarray(birthday, np.int32)
        n, rules = len(self.birthday), programme.earning.all_rules
        kinds = dict.fromkeys(rule.when.event for rule in rules)
        self._multipliers = {kind: Multipliers(programme, kind, labels) for kind in kinds}
        self._rules = {
            kind: [
                _Rule(rule, programme, labels, self._multipliers[kind], n, remember)
                for rule in rules
                if rule.when.event == kind
            ]
            for kind in kinds
        }
        self._whole = Cap(programme.earning.caps, programme, n, remember)
        self._former: dict[str, _Rule] = {}

    def go_on_from(self, other: Earner) -> None:
        """Take over what the same members did under other rules, of an earner that was told to remember.

        Rules go on from the last one of their name: what it gave counts for its caps, and a row of
        days goes on.
        """
        self._former = other._former | {rule.name: rule for rules in other._rules.values() for rule in rules}
        for rules in self._rules.values():
            for rule in rules:
                if rule.name in self._former:
                    rule.go_on_from(self._former[rule.name])
        self._whole.go_on_from(other._whole)

    def earn(self, kind: str, events: Events, tier: Ints) -> Earned:
        """What events of a kind (`purchase`, `sign_in` …) earn at these tiers; moves caps and streaks on."""
        workings = self.workings(kind, events, tier)
        for rule, working in zip(self._rules.get(kind, ()), workings, strict=True):
            rule.count(events, working)
        total = _earned(events, workings)
        if self._whole.remembers:
            self._whole.count(events.member, events.day, total.total(POINTS_ACCOUNT))
        return total

    def worth(self, kind: str, events: Events, tier: Ints) -> Earned:
        """What they would earn now, with the caps of one event only; nothing moves.

        For a refund that does not name its purchase.
        """
        return _earned(events, self.workings(kind, events, tier, running=False))

    def unmet(self, kind: str, event: Events, tier: Ints) -> list[tuple[Text, ...]]:
        """What keeps each rule about this kind from a single event; nothing where it holds."""
        return [rule.condition.unmet(event, tier, self.birthday) for rule in self._rules.get(kind, ())]

    def multiplied(self, kind: str, event: Events, tier: Ints) -> list[list[tuple[str, int]]]:
        """For each rule the multipliers that count for a single event, with their percent."""
        rules = self._rules.get(kind, [])
        percents = self._multipliers[kind].percents(event, tier, self.birthday) if rules else []
        return [self._multipliers[kind].that_count(rule.groups, percents) for rule in rules]

    def workings(self, kind: str, events: Events, tier: Ints, running: bool = True) -> list[Working]:
        """Each rule's way to its points; nothing moves. Without `running`, as if nothing were given yet."""
        rules = self._rules.get(kind, [])
        percents = self._multipliers[kind].percents(events, tier, self.birthday) if rules else []
        workings = [rule.working(events, tier, self.birthday, percents, running) for rule in rules]
        _only_the_best_of_a_group(workings)
        _cut_the_later_first(workings, self._whole, events, running)
        return workings


class _Rule:
    """One earning rule over n members."""

    def __init__(
        self,
        rule: EarningRule,
        programme: Programme,
        labels: Labels,
        multipliers: Multipliers,
        n: int,
        remember: bool,
    ):
        self.rule, self.name = rule, rule.name
        self.condition = Condition(rule.when, programme, labels)
        self._rate = Rate(rule, programme)
        self._multipliers, self.groups = multipliers, multipliers.of(rule.name)
        self._cap = Cap(rule.caps, programme, n, remember)
        self._row = StreakDays(n) if rule.streak else None

    def go_on_from(self, other: _Rule) -> None:
        self._cap.go_on_from(other._cap)
        self._row = other._row or self._row

    def working(
        self, events: Events, tier: Ints, birthday: Ints, percents: list[Ints], running: bool
    ) -> Working:
        holds = self.condition.holds(events, tier, birthday)
        measured, step = self._measured(events)
        measured = measured if holds is None else np.where(holds, measured, 0)
        rounded = self._rate.points(measured, tier, self._multipliers.factor(self.groups, percents))
        capped = self._cap.cut(events.member, events.day, rounded, running)
        return Working(self.rule, holds, step, rounded, capped, capped)

    def count(self, events: Events, working: Working) -> None:
        """Remember what the event gave."""
        if self._cap.remembers:
            self._cap.count(events.member, events.day, working.given)
        if self.rule.streak is not None and self._row is not None:
            held = slice(None) if working.holds is None else working.holds
            self._row.count(events.member[held], events.day[held])

    def _measured(self, events: Events) -> tuple[Ints, Ints | None]:
        """What the rule measures of each event, and of a streak the step that it comes to."""
        if self.rule.streak is not None and self._row is not None:
            place, first_of_day = self._row.place(events.member, events.day)
            step = step_of(self.rule.streak, place)
            return np.where(first_of_day, np.array(self._rate.streak_days, np.int64)[step], 0), step
        if self.rule.points is not None or self.rule.measure == "count":
            return np.ones(len(events), np.int64), None
        return {
            "amount": events.amount_minor,
            "quantity": events.quantity,
            "value": events.value,
        }[self.rule.measure], None


def _only_the_best_of_a_group(workings: list[Working]) -> None:
    """Of the rules of a group the one that gives most stays, the first of several that give as much."""
    groups = dict.fromkeys(working.rule.group for working in workings if working.rule.group)
    for group in groups:
        of_group = [working for working in workings if working.rule.group == group]
        if len(of_group) < 2:
            continue
        winner = np.argmax([working.capped for working in of_group], axis=0)
        for place, working in enumerate(of_group):
            working.given = np.where(winner == place, working.capped, 0)


def _cut_the_later_first(workings: list[Working], whole: Cap, events: Events, running: bool) -> None:
    """Give the points account no more than the caps of the whole leave, to the first rules first."""
    if not whole.limits:
        return
    given = np.zeros(len(events), np.int64)
    for working in workings:
        if working.rule.account == POINTS_ACCOUNT:
            upto = whole.cut(events.member, events.day, given + working.given, running)
            working.given = np.maximum(upto - given, 0)
            given = given + working.given


def _earned(events: Events, workings: list[Working]) -> Earned:
    return Earned(
        n=len(events),
        rules=tuple(working.rule.name for working in workings),
        accounts=tuple(working.rule.account for working in workings),
        points=tuple(working.given for working in workings),
    )
