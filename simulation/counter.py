"""The counter: the rewards that members take after a sale, and what follows from it."""

from __future__ import annotations

from loyalty_core.arrays import Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.choices import Rewards
from simulation.coupons import Coupons
from simulation.journal import Journal
from simulation.limits import Closing
from simulation.streams import Draws, Keys, Purpose, Streams
from simulation.waiting import Waiting

_A_SECOND_US = 1_000_000  # after the sale that allows a reward


class Counter:
    """Rewards handed out to members, written down in the journal; `closing` tells which are not left, None
    where there are always enough."""

    def __init__(
        self, arm: Arm, keys: Keys, waiting: Waiting, journal: Journal, coupons: Coupons, streams: Streams
    ) -> None:
        self._redeeming, self._effects = arm.behaviour.redeeming, arm.effects
        self._waiting, self._journal, self._coupons = waiting, journal, coupons
        self.draws = Draws(streams, keys, {Purpose.REDEMPTION: 0})
        self.closing: Closing | None = None

    def read(self, programme: Programme) -> None:
        """The rewards of a document, and their prices."""
        self._rewards = Rewards(programme, self._redeeming, self._effects)

    def serve(
        self, accounts: Accounts, who: Ints, weeks: Floats, day: Ints, at: Ints, nth: Ints, rank: Ints
    ) -> None:
        """After their `nth` sale some of those who can afford a reward take one; of those whose turn comes at
        one instant the lowest in `rank` (of everybody in the run) is first."""
        if not len(self._rewards):
            return
        balance = accounts.balance[who]
        able = (self._waiting.temper.redeems[who] & (balance >= self._rewards.least)).nonzero()[0]
        (luck,) = self.draws.uniform(who[able], nth[able])
        tempted = self._rewards.tempted(balance[able], luck)
        able, luck = able[tempted], luck[tempted]
        if not len(able):
            return
        then = at[able] + _A_SECOND_US
        there = None if self.closing is None else self.closing.open(then, rank[who[able]])
        chosen, reward = self._rewards.chosen(accounts, who[able], day[able], luck, there)
        if len(chosen):
            some = able[chosen]
            self._take(accounts, who[some], weeks[some], day[some], then[chosen], nth[some], reward)

    def _take(
        self, accounts: Accounts, who: Ints, weeks: Floats, day: Ints, at: Ints, nth: Ints, reward: Ints
    ) -> None:
        """Members have the rewards that they chose."""
        self._waiting.responses.redeemed(who, weeks)
        self._waiting.head_start.over(who)
        before = accounts.tier[who]
        paid = self._rewards.take(accounts, who, day, reward)
        after = accounts.tier[who]
        up = (after != before).nonzero()[0]
        self._journal.change_tiers(who[up], day[up], at[up], before[up], after[up])
        self._coupons.entered(who, day, at, before, after)
        self._journal.redeemed(who, day, at, nth, reward, paid)
