"""What points buy: the price of a reward and who may have it, points as cash, what partners are owed.

Arrays have one place per claim; `reward` holds places in the programme's list, money is in minor
units, points are in point units.
"""

from __future__ import annotations

from enum import IntEnum
from fractions import Fraction

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, to_day
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import Discount, Reward
from loyalty_core.text import Text

_LARGEST = int(np.iinfo(np.int64).max)
NO_LIMIT = np.iinfo(np.int64).max


class Refusal(IntEnum):
    """Why a member may not have a reward; the first reason that holds, in this order."""

    NONE = 0
    DATES = 1
    TIER = 2
    SPEND = 3
    BALANCE = 4
    PRICE = 5
    STOCK = 6


REFUSALS: dict[Refusal, Text] = {
    Refusal.NONE: Text("may be had", "可以兑换"),
    Refusal.DATES: Text("not offered on that day", "当日不提供"),
    Refusal.TIER: Text("not for that tier", "该等级不可兑换"),
    Refusal.SPEND: Text("too little spent on the day", "当日消费不足"),
    Refusal.BALANCE: Text("the balance is below what the tier must have", "余额低于该等级的最低要求"),
    Refusal.PRICE: Text("not enough points", "积分不足"),
    Refusal.STOCK: Text("none left", "库存不足"),
}


