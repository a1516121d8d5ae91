"""Which rewards members may have at the moment, and at which price: the catalogue's word."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Redeemed
from loyalty_core.rewards.catalogue import Refusal
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import Reward
from simulation.behaviour import NOTHING, Redeeming, chosen_rewards, progress_between, reward_weights
from simulation.effects import Effects
from simulation.responses import most_redeeming_odds, redeeming_odds

_BRACKETS = 128  # of balances, each a thirty-second of the dearest price wide; the last has no end
_A_HAIR = 1e-9  # more than rounding can bring about


class Rewards:
    """The rewards of a programme as members choose among them.

    Where each costs everybody the same at any time, a comparison of balance and price tells who may have
    it; else the catalogue is asked for every reward.
    """

    def __init__(self, programme: Programme, redeeming: Redeeming, effects: Effects) -> None:
        self._redeeming, self._effects = redeeming, effects
        self.prices = np.array([programme.point_units(one.points) for one in programme.rewards], np.int64)
        self._goals, self._top = np.unique(self.prices), len(programme.tiers) - 1
        self.plain = all(_is_plain(one) for one in programme.rewards)
        self.least = min((_least(programme, one) for one in programme.rewards), default=0)

        self._step, self._most = self._brackets()

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

    def tempted(self, balance: Ints, luck: Floats) -> Ints:
        """Positions of those whose luck may make them take something, whatever else there is to know.

        Nobody is left out who would take anything: it saves asking all the others.
        """
        return (luck <= self._most[np.minimum(balance // self._step, _BRACKETS)]).nonzero()[0]

    def chosen(
        self, accounts: Accounts, who: Ints, day: Ints, luck: Floats, there: Flags | None
    ) -> tuple[Ints, Ints]:
        """Positions of those members who take a reward, and which; `there` tells what is left."""
        prices, may = self.asked_of(accounts, who, day)
        odds, balance = self._odds(accounts, who, day), accounts.balance[who]
        chosen = chosen_rewards(self._redeeming, balance, prices, luck, there, may, odds)
        some = (chosen != NOTHING).nonzero()[0]
        return some, chosen[some]

    def take(self, accounts: Accounts, who: Ints, day: Ints, reward: Ints) -> Redeemed:
        """Let members have the rewards that they chose; what each paid."""
        if not self.plain:
            return accounts.claim(who, day, reward)
        points, nothing = accounts.redeem(who, day, self.prices[reward]), np.zeros(len(who), np.int64)
        return Redeemed(points=points, pending=nothing, available_on=day, expires_on=day)

    def _odds(self, accounts: Accounts, who: Ints, day: Ints) -> Floats | None:
        """The factor of each member's odds to redeem; None where it is 1 for all."""
        soon = ahead = None
        if self._effects.expiry_redemption.active:
            soon = accounts.points.any_going(who, day + np.int32(self._effects.expiry_window.size))
        if self._effects.saving_up.active:
            ahead = progress_between(accounts.balance[who], self._goals)
        return redeeming_odds(self._effects, soon, ahead, accounts.tier[who])

    def _brackets(self) -> tuple[int, Floats]:
        """The width of a bracket of balances, and the largest chance to take anything in each of them.

        1 where it is not known: past the last bracket, where not all rewards are plain, and where a larger
        balance makes less eager.
        """
        most = np.ones(_BRACKETS + 1)
        if not len(self) or not self.plain or self._redeeming.eagerness < 0:
            return 1, most
        step = max(1, 4 * int(self.prices.max()) // _BRACKETS)
        ends = step * np.arange(1, _BRACKETS + 1)
        odds = reward_weights(self._redeeming, ends, self.prices).sum(axis=0)
        odds *= most_redeeming_odds(self._effects, self._top) * (1 + _A_HAIR)
        most[:-1] = odds / (1 + odds)
        return step, most


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
