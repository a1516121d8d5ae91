"""What becomes of members' tiers in a run: written down, and how they take it."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
from loyalty_core.tiers.tier_moves import TierMoves
from simulation.arm import Arm
from simulation.coupons import Coupons
from simulation.journal import Journal
from simulation.own_reviews import OwnReviews
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
        own: OwnReviews,
    ) -> None:
        self._gap, self._own = arm.effects.review_push_gap.size, own
        self._responses, self._waiting = responses, waiting
        self._journal, self._coupons = journal, coupons
        self._population, self._clock = population, waiting.clock

    def reviewed(self, accounts: Accounts, day: int) -> None:
        """The tier review at the start of a day, and how those feel about it whom it moves or does not."""
        moves = accounts.review(day)
        self.write(moves)
        responses = self._responses
        if responses.told_of_tiers:
            weeks = np.full(len(moves), float(self._clock.weeks(day)))
            responses.moved(moves.member, weeks, moves.from_tier, moves.to_tier)
        if responses.told_of_tiers or responses.pushes:
            everybody = np.arange(accounts.n)
            over = responses.no_longer_pushed(everybody, float(self._clock.weeks(day)))
            moved = np.concatenate([moves.member, self._missed(accounts, day), everybody[over]])
            self._waiting.feel_otherwise(np.unique(moved), day)

    def near(self, accounts: Accounts, day: int, review_on: int) -> None:
        """From the start of a day before a review those hurry who are near to what it will ask of them.

        In the lowest tier nobody does: there is nothing to lose.
        """
        who = self._waiting.of_old(self._population.joined_on, day)
        eves, reviews = np.full((2, len(who)), [[day - 1], [review_on]], np.int32)
        near = who[self._near(accounts, who, eves, reviews)]
        self._responses.push(near, float(self._clock.weeks(review_on)))
        self._waiting.feel_otherwise(near, day)

    def see_own_reviews(self, accounts: Accounts, who: Ints, day: Ints) -> None:
        """What looks on days of their own do to members at the start of a day of each: those who wait and see
        one come hurry if they are near to what it asks, and at whom one was taken of late feels it."""
        accounts.settle(who, day)  # looks that fall on the day are over, as it begins with them
        self.settled(accounts)
        due, weeks = accounts.standing.due_on(who), self._clock.weeks(day)
        moved = self._own.felt(who)
        sees = (due - self._own.sees_days[accounts.tier[who]] <= day) & self._waiting.waits(who)
        sees &= ~self._responses.is_pushed(who, weeks) & (self._population.joined_on[who] < day)
        near = sees.nonzero()[0]
        near = near[self._near(accounts, who[near], day[near] - np.int32(1), due[near])]
        self._responses.push(who[near], self._clock.weeks(due[near]))
        moved[near] = True
        moved |= self._responses.no_longer_pushed(who, weeks)
        self._waiting.feel_otherwise(who[moved], day[moved])

    def _near(self, accounts: Accounts, who: Ints, eves: Ints, reviews: Ints) -> Ints:
        """Positions of those who lack little, at the close of an eve, to keep their tier at a later review or
        to reach the next; nobody of the lowest tier."""
        above = (accounts.tier[who] > 0).nonzero()[0]
        who, eves, reviews, standing = who[above], eves[above], reviews[above], accounts.standing
        near = np.zeros(len(who), bool)
        for thousandths in (standing.progress(who, eves), standing.keeping(who, eves, reviews)):
            near |= self._is_little(thousandths)
        found: Ints = above[near]
        return found

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
            self._own.looked(looks.member)
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
