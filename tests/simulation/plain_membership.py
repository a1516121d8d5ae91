"""The tiers that one member of the plain engine buys and renews."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loyalty_core.days import NEVER
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.season import Clock
from simulation.streams import Purpose
from tests.simulation.plain_person import ONE

Luck = Callable[[Purpose, int], float]


class PlainMembership:
    """Which tier the member pays for; `due` (weeks) is when they decide about the next term of it."""

    def __init__(self, arm: Arm, clock: Clock, luck: Luck) -> None:
        self.supposed, self.effects = arm.behaviour.subscribing, arm.effects
        self.clock, self.luck = clock, luck
        self.due, self.tier, self.decided = np.inf, -1, 0
        self.renewable_to = -(10**9)

    def set_out(self, accounts: Accounts, programme: Programme) -> None:
        """With a term that runs, or ended so late that it may still be renewed."""
        for place, tier in enumerate(programme.tiers):
            until = self._until(accounts, place)
            if tier.entry == "paid" and self.clock.first_day - 30 <= until < NEVER:
                day, share = self._decision(until)
                self.tier, self.renewable_to = place, until + 30
                if day >= self.clock.first_day:
                    self._wait(day, share)

    def wanted(self, accounts: Accounts, programme: Programme, day: int, nth: int) -> int | None:
        """The tier that the member buys with a sale, above any that they may renew."""
        lowest = max(accounts.tier[0], self.tier if day <= self.renewable_to else -1)
        luck, upto = self.luck(Purpose.BUYS_TIER, nth), 0.0
        paid = [tier for tier in programme.tiers if tier.entry == "paid"]
        weights = sum(self.supposed.tier(tier.name).weight for tier in paid)
        for place, tier in enumerate(programme.tiers):
            if tier.entry == "paid" and place > lowest:
                share = self.supposed.tier(tier.name).weight / max(weights, 1e-9)
                upto += self.supposed.buys * share * self._swayed(tier, self.effects.fee_buying.size)
                if luck < upto:
                    return place
        return None

    def wants_more(self, accounts: Accounts, programme: Programme, is_active: bool) -> bool:
        """Whether the member, whose turn it is, pays for another term."""
        self.due, tier = np.inf, programme.tiers[self.tier]
        chance = self.supposed.renews if is_active else self.supposed.renews_silent
        chance *= self._swayed(tier, self.effects.fee_renewing.size)
        pays = self.luck(Purpose.RENEWS, self.decided) < chance
        return pays and tier.entry == "paid" and bool(accounts.tier[0] <= self.tier)

    def paid(self, accounts: Accounts, tier: int, day: int) -> None:
        """A fee was paid."""
        self.decided += 1
        until = self._until(accounts, tier)
        self.tier, self.renewable_to, self.due = tier, until + 30, np.inf
        if until < NEVER:
            on, share = self._decision(until)
            self._wait(max(on, day + 1), share)

    def _until(self, accounts: Accounts, tier: int) -> int:
        return int(accounts.standing.holds.until(ONE, np.array([tier]))[0])

    def _decision(self, until: int) -> tuple[int, float]:
        days = self.supposed.renewal_days
        luck = self.luck(Purpose.RENEWS_ON, self.decided) * len(days)
        return until + days[int(luck)], luck - int(luck)

    def _wait(self, day: int, share: float) -> None:
        self.due = np.inf
        if day <= self.clock.last_day:
            begins, ends = float(self.clock.weeks(day)), float(self.clock.weeks(day + 1))
            self.due = begins + share * (ends - begins)

    def _swayed(self, tier: object, elasticity: float) -> float:
        usual = self.supposed.tier(tier.name).usual_price
        if not usual:
            return 1.0
        ratio = float(tier.fee) / tier.fee_months / usual
        return min(float(np.power(ratio, -elasticity)), 1e9) if ratio or not elasticity else 1e9
