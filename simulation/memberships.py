"""Tiers that members buy in a run, and renew about the end of what they have paid for.

What a fee gives, and until when, is the programme's word (`TierStanding.enter`): a term ends where its hold
on the tier does. What is dearer or cheaper by the month than it was when the rates were seen is paid less or
more often, as the library's effects say.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.counting.membership_facts import RENEWAL_DAYS
from loyalty_core.days import NEVER
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.walk import MEMBERSHIP_FEE
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Tier
from loyalty_core.tiers.holds import FREE
from loyalty_core.timeline import LONG_AGO
from simulation.arm import Arm
from simulation.book import Book
from simulation.population import Population
from simulation.season import Clock
from simulation.streams import Draws, Purpose, Streams
from simulation.subscribing import Subscribing
from simulation.tier_news import TierNews

# From a sale to a tier that is bought with it, and from a top-up to the sale: each has an instant of its own.
HALF_A_SECOND_US = 500_000
_MOST_SWAYED = 1e9  # by a price: what is free now is taken by as many as can be


class Memberships:
    """When each of n members decides about another term, `due` in weeks of operational time; infinite for
    those who have none to decide about."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        clock: Clock,
        streams: Streams,
        book: Book,
        news: TierNews,
    ) -> None:
        self._book, self._news = book, news
        self._subscribing, self._effects = arm.behaviour.subscribing, arm.effects
        self._keys, self._clock, self._streams = population.keys, clock, streams
        self._days = np.array(self._subscribing.renewal_days)
        self.any = arm.sells_tiers  # whether anybody ever pays a fee
        n = len(population)
        self.due = np.full(n, np.inf)
        self._luck = Draws(streams, population.keys, {Purpose.BUYS_TIER: 0})
        self._tier, self._decided = np.zeros(n, np.int32), np.zeros(n, np.int64)
        self._renewable_to = np.full(n, LONG_AGO)  # the last day on which a fee renews what was paid for

    def read(self, programme: Programme) -> None:
        """The tiers that a document has for sale, and how often they are then bought and renewed."""
        tiers, supposed, effects = programme.tiers, self._subscribing, self._effects
        sold = np.array([tier.entry == "paid" for tier in tiers])
        self._sold, self._active_days = sold.nonzero()[0], programme.lifecycle.active_days
        self._fees = np.array([programme.minor(tier.fee) for tier in tiers], np.int64)
        weights = np.where(sold, [supposed.tier(tier.name).weight for tier in tiers], 0.0)
        buys = supposed.buys * weights / max(weights.sum(), 1e-9)
        self._buys = (buys * _swayed(tiers, supposed, effects.fee_buying.size))[self._sold]
        renews = np.array([[supposed.renews_silent], [supposed.renews]]) * sold
        self._renews = renews * _swayed(tiers, supposed, effects.fee_renewing.size)

    def set_out(self, accounts: Accounts) -> None:
        """Those decide in the run whose term runs, or ended so shortly before that it may still be renewed,
        and whose day for it has not passed."""
        everybody, first_day = np.arange(len(self.due)), self._clock.first_day
        for tier in self._sold.tolist():
            until = accounts.standing.holds.until(everybody, np.full(len(everybody), tier)).astype(np.int64)
            who = np.flatnonzero((until > FREE) & (until < NEVER) & (until >= first_day - RENEWAL_DAYS))
            day, share = self._decision(who, until[who])
            self._tier[who], self._renewable_to[who] = tier, until[who] + RENEWAL_DAYS
            ahead = day >= first_day
            self._await(who[ahead], day[ahead], share[ahead])

    def buy(self, accounts: Accounts, who: Ints, weeks: Floats, day: Ints, at: Ints, nth: Ints) -> None:
        """Some buy a tier above where they stand, and above the one that they may renew, with their `nth`
        sale: whoever goes up before the end of a term goes on with the terms of the higher tier."""
        (luck,) = self._luck.uniform(who, nth)
        some = (luck < self._buys.sum() * 1.001).nonzero()[0]
        own = np.where(day[some] > self._renewable_to[who[some]], 0, self._tier[who[some]])
        above = self._sold[:, None] > np.maximum(accounts.tier[who[some]], own)
        upto = np.cumsum(np.where(above, self._buys[:, None], 0.0), axis=0)
        choice = (luck[some] >= upto).sum(axis=0)
        buys = choice < len(self._sold)
        own, tier = some[buys], self._sold[choice[buys]]
        self._pay(accounts, who[own], weeks[own], day[own], at[own] + HALF_A_SECOND_US, tier)

    def decide(self, accounts: Accounts, who: Ints, weeks: Floats, last_bought_on: Ints) -> None:
        """Some of those who decide about another term at those times pay for it; nobody who stands higher."""
        self.due[who] = np.inf
        day, at = self._clock.when(weeks)
        accounts.settle(who, day)
        tier = self._tier[who]
        active = last_bought_on[who] >= day - self._active_days
        luck = self._streams.uniform(Purpose.RENEWS, self._keys[who], self._decided[who])
        pays = (luck < self._renews[active.astype(np.int64), tier]) & (accounts.tier[who] <= tier)
        self._pay(accounts, who[pays], weeks[pays], day[pays], at[pays], tier[pays])

    def _pay(self, accounts: Accounts, who: Ints, weeks: Floats, day: Ints, at: Ints, tier: Ints) -> None:
        """Members pay the fee of a tier; about the end of what it pays for they decide again."""
        if not len(who):
            return
        done = self._book.act(accounts, who, day, at, MEMBERSHIP_FEE, self._fees[tier], gives=tier)
        assert done is not None  # what gives tiers is asked for
        self._news.lifted(accounts, who, weeks, done)
        self._decided[who] += 1
        until = accounts.standing.holds.until(who, tier).astype(np.int64)
        self._tier[who], self._renewable_to[who] = tier, until + RENEWAL_DAYS
        on, share = self._decision(who, until)
        self.due[who] = np.inf
        lasts = until < NEVER
        self._await(who[lasts], np.maximum(on, day + 1)[lasts], share[lasts])

    def _decision(self, who: Ints, until: Ints) -> tuple[Ints, Floats]:
        """The day on which members decide about the time from `until` on, and how much of it has passed."""
        luck = self._streams.uniform(Purpose.RENEWS_ON, self._keys[who], self._decided[who]) * len(self._days)
        place = luck.astype(np.int64)
        return until + self._days[place], luck - place

    def _await(self, who: Ints, day: Ints, share: Floats) -> None:
        within = day <= self._clock.last_day
        self.due[who] = np.where(within, self._clock.some_time(day, share), np.inf)


def _swayed(tiers: Sequence[Tier], supposed: Subscribing, elasticity: float) -> Floats:
    """How many times as many pay for each tier as when the rates were seen, as its price was another then."""
    usual = [supposed.tier(tier.name).usual_price for tier in tiers]
    with np.errstate(divide="ignore"):
        found = [
            np.power(float(tier.monthly_fee) / before, -elasticity) if before else 1.0
            for tier, before in zip(tiers, usual, strict=True)
        ]
    swayed: Floats = np.minimum(np.array(found), _MOST_SWAYED)
    return swayed
