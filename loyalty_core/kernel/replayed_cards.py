"""What a replay does with prepaid cards: top-ups, payments and what refunds bring back, and their rows.

Money comes onto cards by activities of kind `top_up`, whose value is the amount in minor units of
money; without a value above nothing they put nothing on. What purchases say was paid with stored
value leaves, and never more than is on the card: what is missing is simply not taken. A refund that
names its sale brings back, in proportion, what was taken for it; the bonus with the expiry it had.
An activity `pay_out` gives its value of the principal back to the customer, as far as it is there,
and all of it without a value; it takes no bonus along.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import (
    ADJUST,
    EARN,
    REDEEM,
    REVERSE,
    STORED_VALUE_ACCOUNT,
    STORED_VALUE_ACCOUNTS,
    STORED_VALUE_BONUS_ACCOUNT,
)
from loyalty_core.history import UNKNOWN_VALUE, History
from loyalty_core.kernel.derived import PAID_OUT, RESTORED, STORED_VALUE, TOPPED_UP, DerivedRows
from loyalty_core.kernel.outcomes import Sale
from loyalty_core.kernel.replayed_lots import ReplayedLots
from loyalty_core.kernel.walk import Walk
from loyalty_core.points.lots import Moves, places, summed
from loyalty_core.points.stored_value import CardPayments, PrepaidCards


class ReplayedCards:
    """Drives the cards of one replay, each settled up to the day of a deed before it."""

    def __init__(self, history: History, walk: Walk, rows: DerivedRows):
        self._purchases, self._activities = history.purchases, history.activities
        self._walk, self._rows = walk, rows
        self._payments = CardPayments(len(history.purchases.member))
        self._lots = ReplayedLots(walk, rows, STORED_VALUE_BONUS_ACCOUNT)

    def top_up(self, cards: PrepaidCards, deeds: Ints) -> None:
        """The money that activities put on."""
        deeds = deeds[self._activities.value[self._walk.row[deeds]] > 0]
        who, day, activity = self._walk.member[deeds], self._walk.day[deeds], self._walk.row[deeds]
        done = cards.top_up(who, day, self._activities.value[activity])
        self._lots.note(done.lot, deeds)
        behind = {"at": self._walk.at[deeds], "activity": activity}
        self._rows.entry(EARN, TOPPED_UP, who, day, done.principal, account=STORED_VALUE_ACCOUNT, **behind)
        self._rows.entry(
            EARN,
            TOPPED_UP,
            who,
            day,
            done.bonus,
            account=STORED_VALUE_BONUS_ACCOUNT,
            expires_on=done.bonus_expires_on,
            **behind,
        )

    def pay(self, cards: PrepaidCards, deeds: Ints) -> None:
        """What sales say was paid with stored value, as far as there is any."""
        deeds = deeds[self._purchases.paid_stored_value[self._walk.row[deeds]] > 0]
        if not len(deeds):
            return
        who, day, purchase = self._walk.member[deeds], self._walk.day[deeds], self._walk.row[deeds]
        paid = cards.pay(who, day, self._purchases.paid_stored_value[purchase])
        self._payments.note(purchase, paid, who)
        for account, amount in zip(STORED_VALUE_ACCOUNTS, (paid.principal, paid.bonus), strict=True):
            at = self._walk.at[deeds]
            self._rows.entry(
                REDEEM, STORED_VALUE, who, day, -amount, account=account, at=at, purchase=purchase
            )

    def pay_out(self, cards: PrepaidCards, deeds: Ints) -> None:
        """The principal that customers were given back."""
        who, day, activity = self._walk.member[deeds], self._walk.day[deeds], self._walk.row[deeds]
        value = self._activities.value[activity]
        asked = np.where(value == UNKNOWN_VALUE, cards.principal[who], np.maximum(value, 0))
        paid = cards.pay_out(who, asked)
        at = self._walk.at[deeds]
        self._rows.entry(
            ADJUST, PAID_OUT, who, day, -paid, account=STORED_VALUE_ACCOUNT, at=at, activity=activity
        )

    def bring_back(self, cards: PrepaidCards, deeds: Ints, sale: Sale, amount_minor: Ints) -> None:
        """What refunds of so much bring back of what paid for the sales that they name."""
        of = self._purchases.refund_of[self._walk.row[deeds]]
        principal, lots = self._payments.refund(of, sale.share(amount_minor, self._payments.paid[of]))
        who, day = self._walk.member[deeds], self._walk.day[deeds]
        bonus = summed(cards.bring_back(who, day, principal, lots))
        never = np.full(len(deeds), NEVER)
        self._write_back(deeds, principal, never, STORED_VALUE_ACCOUNT)
        behind = deeds[places(who, bonus.member)]
        self._write_back(behind, bonus.points, bonus.day, STORED_VALUE_BONUS_ACCOUNT)

    def write_expired(self, gone: Moves) -> None:
        """The bonus that went."""
        self._lots.write_expired(gone)

    def _write_back(self, deeds: Ints, amount: Ints, expires_on: Ints, account: str) -> None:
        walk = self._walk
        self._rows.entry(
            REVERSE,
            RESTORED,
            walk.member[deeds],
            walk.day[deeds],
            amount,
            account=account,
            at=walk.at[deeds],
            purchase=walk.row[deeds],
            expires_on=expires_on,
        )
