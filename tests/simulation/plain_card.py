"""The prepaid card of one member, written for reading; see `plain_member`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from loyalty_core.kernel.accounts import Accounts
from loyalty_core.points.stored_value import CardPayments, PrepaidCards
from simulation.behaviour import Storing
from simulation.streams import Purpose

ONE = np.zeros(1, np.int64)
NO_SALE, NEVER = -1, int(np.iinfo(np.int32).max)


class PlainCard:
    """What happens to the money on a card; `enter` writes an entry of an account, `luck` draws."""

    def __init__(
        self,
        storing: Storing,
        accounts: Accounts,
        amounts: list[int],
        enter: Callable[..., None],
        luck: Callable[[Purpose, int], float],
    ) -> None:
        self.storing, self.amounts, self.enter, self.luck = storing, amounts, enter, luck
        has_money = self.cards(accounts).balance[0] > 0
        self.held = has_money or luck(Purpose.HOLDS_CARD, 0) < storing.holders

    @staticmethod
    def cards(accounts: Accounts) -> PrepaidCards:
        return accounts.open_cards()

    def wanted(self, accounts: Accounts, nth: int, price: int) -> int:
        """What the member puts on the card before a sale; 0 for nothing."""
        if not self.held or self.cards(accounts).balance[0] >= price:
            return 0
        if self.luck(Purpose.TOPS_UP, nth) >= self.storing.tops_up:
            return 0
        return self.amounts[int(self.luck(Purpose.TOP_UP_SIZE, nth) * len(self.amounts))]

    def put_on(self, accounts: Accounts, day: int, at: int, money: int) -> None:
        done = self.cards(accounts).top_up(ONE, np.array([day], np.int32), np.array([money]))
        self.enter("stored_value", day, at, "earn", int(done.principal[0]), NO_SALE)
        gone = int(done.bonus_expires_on[0])
        self.enter("stored_value_bonus", day, at, "earn", int(done.bonus[0]), NO_SALE, gone)

    def pay(self, accounts: Accounts, day: int, at: int, nth: int, owed: int) -> int:
        self.payment = None
        has_money = self.cards(accounts).balance[0] > 0
        if not (self.held and has_money and owed > 0):
            return 0
        if self.luck(Purpose.PAYS_BY_CARD, nth) >= self.storing.pays:
            return 0
        self.payment = self.cards(accounts).pay(ONE, np.array([day], np.int32), np.array([owed]))
        self.enter("stored_value", day, at, "redeem", -int(self.payment.principal[0]), nth)
        self.enter("stored_value_bonus", day, at, "redeem", -int(self.payment.bonus[0]), nth)
        return int(self.payment.total[0])

    def keep(self) -> None:
        """The sale that was just paid will come back."""
        self.due = CardPayments(1)
        if self.payment is not None:
            self.due.note(ONE, self.payment, ONE)

    def give_back(self, accounts: Accounts, day: int, at: int, nth: int, of: Callable[[int], int]) -> None:
        """`of` tells which part of something comes back."""
        principal, lots = self.due.refund(ONE, np.array([of(int(self.due.paid[0]))]))
        back = self.cards(accounts).bring_back(ONE, np.array([day], np.int32), principal, lots)
        self.enter("stored_value", day, at, "reverse", int(principal[0]), nth)
        by_expiry = Counter()
        for gone, bonus in zip(back.day.tolist(), back.points.tolist(), strict=True):
            by_expiry[gone] += bonus
        for gone in sorted(by_expiry):
            self.enter("stored_value_bonus", day, at, "reverse", by_expiry[gone], nth, gone)
