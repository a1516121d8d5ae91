"""How members stand towards the next tier, and towards keeping theirs, at the close of any day."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np

from loyalty_core.days import add_months, latest_turn, next_turn, year_start
from loyalty_core.history import Flags, History, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure
from loyalty_core.tiers.deeds import Deeds, deeds
from loyalty_core.tiers.requirements import Counted, levels_of
from loyalty_core.tiers.tier_calendar import review_days, tier_at
from loyalty_core.timeline import latest_at, value_at

NEAR_PERCENT = 90
AT_CLOSE = -1  # a window that ends with the close itself
_DAYS_TO_A_REVIEW = 366  # the calendar of a programme comes round within them
_LONG_AGO = -(2**31)


class Progress:
    """The members of a history at closes (ascending days); arrays are members × closes."""

    def __init__(self, history: History, programme: Programme, closes: Ints):
        self.history, self.programme, self.closes = history, programme, closes
        self.n, self.levels = len(history.members), levels_of(programme)
        self.tier = tier_at(history, closes)
        self.joined_on = history.members.joined_on[:, None].astype(np.int64)
        self._deeds = cache(self._deeds_of)  # what several tiers ask for is counted once
        self._eve = cache(self._eve_of)
        self._total = cache(self._total_of)

    def near_upgrade(self) -> Flags:
        """Who has done 90 % of what the next tier that measures reach asks for, and is not there yet."""
        near, top = np.zeros(self.tier.shape, bool), 0
        for number, level in enumerate(self.levels):
            if level.is_open:
                below = (self.tier >= top) & (self.tier < number)
                totals = {one: self._total(one, AT_CLOSE) for one in level.reaching}
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
            eve = self._eve(level.valid_months) if level.asks and rule.downgrade != "never" else None
            if eve is None:
                continue
            totals = {one: self._total(one, level.valid_months) for one in level.counted}
            falls = (self.tier == number) & ~level.kept(totals, eve - self.joined_on)
            if rule.minimum_stay_months:
                falls &= add_months(self._since, rule.minimum_stay_months) <= eve + 1
            near |= falls
        return near

    def _eve_of(self, valid_months: int) -> Ints | None:
        """The day before the first review after each close, of tiers with that validity (0: with none).

        Common days, or a row per member; None where there are no reviews.
        """
        if valid_months:
            return next_turn(self._since, valid_months, self.closes[None, :]).astype(np.int64) - 1
        if self.programme.qualification.reviews == "anniversary":
            return next_turn(self.joined_on, 12, self.closes[None, :]).astype(np.int64) - 1
        last = int(self.closes[-1]) + _DAYS_TO_A_REVIEW
        days = review_days(self.programme, int(self.closes[0]) + 1, last).astype(np.int64)
        return days[np.searchsorted(days, self.closes, side="right")] - 1 if len(days) else None

    def _total_of(self, one: Counted, valid_months: int) -> Ints:
        """What was done up to the closes in the window that ends with them, or with `_eve(valid_months)`."""
        eve = None if valid_months == AT_CLOSE else self._eve(valid_months)
        ends = self.closes if eve is None else eve
        done, ever = self._deeds(one.measure)
        before = np.minimum(self._first_days(one, ends) - 1, self.closes)
        return ever - done.upto(self.n, before)

    def _first_days(self, one: Counted, ends: Ints) -> Ints:
        if one.window == "rolling":
            return add_months(ends, -one.months).astype(np.int64) + 1
        if one.window == "calendar":
            return year_start(ends).astype(np.int64)
        if one.window == "since_joining":
            return np.full(len(self.closes), _LONG_AGO, np.int64)
        anchor = self.joined_on if one.window == "joining_year" else self._since
        return latest_turn(anchor, 12, ends).astype(np.int64)

    def _deeds_of(self, measure: Measure) -> tuple[Deeds, Ints]:
        """The deeds of a measure, and their total up to each close."""
        done = deeds(self.history, self.programme, measure)
        return done, done.upto(self.n, self.closes)

    @cached_property
    def _since(self) -> Ints:
        """The day of each member's latest change of tier, that of joining without one."""
        moves = self.history.tier_changes
        row = latest_at(moves.member, moves.day, self.n, self.closes)
        return np.where(row >= 0, value_at(row, moves.day.astype(np.int64), 0), self.joined_on)
