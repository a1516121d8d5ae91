"""The till: what a member's sale comes to, how it is paid, and what comes back of it."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome, Refunded, Sale
from loyalty_core.kernel.walk import details_asked
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.cards import Cards
from simulation.coupons import Coupons
from simulation.journal import Journal
from simulation.paying import Purse
from simulation.population import HABITS, Population, Temper
from simulation.season import Clock
from simulation.streams import Streams
from simulation.tier_news import TierNews


class Till:
    """Sales to n members and their refunds, written down in the journal."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        temper: Temper,
        journal: Journal,
        streams: Streams,
        coupons: Coupons,
        cards: Cards,
        news: TierNews,
    ) -> None:
        self._population, self._journal, self._news = population, journal, news
        self._coupons, self._cards = coupons, cards
        self._purse = Purse(arm.behaviour.paying, temper.redeems, population.keys, streams)
        # What coupons took off the sale that each member last made, and off that which comes back.
        self._off, self._off_due = np.zeros((2, len(population) if coupons.any else 0), np.int64)

    def read(self, programme: Programme) -> None:
        """What the rules of a document look at in a sale."""
        self._details = [name for name in details_asked(programme) if name in HABITS]

    def sell(
        self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, price: Ints
    ) -> tuple[Ints, Outcome]:
        """A sale of each member, the `nth`, at that price; what it came to, and what followed from it."""
        if self._coupons.any:
            return self._sell_with_coupons(accounts, who, day, at, nth, price)
        return price, self._sell(accounts, who, day, at, nth, price)

    def _sell_with_coupons(
        self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, price: Ints
    ) -> tuple[Ints, Outcome]:
        """Coupons come off the price first; what is left may bring others."""
        accounts.settle(who, day)
        self._news.settled(accounts)
        coupons = self._coupons
        off = coupons.off_minor(accounts, coupons.sales(accounts, who, day, price), at, nth)
        amount = price - off
        sales = coupons.sales(accounts, who, day, amount)
        bought = self._sell(accounts, who, day, at, nth, amount, off)
        self._off[who] = off
        coupons.rewarded(PURCHASE, sales, at, accounts, bought.tier_before)
        return amount, bought

    def _sell(
        self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, amount: Ints, off: Ints | int = 0
    ) -> Outcome:
        usual = {name: getattr(self._population, name)[who] for name in self._details}
        paid_minor = self._purse.points_minor(accounts, who, day, nth, amount)
        by_points = 0 if paid_minor is None else paid_minor
        by_card = self._cards.pay(accounts, who, day, at, nth, amount - by_points) if self._cards.any else 0
        bought = accounts.buy(who, day, amount, paid_minor, **usual)
        self._journal.sold(who, day, at, nth, amount, off, by_points, by_card)
        self._journal.paid_with_points(who, day, at, nth, bought.paid)
        return bought

    def keep(self, bought: Outcome, returning: Ints) -> None:
        """These members will bring back what they have just bought."""
        self._purse.keep(bought.paid, returning)
        if self._cards.any:
            self._cards.keep(returning)
        if self._coupons.any:
            self._off_due[returning] = self._off[returning]

    def take_back(
        self,
        accounts: Accounts,
        who: Ints,
        day: Ints,
        at: Ints,
        nth: Ints,
        sale: Sale,
        back: Ints,
        refunded: Refunded,
    ) -> None:
        """So much of the `nth` sale of each member comes `back`, and as large a part of what had paid for it
        and of what coupons had taken off."""
        off = self._off_due[who] if self._coupons.any else np.zeros(len(who), np.int64)
        # A sale of nothing, all of which coupons took off, has no parts.
        off = np.where(back < sale.amount_minor, sale.share(back, off), off)
        self._journal.brought_back(who, day, at, nth, sale, back, off)
        self._journal.taken_back(who, day, at, nth, sale, refunded)
        self._journal.restored(day, at, nth, self._purse.brought_back(accounts, who, day, sale, back))
        if self._cards.any:
            self._cards.give_back(accounts, who, day, at, nth, sale, back)

    def close(self, accounts: Accounts, clock: Clock) -> None:
        """What fell due of what is on cards."""
        if self._cards.any:
            self._cards.close(accounts, clock)
