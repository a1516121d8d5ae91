"""Which rewards members may have at the moment, and at which price: the catalogue's word."""

from __future__ import annotations

import numpy as np

from loyalty_core.history import Flags, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Redeemed
from loyalty_core.rewards.catalogue import Refusal
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import Reward


class Rewards:
    """The rewards of a programme as members choose among them.

    Where each costs everybody the same at any time, a comparison of balance and price tells who may have
    it; else the catalogue is asked for every reward.
    """

    def __init__(self, programme: Programme) -> None:
        self.prices = np.array([programme.point_units(one.points) for one in programme.rewards], np.int64)
        self.plain = all(_is_plain(one) for one in programme.rewards)
        self.least = min((_least(programme, one) for one in programme.rewards), default=0)

    def __len__(self) -> int:
        return len(self.prices)

    def asked_of(self, accounts: Accounts, who: Ints, day: Ints) -> tuple[Ints, Flags | None]:
        """Prices of all rewards (columns) for each member, and which they may have; None for those that
        they can afford."""
        if self.plain:
            return self.prices, None
        tier, shape = accounts.tier[who], (len(who), len(self))
        prices, may = np.empty(shape, np.int64), np.empty(shape, bool)
        for place in range(len(self)):
            reward = np.full(len(who), place)
            prices[:, place] = accounts.catalogue.price(reward, tier, day)
            may[:, place] = accounts.refusals(who, day, reward) == Refusal.NONE
        return prices, may

    def take(self, accounts: Accounts, who: Ints, day: Ints, reward: Ints) -> Redeemed:
        """Let members have the rewards that they chose; what each paid."""
        if not self.plain:
            return accounts.claim(who, day, reward)
        points, nothing = accounts.redeem(who, day, self.prices[reward]), np.zeros(len(who), np.int64)
        return Redeemed(points=points, pending=nothing, available_on=day, expires_on=day)


def _least(programme: Programme, reward: Reward) -> int:
    """Fewer points than this buy it for nobody at no time; 0 where points that wait may do."""
    if reward.same_day_spend is not None:
        return 0
    points = min(reward.points, *reward.points_by_tier.values(), reward.points)
    percent = min((discount.percent for discount in reward.discounts), default=100)
    return programme.point_units(points) * percent // 100


def _is_plain(reward: Reward) -> bool:
    """True where it costs everybody the same at any time."""
    limits = (reward.points_by_tier, reward.minimum_balance, reward.tiers, reward.discounts)
    dates = (reward.first_day, reward.last_day, reward.same_day_spend)
    return not any(limits) and all(date is None for date in dates)
