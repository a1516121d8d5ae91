"""What a replay keeps of sales for the refunds that name them: what they earned, and the points that paid."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import Purchases
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.points.lots import NO_MOVES, Moves
from loyalty_core.points.paid_lots import PaidLots
from loyalty_core.rules.programme import Programme


class ReplayedSales:
    """Sales by their places among the purchases; nothing is kept of them where no refund names one.

    `takes_points` is true where points may pay for them, under any of the programmes.
    """

    def __init__(self, purchases: Purchases, programmes: tuple[Programme, ...]):
        self._purchases = purchases
        self._named = bool((purchases.refund_of >= 0).any())
        cash = any(one.points_as_cash for one in programmes)
        self.takes_points = cash and bool(purchases.paid_points.any())
        n = len(purchases.member) if self._named else 0
        rules = [rule for one in programmes for rule in one.earning.all_rules]
        accounts = dict.fromkeys([POINTS_ACCOUNT, *(rule.account for rule in rules)])
        self._earned = {name: np.zeros(n, np.int64) for name in accounts}
        self._available_on, self._expires_on = np.zeros(n, np.int32), np.zeros(n, np.int32)
        self._refunded, self._sold = np.zeros(n, np.int64), np.zeros(n, bool)
        self._paid = PaidLots(len(purchases.member) if self.takes_points else 0)

    @property
    def accounts(self) -> Collection[str]:
        """The accounts that any of the programmes knows."""
        return self._earned.keys()

    def note(self, rows: Ints, who: Ints, bought: Outcome) -> None:
        """What sales to these members came to."""
        if bought.paid is not None and len(bought.paid):
            self._paid.add(bought.paid, who, rows)
        if self._named:
            self._sold[rows] = True
            for name in self._earned:
                self._earned[name][rows] = bought.by_rule.total(name)
            self._available_on[rows], self._expires_on[rows] = bought.available_on, bought.expires_on

    def points_spent(self, rows: Ints) -> Ints:
        """Point units that paid for a part of each sale; only where it `takes_points`."""
        return self._paid.spent[rows]

    def named_by(self, refunds: Ints) -> Ints:
        """The sale that each refund names, -1 for none."""
        return self._purchases.refund_of[refunds]

    def sale(self, of: Ints) -> Sale:
        """The sales as a refund finds them."""
        return Sale(
            # Sales outside the membership earned and counted nothing: there is nothing to take back.
            amount_minor=np.where(self._sold[of], self._purchases.amount[of], 0),
            refunded_minor=self._refunded[of],
            earned={name: points[of] for name, points in self._earned.items()},
            available_on=self._available_on[of],
            expires_on=self._expires_on[of],
        )

    def bring_back(self, of: Ints, sale: Sale, amount_minor: Ints) -> Moves:
        """The points that paid for what is refunded, by lot, in proportion to so much of each sale."""
        if not len(self._paid):
            return NO_MOVES
        return self._paid.bring_back(of, sale.share(amount_minor, self._paid.spent[of]))

    def count_refund(self, of: Ints, amount_minor: Ints) -> None:
        """So much of each sale is taken back from now on."""
        self._refunded[of] += amount_minor
