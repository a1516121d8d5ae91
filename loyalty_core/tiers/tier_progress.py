"""On which days members stand near the next tier, and on which near losing theirs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import (
    add_months,
    days_in_each_year,
    latest_turn,
    months_passed_on,
    next_turn,
    year_start,
)
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure
from loyalty_core.tiers.deeds import Deeds, deeds
from loyalty_core.tiers.known_tiers import own_tiers
from loyalty_core.tiers.requirements import Counted, Level, levels_of
from loyalty_core.tiers.tier_calendar import tier_since, tier_spells, turns
from loyalty_core.timeline import Spells, distinct, moment, parts, ranks

NEAR_PERCENT = 90
AT_CLOSE = -1  # a window that ends with the day itself
_DAYS_TO_A_REVIEW = 366  # the calendar of a programme comes round within them
_LONG_AGO = -(2**31)


def near_upgrade(history: History, programme: Programme, last_day: int) -> Spells:
    """The days up to the last one at whose close members have done 90 % of what the next tier that measures
    reach asks for, and are not there yet; `what` is their tier."""
    levels, spells = levels_of(programme), own_tiers(tier_spells(history), programme)
    tops = [number for number, level in enumerate(levels) if level.is_open]
    spells = spells.where(spells.what < max(tops, default=0))
    progress = Progress(history, programme, spells)
    counted = {one for number in tops for one in levels[number].reaching}
    progress = progress.split(progress.turning_to_a_close(counted, last_day))
    return progress.spells.where(progress.near_upgrade())


def near_downgrade(history: History, programme: Programme, last_day: int) -> Spells:
    """The days up to the last one at whose close members have not done what their next review asks for
    keeping the tier, which is `what`."""
    levels, spells = levels_of(programme), own_tiers(tier_spells(history), programme)
    asked = np.array([number > 0 and level.asks for number, level in enumerate(levels)])
    if programme.qualification.downgrade == "never":
        asked[:] = False
    progress = Progress(history, programme, spells.where(asked[spells.what]))
    progress = progress.split(progress.turning_to_a_review(last_day))
    return progress.spells.where(progress.near_downgrade())


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is ahead of members: a tier or a review's day (-1 for none), how far they are towards it, in
    thousandths, and the spend that is still missing, minor units (0 where none is asked)."""

    what: Ints
    thousandths: Ints
    spend: Ints

    def replaced(self, here: Flags, what: Ints, thousandths: Ints, spend: Ints) -> Ahead:
        """The same with other values for some members."""
        return Ahead(
            np.where(here, what, self.what),
            np.where(here, thousandths, self.thousandths),
            np.where(here, spend, self.spend),
        )


