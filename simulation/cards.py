"""Prepaid cards in a run: who has one, when money is put on it, and the sales that it pays for.

What a top-up gives and what a payment takes is the programme's word (`PrepaidCards`). Whoever has a card and
would buy for more than is on it may put money on it first, and may then pay with it as far as it goes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.facts import (
    EARN,
    EXPIRE,
    REDEEM,
    REVERSE,
    STORED_VALUE_ACCOUNT,
    STORED_VALUE_ACCOUNTS,
    STORED_VALUE_BONUS_ACCOUNT,
)
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Sale
from loyalty_core.points.lots import places, summed
from loyalty_core.points.stored_value import CardPayments
from simulation.arm import Arm
from simulation.journal import NO_SALE, Journal
from simulation.population import Population
from simulation.season import Clock
from simulation.streams import Purpose, Streams


class Cards:
    """The cards of n members, each paying for at most one sale that will come back."""

    def __init__(
        self, population: Population, arm: Arm, accounts: Accounts, journal: Journal, streams: Streams
    ) -> None:
        self._storing, self._keys = arm.behaviour.storing, population.keys
        self._journal, self._streams = journal, streams
        self.any = self._storing.holders > 0  # whether anybody uses a card
        if not self.any:
            return
        self._holds = streams.uniform(Purpose.HOLDS_CARD, self._keys) < self._storing.holders
        self._holds |= accounts.open_cards().balance > 0
        self._amounts = np.array([arm.programme.minor(one) for one in self._storing.amounts], np.int64)
        self._payments = CardPayments(len(population))  # of each member's one sale that will come back

    def too_little(
        self, accounts: Accounts, who: Ints, day: Ints, nth: Ints, price: Ints
    ) -> tuple[Ints, Ints]:
        """Positions of those who put money on their cards before their `nth` sale, and how much."""
        accounts.settle(who, day)
        short = np.flatnonzero(self._holds[who] & (accounts.open_cards().balance[who] < price))
        keys, ordinal = self._keys[who[short]], nth[short]
        tops_up = self._streams.uniform(Purpose.TOPS_UP, keys, ordinal) < self._storing.tops_up
        size = self._streams.uniform(Purpose.TOP_UP_SIZE, keys, ordinal)[tops_up]
        return short[tops_up], self._amounts[(size * len(self._amounts)).astype(np.int64)]

    def put_on(self, accounts: Accounts, who: Ints, day: Ints, at: Ints, amount: Ints) -> None:
        """Money that members put on their cards, and what they are given with it."""
        done = accounts.open_cards().top_up(who, day, amount)
        nth, gone = np.full(len(who), NO_SALE), done.bonus_expires_on
        enter = self._journal.enter_other
        enter(STORED_VALUE_ACCOUNT, who, day, at, EARN, done.principal, nth)
        enter(STORED_VALUE_BONUS_ACCOUNT, who, day, at, EARN, done.bonus, nth, gone)

    def pay(self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, owed: Ints) -> Ints:
        """What cards pay of what each sale still owes; settle first."""
        cards = accounts.open_cards()
        luck = self._streams.uniform(Purpose.PAYS_BY_CARD, self._keys[who], nth)
        pays = self._holds[who] & (luck < self._storing.pays) & (cards.balance[who] > 0) & (owed > 0)
        some = np.flatnonzero(pays)
        payers, self._paid = who[some], cards.pay(who[some], day[some], owed[some])
        self._payers = payers
        for account, amount in zip(
            STORED_VALUE_ACCOUNTS, (self._paid.principal, self._paid.bonus), strict=True
        ):
            self._journal.enter_other(account, payers, day[some], at[some], REDEEM, -amount, nth[some])
        by_card = np.zeros(len(who), np.int64)
        by_card[some] = self._paid.total
        return by_card

    def keep(self, returning: Ints) -> None:
        """These members will bring back what they have just paid for."""
        mine = np.isin(self._payers, returning)
        who, paid = self._payers[mine], self._paid
        lots = paid.bonus_lots.part(np.isin(paid.bonus_lots.member, who))
        kept = replace(
            paid, principal=paid.principal[mine], bonus=paid.bonus[mine], bonus_lots=lots, low=paid.low[mine]
        )
        self._payments.refunded[returning], self._payments.paid[returning] = 0, 0
        self._payments.note(who, kept, who)

    def give_back(
        self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, sale: Sale, back: Ints
    ) -> None:
        """What had been paid by card for so much of the sales as members bring back."""
        principal, lots = self._payments.refund(who, sale.share(back, self._payments.paid[who]))
        bonus = summed(accounts.open_cards().bring_back(who, day, principal, lots))
        enter, of = self._journal.enter_other, places(who, bonus.member)
        enter(STORED_VALUE_ACCOUNT, who, day, at, REVERSE, principal, nth)
        who, day, at, nth = who[of], day[of], at[of], nth[of]
        enter(STORED_VALUE_BONUS_ACCOUNT, who, day, at, REVERSE, bonus.points, nth, bonus.day)

    def close(self, accounts: Accounts, clock: Clock) -> None:
        """The bonus that was gone by now; settle first."""
        gone = accounts.expired_bonus()
        at, nth = clock.midnight(gone.day), np.full(len(gone), NO_SALE)
        enter = self._journal.enter_other
        enter(STORED_VALUE_BONUS_ACCOUNT, gone.member, gone.day, at, EXPIRE, -gone.points, nth)
