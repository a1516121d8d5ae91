"""What members pay at the till beside money: points, where the programme takes them as cash."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Sale
from loyalty_core.points.lots import Moves, joined_moves, places, summed
from loyalty_core.points.paid_lots import PaidLots
from simulation.behaviour import Paying
from simulation.streams import Keys, Purpose, Streams


class Purse:
    """How n members pay, and the points behind a sale that they will bring back. Of those who ever redeem,
    some pay with as many points as tier, share of the price and balance allow."""

    def __init__(self, paying: Paying, redeems: Flags, keys: Keys, streams: Streams) -> None:
        self._share, self._redeems, self._keys, self._streams = paying.with_points, redeems, keys, streams
        self._behind = PaidLots(len(keys))  # by member: each has at most one sale to bring back

    def points_minor(
        self, accounts: Accounts, who: Ints, day: Ints, nth: Ints, amount_minor: Ints
    ) -> Ints | None:
        """What of each sale will be paid with points, in minor units; None where nobody ever does."""
        cash = accounts.held.cash
        if cash is None or not self._share:
            return None
        luck = self._streams.uniform(Purpose.PAYS_WITH_POINTS, self._keys[who], nth)
        pays = (self._redeems[who] & (luck < self._share)).nonzero()[0]
        accounts.settle(who[pays], day[pays])
        tier, balance = accounts.tier[who[pays]], accounts.balance[who[pays]]
        paid = np.zeros(len(who), np.int64)
        paid[pays] = cash.worth(cash.most(amount_minor[pays], tier, balance), tier)
        return paid

    def keep(self, paid: Moves | None, who: Ints) -> None:
        """These members will bring back what they paid for with some of these lots."""
        if paid is None or not len(paid):
            return
        mine = paid.part(np.isin(paid.member, who))
        if len(mine):
            self._behind.add(mine, who, who)

    def brought_back(self, accounts: Accounts, who: Ints, day: Ints, sale: Sale, back: Ints) -> Moves:
        """The points that paid for so much of sales as members bring back return as the programme has it: a
        row for each member and expiry, `lot` the place in `who`. Those that stay spent are never asked for
        again: the last spent come back first."""
        if not len(self._behind):
            return joined_moves([])
        lots = self._behind.bring_back(who, sale.share(back, self._behind.spent[who]))
        self._behind.spent[who] = 0
        place = places(who, lots.member)
        given = summed(accounts.give_back(lots, day[place]))
        return replace(given, lot=places(who, given.member))
