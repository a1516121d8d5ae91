"""Prepaid cards: money put in (principal) and given on top (bonus), in minor units, kept apart.

Shares of an amount that are no whole number of minor units are rounded so that the bonus is the
smaller and the principal, which is the customer's own money, the larger: the bonus of a top-up, the
bonus part of a payment in proportion, and what of it comes back are rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import STORED_VALUE_ACCOUNT
from loyalty_core.points.expiring import expires_on
from loyalty_core.points.lots import Moves, joined_moves
from loyalty_core.points.paid_lots import PaidLots
from loyalty_core.points.wallet import NO_LOT, Settled, Wallet
from loyalty_core.proportion import part_of
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUps:
    """What top-ups put on cards, in the order of the members given; `lot` numbers the bonus."""

    principal: Ints
    bonus: Ints
    bonus_expires_on: Ints
    lot: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """What payments took from cards, in the order of the members given; `bonus_lots` of which bonus.

    `low` is true where the balance fell below the mark of the programme.
    """

    principal: Ints
    bonus: Ints
    bonus_lots: Moves
    low: Flags

    @property
    def total(self) -> Ints:
        """All that was paid."""
        paid: Ints = self.principal + self.bonus
        return paid


class PrepaidCards:
    """The stored value of n members. Every call names each member at most once.

    As with `Wallet`, `settle` has been called for a day before anything else of that day. A card is
    never overdrawn. What of the bonus is left when principal is paid out stays. Cards that are to come
    under another programme must be told to `remember`.
    """

    def __init__(self, programme: Programme, n: int, remember: bool = False):
        self._rule = programme.stored_value
        self._steps = _BonusSteps.of(programme)
        self._low = programme.minor(self._rule.low_balance)
        self.principal: Ints = np.zeros(n, np.int64)
        self.bonus = Wallet(n, self._rule.bonus_expiry.inactivity_months, remember)

    @property
    def balance(self) -> Ints:
        """Principal and bonus of each member together."""
        both: Ints = self.principal + self.bonus.balance
        return both

    def under(self, programme: Programme, day: int) -> PrepaidCards:
        """The same cards as they go on under another programme from the start of `day`.

        Settle the day before first. The bonus keeps the expiry that it was promised.
        """
        new = PrepaidCards(programme, 0)
        new.principal, new.bonus = self.principal, self.bonus
        new.bonus.change_inactivity(new._rule.bonus_expiry.inactivity_months, day)
        return new

    def settle(self, who: Ints, day: Ints) -> Settled:
        """Let the bonus go that is gone by the start of `day`."""
        return self.bonus.settle(who, day)

    def top_up(self, who: Ints, day: Ints, amount_minor: Ints) -> TopUps:
        """Money put on each card, with the bonus of the largest step that it reaches."""
        bonus, gone = self._steps.bonus(amount_minor), expires_on(self._rule.bonus_expiry, day)
        self.principal[who] += amount_minor
        lot = self.bonus.credit(who, day, bonus, gone)
        self.bonus.touch(who, day)
        return TopUps(principal=amount_minor, bonus=bonus, bonus_expires_on=gone, lot=lot)

    def pay(self, who: Ints, day: Ints, amount_minor: Ints) -> Payments:
        """Pay from each card: what was wanted, and never more than is on it."""
        before = self.balance[who]
        paid = np.minimum(amount_minor, before)
        bonus = self._bonus_part(paid, self.principal[who], before)
        lots = self.bonus.spend(who, bonus)
        self.bonus.touch(who, day)
        self.principal[who] -= paid - bonus
        low = (before >= self._low) & (before - paid < self._low)
        return Payments(principal=paid - bonus, bonus=bonus, bonus_lots=lots, low=low)

    def bring_back(self, who: Ints, day: Ints, principal: Ints, bonus: Moves) -> Moves:
        """A refund of payments (see `CardPayments`); the bonus that came back, without what lapsed."""
        self.principal[who] += principal
        order = np.argsort(who)
        at = order[np.searchsorted(who, bonus.member, sorter=order)]
        back = self.bonus.restore(bonus.member, day[at], bonus.points, bonus.day)
        return replace(bonus, points=back)

    def pay_out(self, who: Ints, amount_minor: Ints) -> Ints:
        """Principal given back to each customer, as far as there is any; what was paid out."""
        paid: Ints = np.minimum(amount_minor, self.principal[who])
        self.principal[who] -= paid
        return paid

    def decide(self, who: Ints, day: Ints, amount_minor: Ints, account: str, expires_on: Ints) -> None:
        """What a ledger puts on one of the two accounts, or (negative) takes off it as far as it is there.

        Bonus comes with the expiry that is told, and leaves from the lot that it names, then the oldest.
        """
        comes = amount_minor > 0
        puts, takes = np.where(comes, amount_minor, 0), np.where(comes, 0, -amount_minor)
        if account == STORED_VALUE_ACCOUNT:
            self.principal[who] += puts
            self.pay_out(who, takes)
            return
        self.bonus.credit(who[comes], day[comes], puts[comes], expires_on[comes])
        self.bonus.take_back(who, takes, np.where(expires_on < NEVER, expires_on, NO_LOT))

    def _bonus_part(self, paid: Ints, principal: Ints, balance: Ints) -> Ints:
        part: Ints
        match self._rule.consumption:
            case "principal_first":
                part = np.maximum(paid - principal, 0)
            case "bonus_first":
                part = np.minimum(paid, balance - principal)
            case _:
                part = part_of(paid, balance - principal, np.maximum(balance, 1))
        return part


class CardPayments:
    """What n payments took from cards, so that refunds bring it back in the proportion it was paid.

    After refunds of r out of p paid, floor(bonus × r ÷ p) of the bonus has come back, the last spent
    first, and the rest is principal; after all of it, all.
    """

    def __init__(self, n: int):
        self.paid: Ints = np.zeros(n, np.int64)
        self.refunded: Ints = np.zeros(n, np.int64)
        self._bonus: Ints = np.zeros(n, np.int64)
        self._lots = PaidLots(n)

    def note(self, payment: Ints, paid: Payments, who: Ints) -> None:
        """The payments of the members given, each once."""
        self.paid[payment] = paid.total
        self._bonus[payment] = paid.bonus
        if len(paid.bonus_lots):
            self._lots.add(paid.bonus_lots, who, payment)

    def refund(self, payment: Ints, amount_minor: Ints) -> tuple[Ints, Moves]:
        """Principal that comes back for each payment, and bonus by lot; never more in all than was paid."""
        before, paid = self.refunded[payment], self.paid[payment]
        after = np.minimum(before + amount_minor, paid)
        self.refunded[payment] = after
        bonus, some = self._bonus[payment], np.maximum(paid, 1)
        back = part_of(after, bonus, some) - part_of(before, bonus, some)
        lots = self._lots.bring_back(payment, back) if len(self._lots) else joined_moves([])
        return after - before - back, lots


@dataclass(frozen=True, slots=True)
class _BonusSteps:
    """The steps of a programme from the smallest: from which amount, a fixed bonus and a share of it."""

    from_minor: Ints
    fixed_minor: Ints
    tops: Ints
    bottoms: Ints

    @classmethod
    def of(cls, programme: Programme) -> _BonusSteps:
        rules = sorted(programme.stored_value.bonuses, key=lambda rule: rule.from_amount)
        shares = [Fraction(rule.bonus_share) for rule in rules]
        # Below the first step there is no bonus.
        return cls(
            np.array([programme.minor(rule.from_amount) for rule in rules], np.int64),
            np.array([0, *(programme.minor(rule.bonus) for rule in rules)], np.int64),
            np.array([0, *(part.numerator for part in shares)], np.int64),
            np.array([1, *(part.denominator for part in shares)], np.int64),
        )

    def bonus(self, amount_minor: Ints) -> Ints:
        """The bonus of each top-up: of the largest step that it reaches, fixed and share together."""
        step = np.searchsorted(self.from_minor, amount_minor, side="right")
        bonus: Ints = self.fixed_minor[step] + part_of(amount_minor, self.tops[step], self.bottoms[step])
        return bonus
