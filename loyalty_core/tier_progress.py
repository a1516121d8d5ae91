"""How members stand towards the next tier, and towards keeping theirs, at the close of any day."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from loyalty_core.days import add_months, latest_turn, next_turn, year_start
from loyalty_core.deeds import Deeds, deeds
from loyalty_core.history import Flags, History, Ints
from loyalty_core.programme import Programme
from loyalty_core.requirements import Counted, Level, Totals, levels_of
from loyalty_core.tier_rules import Measure
from loyalty_core.tiers import review_days, tier_at
from loyalty_core.timeline import latest_at, value_at

NEAR_PERCENT = 90
_DAYS_TO_A_REVIEW = 366  # the calendar of a programme comes round within them
_LONG_AGO = -(2**31)


class Progress:
    """The members of a history at closes (ascending days); arrays are members × closes."""

    def __init__(self, history: History, programme: Programme, closes: Ints):
        self.history, self.programme, self.closes = history, programme, closes
        self.n, self.levels = len(history.members), levels_of(programme)
        self.tier = tier_at(history, closes)
        self._known_deeds: dict[Measure, Deeds] = {}
        self.joined_on = history.members.joined_on[:, None].astype(np.int64)

    def near_upgrade(self) -> Flags:
        """Who has done 90 % of what the next tier that measures reach asks for, and is not there yet."""
        near, top = np.zeros(self.tier.shape, bool), 0
        for number, level in enumerate(self.levels):
            if level.is_open:
                below = (self.tier >= top) & (self.tier < number)
                totals = self._totals(level.reaching, self.closes)
                near |= below & level.reached(totals, self.closes - self.joined_on, NEAR_PERCENT)
                top = number
        return near

    def near_downgrade(self) -> Flags:
        """Whose next review asks more for keeping the tier than has been done up to the close.

        What lies before the window of that review no longer counts. A tier that nothing keeps, or
        that its minimum stay still protects on that day, is not in danger; grace is not looked at.
        """
        near = np.zeros(self.tier.shape, bool)
        rule = self.programme.qualification
        for number, level in enumerate(self.levels[1:], 1):
            review = self._next_review(level) if level.asks and rule.downgrade != "never" else None
            if review is None:
                continue
            eve = review - 1
            kept = level.kept(self._totals(level.counted, eve), eve - self.joined_on)
            falls = (self.tier == number) & ~kept
            if rule.minimum_stay_months:
                falls &= add_months(self._since, rule.minimum_stay_months) <= review
            near |= falls
        return near

    def _next_review(self, level: Level) -> Ints | None:
        """The first review of that tier after each close: common days, or a row per member."""
        if level.valid_months:
            return next_turn(self._since, level.valid_months, self.closes[None, :]).astype(np.int64)
        if self.programme.qualification.reviews == "anniversary":
            return next_turn(self.joined_on, 12, self.closes[None, :]).astype(np.int64)
        last = int(self.closes[-1]) + _DAYS_TO_A_REVIEW
        days = review_days(self.programme, int(self.closes[0]) + 1, last).astype(np.int64)
        return days[np.searchsorted(days, self.closes, side="right")] if len(days) else None

    def _totals(self, counted: tuple[Counted, ...], ends: Ints) -> Totals:
        """What was done up to the closes in windows that end with `ends`, the closes or later days."""
        totals = {}
        for one in counted:
            done = self._deeds(one.measure)
            before = np.minimum(self._first_days(one, ends) - 1, self.closes)
            totals[one] = done.upto(self.n, self.closes) - done.upto(self.n, before)
        return totals

    def _first_days(self, one: Counted, ends: Ints) -> Ints:
        if one.window == "rolling":
            return add_months(ends, -one.months).astype(np.int64) + 1
        if one.window == "calendar":
            return year_start(ends).astype(np.int64)
        if one.window == "since_joining":
            return np.full(len(self.closes), _LONG_AGO, np.int64)
        anchor = self.joined_on if one.window == "joining_year" else self._since
        return latest_turn(anchor, 12, ends).astype(np.int64)

    def _deeds(self, measure: Measure) -> Deeds:
        if measure not in self._known_deeds:
            self._known_deeds[measure] = deeds(self.history, self.programme, measure)
        return self._known_deeds[measure]

    @cached_property
    def _since(self) -> Ints:
        """The day of each member's latest change of tier, that of joining without one."""
        moves = self.history.tier_changes
        row = latest_at(moves.member, moves.day, self.n, self.closes)
        return np.where(row >= 0, value_at(row, moves.day.astype(np.int64), 0), self.joined_on)