class Catalogue:
    """The rewards of a programme, ready to be asked for by many members at once."""

    def __init__(self, programme: Programme) -> None:
        rewards, tiers = programme.rewards, [tier.name for tier in programme.tiers]
        units = programme.point_units

        def table(cells: list[list[int]]) -> Ints:
            return np.array(cells, np.int64).reshape(len(rewards), len(tiers))

        self._usual = table([[units(r.points_by_tier.get(t, r.points)) for t in tiers] for r in rewards])
        self._minimum = table([[units(r.minimum_balance.get(t, 0)) for t in tiers] for r in rewards])
        self._open = table([[not r.tiers or t in r.tiers for t in tiers] for r in rewards]).astype(bool)
        days = np.array([_window(reward) for reward in rewards], np.int64).reshape(len(rewards), 2)
        self._first, self._last = days.T
        self._spend = np.array([programme.minor(r.same_day_spend or 0) for r in rewards], np.int64)
        self._same_day = np.array([r.same_day_spend is not None for r in rewards], bool)
        self._discounts = [
            (place, discount, np.array([not discount.tiers or t in discount.tiers for t in tiers]))
            for place, reward in enumerate(rewards)
            for discount in reward.discounts
        ]

    @property
    def any_same_day(self) -> bool:
        """True where a reward is tied to the spend of the day."""
        return bool(self._same_day.any())

    def same_day(self, reward: Ints) -> Flags:
        """Which rewards are tied to the spend of the day."""
        tied: Flags = self._same_day[reward]
        return tied

    def price(self, reward: Ints, tier: Ints, day: Ints) -> Ints:
        """Point units that the reward costs a member of that tier on that day: the cheapest discount."""
        usual = self._usual[reward, tier]
        price = usual.copy()
        for place, discount, tiers in self._discounts:
            first, last = _window(discount)
            holds = (reward == place) & tiers[tier] & (day >= first) & (day <= last)
            reduced = -(-usual * discount.percent // 100)  # rounded up
            price = np.where(holds, np.minimum(price, reduced), price)
        return price

    def refusal(
        self,
        reward: Ints,
        tier: Ints,
        day: Ints,
        balance: Ints,
        spent_today_minor: Ints | int = 0,
        points_of_today: Ints | int = 0,
    ) -> Ints:
        """A `Refusal` per claim, but for the stock, which all members share.

        `balance` is what is available. `points_of_today` are those earned on the day that are not
        available yet: a reward tied to the same day's spend takes them all the same.
        """
        usable = balance + np.where(self._same_day[reward], points_of_today, 0)
        reasons = {
            Refusal.DATES: (day < self._first[reward]) | (day > self._last[reward]),
            Refusal.TIER: ~self._open[reward, tier],
            Refusal.SPEND: self._same_day[reward] & (spent_today_minor < self._spend[reward]),
            Refusal.BALANCE: usable < self._minimum[reward, tier],
            Refusal.PRICE: usable < self.price(reward, tier, day),
        }
        return np.select(list(reasons.values()), list(reasons), Refusal.NONE)


def stock_of(programme: Programme) -> Ints:
    """How many there are of each reward; NO_LIMIT where the document does not say."""
    return np.array([NO_LIMIT if r.stock is None else r.stock for r in programme.rewards], np.int64)


class CashRates:
    """Points as cash: minor units of money per point unit, exactly, and the largest share, per tier."""

    def __init__(self, programme: Programme) -> None:
        rule = programme.points_as_cash
        if rule is None:
            raise ValueError(f"{programme.name} takes no points as cash")
        unit = Fraction(10**programme.currency_decimals, 10**programme.point_decimals)
        tiers = [tier.name for tier in programme.tiers]
        self._rates = [Fraction(rule.value_by_tier.get(t, rule.value_per_point)) * unit for t in tiers]
        self._shares = [Fraction(rule.largest_share_by_tier.get(t, rule.largest_share)) for t in tiers]
        self._step = 1 if rule.step is None else programme.point_units(rule.step)

    def most(self, amount_minor: Ints, tier: Ints, balance: Ints) -> Ints:
        """The point units that pay as much of a purchase as the balance and the rules allow.

        Of several numbers of points that are worth as much, the smallest: nobody pays more for nothing.
        """
        found = np.zeros(len(amount_minor), np.int64)
        for place, rate in enumerate(self._rates):
            own = np.flatnonzero(tier == place)
            top, bottom, step = rate.numerator, rate.denominator, self._step
            amount, points = (np.maximum(a[own], 0).astype(object) for a in (amount_minor, balance))
            share = self._shares[place]
            room = amount * share.numerator // share.denominator
            within = (room * bottom + bottom - 1) // top  # the most points worth no more than the room
            most = np.minimum(points, within) // step * step
            worth = most * top // bottom
            fewest = -(-worth * bottom // top)
            found[own] = -(-fewest // step) * step
        return found

    def needed(self, minor: Ints, tier: Ints) -> Ints:
        """The fewest point units, in whole steps, that pay so much money."""
        tops = np.array([rate.numerator for rate in self._rates], object)[tier]
        bottoms = np.array([rate.denominator for rate in self._rates], object)[tier]
        fewest = -(-np.maximum(minor, 0).astype(object) * bottoms // tops)
        points: Ints = (-(-fewest // self._step) * self._step).astype(np.int64)
        return points

    def worth(self, points: Ints, tier: Ints) -> Ints:
        """What so many point units pay, in minor units, rounded down."""
        tops = np.array([rate.numerator for rate in self._rates], object)[tier]
        bottoms = np.array([rate.denominator for rate in self._rates], object)[tier]
        worth: Ints = (points.astype(object) * tops // bottoms).astype(np.int64)
        return worth


def owed_to_partners(programme: Programme, partner: Ints, points: Ints) -> Ints:
    """What the programme owes each of its partners, in minor units, negative where they owe it.

    `points` are the signed entries of members that a partner stands behind: points spent with one who
    accepts them (negative) are owed to that partner, points one issued (positive) by that partner.
    Summed exactly and rounded once per partner, halves up.
    """
    owed = np.zeros(len(programme.partners), np.int64)
    for place, declared in enumerate(programme.partners):
        spent = -int(points[partner == place].astype(object).sum())
        unit = Fraction(10**programme.currency_decimals, 10**programme.point_decimals)
        exact = Fraction(declared.settlement_per_point) * unit * spent
        owed[place] = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return owed


def _window(dated: Reward | Discount) -> tuple[int, int]:
    """First and last day, open where the document names none."""
    first = -int(NEVER) if dated.first_day is None else to_day(dated.first_day)
    return first, int(NEVER) if dated.last_day is None else to_day(dated.last_day)
