"""What becomes of members' tiers in a run: written down, and how they take it."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_moves import TierMoves
from simulation.arm import Arm
from simulation.coupons import Coupons
from simulation.journal import Journal
from simulation.population import Population
from simulation.responses import Responses
from simulation.waiting import Waiting


class TierNews:
    """The news that n members get of their tiers."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        responses: Responses,
        waiting: Waiting,
        journal: Journal,
        coupons: Coupons,
    ) -> None:
        self._gap, self._window = arm.effects.review_push_gap.size, arm.effects.review_push_window.size
        self._looked: list[Ints] = []  # at whom a look was taken on a day of their own of late
        self._responses, self._waiting = responses, waiting
        self._journal, self._coupons = journal, coupons
        self._population, self._clock = population, waiting.clock

    def read(self, programme: Programme) -> None:
        """Another document: how many days before a look of their own members of each tier see it coming."""
        days = [int((tier.valid_months or 12) * 365 / 12 * self._window) for tier in programme.tiers]
        self._sees_days: Ints = np.array(days, np.int32)

    def reviewed(self, accounts: Accounts, day: int) -> None:
        """The tier review at the start of a day, and how those feel about it whom it moves or does not."""
        moves = accounts.review(day)
        self.write(moves)
        responses = self._responses
        if responses.told_of_tiers:
            weeks = np.full(len(moves), float(self._clock.weeks(day)))
            responses.moved(moves.member, weeks, moves.from_tier, moves.to_tier)
        if responses.told_of_tiers or responses.pushes:
            over = responses.no_longer_pushed(float(self._clock.weeks(day)))
            moved = np.concatenate([moves.member, self._missed(accounts, day), over])
            self._waiting.feel_otherwise(np.unique(moved), day)

    def near(self, accounts: Accounts, day: int, review_on: int) -> None:
        """From the start of a day before a review those hurry who are near to what it will ask of them.

        In the lowest tier nobody does: there is nothing to lose.
        """
        who = self._waiting.of_old(self._population.joined_on, day)
        near = self._near(accounts, who, day, np.full(len(who), review_on, np.int32))
        self._responses.push(near, float(self._clock.weeks(review_on)))
        self._waiting.feel_otherwise(near, day)

    def see_a_look(self, accounts: Accounts, day: int) -> Ints:
        """Those who wait and see from the start of a day that a look of their own comes near; of most members
        it is so far off that nobody of their tier would."""
        if not self._responses.pushes:
            return np.zeros(0, np.int64)
        who = accounts.standing.due_by(day + int(self._sees_days.max()))
        sees_from = accounts.standing.due_on(who) - self._sees_days[accounts.tier[who]]
        hurries = self._responses.is_pushed(who, float(self._clock.weeks(day)))
        sees = (sees_from <= day) & ~hurries & (self._population.joined_on[who] < day)
        return self._waiting.still(who[sees])

    def see_own_reviews(self, accounts: Accounts, who: Ints, day: int) -> None:
        """What looks on days of their own do: of those who see theirs come they hurry who are near to what it
        asks, and those feel it at whom one was taken of late."""
        due = accounts.standing.due_on(who)
        near = self._near(accounts, who, day, due)
        self._responses.push(near, self._clock.weeks(accounts.standing.due_on(near)))
        over = self._responses.no_longer_pushed(float(self._clock.weeks(day)))
        moved = np.concatenate([near, over, *self._looked])
        self._looked = []
        self._waiting.feel_otherwise(np.unique(moved), day)

    def _near(self, accounts: Accounts, who: Ints, day: int, review_on: Ints) -> Ints:
        """Those of the members, as of the eve of a day, who lack little to keep their tier at a later look or
        to reach the next; nobody of the lowest tier."""
        above = (accounts.tier[who] > 0).nonzero()[0]
        who, review_on = who[above], review_on[above]
        standing, eves = accounts.standing, np.full(len(who), day - 1, np.int32)
        near = np.zeros(len(who), bool)
        for thousandths in (standing.progress(who, eves), standing.keeping(who, eves, review_on)):
            near |= self._is_little(thousandths)
        return who[near]

    def _is_little(self, thousandths: Ints) -> Flags:
        """Whether so little is left as to hurry for, or to mind."""
        return (thousandths >= 1000 * (1 - self._gap)) & (thousandths < 1000)

    def lifted(self, accounts: Accounts, who: Ints, weeks: Floats, done: Outcome) -> None:
        """How members take it that a deed lifted them, or that a date of their own moved them before it."""
        if not self._responses.told_of_tiers:
            return
        self.settled(accounts)
        up = (done.tier_after != done.tier_before).nonzero()[0]
        self._responses.moved(who[up], weeks[up], done.tier_before[up], done.tier_after[up])

    def settled(self, accounts: Accounts) -> None:
        """What dates of their own brought members since they were last told."""
        moves = accounts.moved()
        if len(moves):
            self.write(moves)
            at = self._clock.weeks(moves.day)
            self._responses.moved(moves.member, at, moves.from_tier, moves.to_tier)
        if self._responses.told_of_tiers and len(looks := accounts.looked()):
            self._looked.append(looks.member)
            if self._minds_missing:
                little = self._is_little(looks.progress)
                near, at = looks.member[little], self._clock.weeks(looks.day[little])
                self._responses.missed(near, at, accounts.tier[near])

    @property
    def _minds_missing(self) -> bool:
        """Whether it matters to anybody that a goal was just missed."""
        return self._responses.told_of_misses and self._waiting.goals.are_missed

    def write(self, moves: TierMoves) -> None:
        """The moves that reviews brought about, and what members are given with them."""
        at = self._clock.midnight(moves.day)
        self._journal.change_tiers(moves.member, moves.day, at, moves.from_tier, moves.to_tier, review=True)
        self._coupons.entered(moves.member, moves.day, at, moves.from_tier, moves.to_tier)

    def _missed(self, accounts: Accounts, day: int) -> Ints:
        """Members who just missed the next tier at a review whose window is over; they are told so."""
        if not self._minds_missing:
            return np.zeros(0, np.int64)
        who = self._waiting.of_old(self._population.joined_on, day)
        progress = accounts.standing.progress(who, np.full(len(who), day - 1, np.int32))
        near: Ints = who[np.flatnonzero(self._is_little(progress))]
        weeks = np.full(len(near), float(self._clock.weeks(day)))
        self._responses.missed(near, weeks, accounts.tier[near])
        return near
