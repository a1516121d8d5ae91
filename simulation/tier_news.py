"""What becomes of members' tiers in a run: written down, and how they take it."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
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
        self._gap = arm.effects.review_push_gap.size
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
            moved = np.concatenate([moves.member, self._missed(accounts, day), responses.pushed()])
            self._waiting.feel_otherwise(np.unique(moved), day)

    def near(self, accounts: Accounts, day: int, review_on: int) -> None:
        """From the start of a day before a review those hurry who are near to what it will ask of them.

        In the lowest tier nobody does: there is nothing to lose.
        """
        who = self._waiting.of_old(self._population.joined_on, day)
        who = who[accounts.tier[who] > 0]
        standing, eves = accounts.standing, np.full(len(who), day - 1, np.int32)
        least = 1000 * (1 - self._gap)
        near = np.zeros(len(who), bool)
        for thousandths in (standing.progress(who, eves), standing.keeping(who, eves, review_on)):
            near |= (thousandths >= least) & (thousandths < 1000)
        self._responses.push(who[near], float(self._clock.weeks(review_on)))
        self._waiting.feel_otherwise(who[near], day)

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

    def write(self, moves: TierMoves) -> None:
        """The moves that reviews brought about, and what members are given with them."""
        at = self._clock.midnight(moves.day)
        self._journal.change_tiers(moves.member, moves.day, at, moves.from_tier, moves.to_tier, review=True)
        self._coupons.entered(moves.member, moves.day, at, moves.from_tier, moves.to_tier)

    def _missed(self, accounts: Accounts, day: int) -> Ints:
        """Members who just missed the next tier at a review whose window is over; they are told so."""
        if not self._responses.told_of_misses or not self._waiting.goals.are_missed:
            return np.zeros(0, np.int64)
        who = self._waiting.of_old(self._population.joined_on, day)
        progress = accounts.standing.progress(who, np.full(len(who), day - 1, np.int32)) / 1000
        near: Ints = who[np.flatnonzero((progress < 1) & (progress >= 1 - self._gap))]
        weeks = np.full(len(near), float(self._clock.weeks(day)))
        self._responses.missed(near, weeks, accounts.tier[near])
        return near
