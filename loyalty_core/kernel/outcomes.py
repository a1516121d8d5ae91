"""What deeds of members come to, and what a refund has to know of the sale that it takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earner import Earned
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.points.lots import Moves
from loyalty_core.proportion import part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What purchases or activities did, in the order of the members given.

    `earned` are the points of the points account, `by_rule` those of every rule and account; they
    may be spent from `available_on` and are gone on `expires_on`. `lot` numbers them as `Moves.lot`
    does, 0 where nothing was earned or it never expires. `paid` are the points that paid for a part.
    The tier is `tier_before`, what measures then lift it to, and `tier_after` what was given beside
    (a direct entry, an invitation, a fee).
    """

    earned: Ints
    by_rule: Earned
    available_on: Ints
    expires_on: Ints
    lot: Ints
    tier_before: Ints
    tier_lifted: Ints
    tier_after: Ints
    paid: Moves | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """Sales that refunds take back: what they came to, what refunds before took, and what they earned.

    `earned` are point units by account; those of the points account could be spent from
    `available_on` and are gone on `expires_on`.
    """

    amount_minor: Ints
    refunded_minor: Ints
    earned: Mapping[str, Ints]
    available_on: Ints
    expires_on: Ints

    def share(self, amount_minor: Ints, of: Ints) -> Ints:
        """The part of something that a refund of so much takes back: in proportion, in all never too much.

        Rounded down as a running total, so that refunds of the whole sale come to the whole.
        """
        upto = np.minimum(self.refunded_minor + amount_minor, self.amount_minor)
        before = np.minimum(self.refunded_minor, self.amount_minor)
        return _part(of, upto, self.amount_minor) - _part(of, before, self.amount_minor)

    def completed(self, amount_minor: Ints) -> Flags:
        """True where that refund takes back the last of the sale."""
        open_before = self.refunded_minor < self.amount_minor
        whole: Flags = open_before & (self.refunded_minor + amount_minor >= self.amount_minor)
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Point units that refunds took back, by account.

    Of those of the points account `pending` had not been available, but would have been on
    `available_on` and gone on `expires_on`.
    """

    taken: Mapping[str, Ints]
    pending: Ints
    available_on: Ints
    expires_on: Ints

    @property
    def points(self) -> Ints:
        """Those of the points account."""
        return self.taken[POINTS_ACCOUNT]

    @property
    def available(self) -> Ints:
        """Those of the points account that could be spent, or are owed now."""
        points: Ints = self.points - self.pending
        return points


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """Point units that redemptions took.

    Of them `pending` could not be spent yet, but would have been available on `available_on` and gone
    on `expires_on`: a ledger tells them apart by both dates.
    """

    points: Ints
    pending: Ints
    available_on: Ints
    expires_on: Ints


def _part(of: Ints, part: Ints, whole: Ints) -> Ints:
    """of × part ÷ whole, rounded down; all of it where the whole is nothing."""
    return np.where(whole > 0, part_of(of, part, np.maximum(whole, 1)), of)