class Progress:
    """How members with a tier stand at the close of the first day of some spells; a row for each spell."""

    def __init__(self, history: History, programme: Programme, spells: Spells):
        self.history, self.programme, self.spells = history, programme, spells
        self.levels = levels_of(programme)
        self.tier, self.day = spells.what, spells.start
        self.joined_on = history.members.joined_on[spells.member].astype(np.int64)
        self._deeds = cache(partial(deeds, history, programme))  # what several tiers ask for is counted once
        self._done = cache(self._done_of)
        self._eve = cache(self._eve_of)
        self._total = cache(self._total_of)

    def split(self, moments: Ints) -> Progress:
        """The same spells, cut before each of those moments."""
        return Progress(self.history, self.programme, self.spells.split(*parts(distinct(moments))))

    def turning_to_a_close(self, counted: Collection[Counted], last_day: int) -> Ints:
        """The moments at which what is counted up to a close may change, and those of being no newcomer."""
        newcomers = {level.newcomer_days for level in self.levels if level.newcomer}
        found = [moment(self.spells.member, self.joined_on + days) for days in newcomers]
        for one in counted:
            done = self._deeds(one.measure)
            found.append(moment(done.member, done.day))
            if one.window == "rolling":
                found.append(moment(done.member, months_passed_on(done.day, one.months)))
            elif one.window == "calendar":
                found += self._on_days(partial(days_in_each_year, ["01-01"]), last_day)
            elif one.window == "joining_year":
                found += self._in_turn(self.joined_on, 12, last_day)
            elif one.window == "tier_year":
                found += self._in_turn(self._since, 12, last_day)
        return np.concatenate([np.zeros(0, np.int64), *found])

    def turning_to_a_review(self, last_day: int) -> Ints:
        """The moments at which what is counted for the next review may change, or that review is another."""
        measures = {one.measure for level in self.levels for one in level.counted}
        found = [moment(done.member, done.day) for done in map(self._deeds, measures)]
        for months in {level.valid_months for level in self.levels if level.valid_months}:
            found += self._in_turn(self._since, months, last_day)
        if self.programme.qualification.reviews == "anniversary":
            found += self._in_turn(self.joined_on, 12, last_day)
        else:
            found += self._on_days(self.programme.qualification.review_days, last_day)
        return np.concatenate([np.zeros(0, np.int64), *found])

    def _on_days(self, days: Callable[[int, int], Ints], last_day: int) -> list[Ints]:
        """Those days from the first spell on, for the members whose spells hold them."""
        first = int(self.day.min(initial=last_day))
        chosen = days(first, max(first, last_day)).astype(np.int64)
        if not len(chosen):
            return []
        spell, place = self.spells.on(chosen)
        return [moment(self.spells.member[spell], chosen[place])]

    def _in_turn(self, anchor: Ints, months: int, last_day: int) -> list[Ints]:
        first = int(self.day.min(initial=last_day))
        each = turns(self.spells, anchor, np.full(len(self.spells), months), first, last_day)
        return [moment(member, day) for member, day in each]

    def near_upgrade(self) -> Flags:
        """Who has done 90 % of what the next tier that measures reach asks for, and is not there yet."""
        near, age = np.zeros(self.tier.shape, bool), self.day - self.joined_on
        for number, level in self._nearest_last:
            totals = {one: self._total(one, AT_CLOSE) for one in level.reaching}
            here = (self.tier < number) & level.reachable(age)
            near = np.where(here, level.reached(totals, age, NEAR_PERCENT), near)
        return near

    def towards_next(self) -> Ahead:
        """Where the next tier that measures reach is, and what it still asks for, at the close of the day."""
        age = self.day - self.joined_on
        nothing = np.zeros(self.tier.shape, np.int64)
        found = Ahead(nothing - 1, nothing, nothing)
        for number, level in self._nearest_last:
            here = (self.tier < number) & level.reachable(age)
            totals = {one: self._total(one, AT_CLOSE) for one in level.reaching}
            ahead = (np.full_like(nothing, number), level.progress(totals, age))
            found = found.replaced(here, *ahead, level.missing(totals, age, "spend"))
        return found

    @property
    def _nearest_last(self) -> list[tuple[int, Level]]:
        """The tiers that measures reach, from the top, so that the next one has the last word."""
        return [(number, level) for number, level in enumerate(self.levels) if level.is_open][::-1]

    def until_review(self) -> Ahead:
        """The day of the next review that asks for keeping the tier, and what it still asks for."""
        nothing = np.zeros(self.tier.shape, np.int64)
        found = Ahead(nothing - 1, nothing, nothing)
        for number, level in enumerate(self.levels[1:], 1):
            eve = self._eve(level.valid_months) if level.asks else None
            if eve is not None:
                totals = {one: self._total(one, level.valid_months) for one in level.counted}
                missing = level.missing_to_keep(totals, eve - self.joined_on, "spend")
                found = found.replaced(self.tier == number, eve + 1, nothing, missing)
        return found

    def near_downgrade(self) -> Flags:
        """Whose next review asks more for keeping the tier than has been done up to the day.

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
        """The day before the first review after each day, of tiers with that validity (0: with none).

        None where there are no reviews.
        """
        if valid_months:
            return next_turn(self._since, valid_months, self.day).astype(np.int64) - 1
        if self.programme.qualification.reviews == "anniversary":
            return next_turn(self.joined_on, 12, self.day).astype(np.int64) - 1
        first, last = int(self.day.min(initial=0)), int(self.day.max(initial=0))
        days = self.programme.qualification.review_days(first + 1, last + _DAYS_TO_A_REVIEW).astype(np.int64)
        return days[ranks(days, self.day, after=True)] - 1 if len(days) else None

    def _total_of(self, one: Counted, valid_months: int) -> Ints:
        """What was done up to the day in the window that ends with it, or with `_eve(valid_months)`."""
        eve = None if valid_months == AT_CLOSE else self._eve(valid_months)
        ends = self.day if eve is None else eve
        done, ever = self._done(one.measure)
        before = np.minimum(self._first_days(one, ends) - 1, self.day)
        return ever - done.upto(self.spells.member, before)

    def _first_days(self, one: Counted, ends: Ints) -> Ints:
        if one.window == "rolling":
            return add_months(ends, -one.months).astype(np.int64) + 1
        if one.window == "calendar":
            return year_start(ends).astype(np.int64)
        if one.window == "since_joining":
            return np.full(len(ends), _LONG_AGO, np.int64)
        anchor = self.joined_on if one.window == "joining_year" else self._since
        return latest_turn(anchor, 12, ends).astype(np.int64)

    def _done_of(self, measure: Measure) -> tuple[Deeds, Ints]:
        """The deeds of a measure, and their total up to each day."""
        done = self._deeds(measure)
        return done, done.upto(self.spells.member, self.day)

    @cached_property
    def _since(self) -> Ints:
        return tier_since(self.history, self.spells)
