"""The standing of members under one programme, moved on by what they do.

This is the kernel that the replay of real history and the simulator both drive; no rule is applied
anywhere else. A call takes many members at once, each at most once, so a caller advances "the k-th
purchase of everybody" together. Members never touch each other: any split of them, and any order
between members, gives the same. For one member, days only go forward.

The order of a day: tiers are reviewed at its start, points whose `expires_on` it is are gone from
its start, and what a purchase does comes after.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from loyalty_core.days import add_months
from loyalty_core.history import NEVER, Ints
from loyalty_core.lots import Lots, Moves, joined_moves
from loyalty_core.points import EarningRates
from loyalty_core.programme import Programme
from loyalty_core.qualifying import QualifyingSpend
from loyalty_core.tiers import reviewed, tier_for, upgraded


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What purchases did, in the order of the members given: points earned, their expiry, tiers.

    `lot` numbers the points as `Moves.lot` does, 0 where nothing was earned or it never expires.
    """

    earned: Ints
    expires_on: Ints
    tier_before: Ints
    tier_after: Ints
    lot: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMoves:
    """Members whose tier a review changed, and the tiers before and after."""

    member: Ints
    from_tier: Ints
    to_tier: Ints

    def __len__(self) -> int:
        return len(self.member)


class Accounts:
    """Tier, balance, lots and qualifying spend of n members, as arrays.

    `joined_on` and `left_on` (NEVER while enrolled) only limit who is reviewed: purchases are to be
    brought by the caller while their member is enrolled. Everybody starts in the lowest tier with
    no points.
    """

    def __init__(self, programme: Programme, joined_on: Ints, left_on: Ints | None = None):
        self.programme = programme
        self.joined_on = np.asarray(joined_on, np.int32)
        self.n = len(self.joined_on)
        self.left_on = np.full(self.n, NEVER) if left_on is None else np.asarray(left_on, np.int32)
        self.thresholds = np.array(programme.thresholds_minor, np.int64)
        self.tier: Ints = np.zeros(self.n, np.int32)
        self.lots = Lots(self.n)
        self.spend = QualifyingSpend(programme.qualification, self.n)
        self._rates = EarningRates.of(programme)
        self._unreported: list[Moves] = []

    @property
    def balance(self) -> Ints:
        """Point units each member holds; lots that fell due since the member's last call still count."""
        return self.lots.balance

    def copy(self) -> Accounts:
        """The same standing once more, to be moved on independently."""
        return deepcopy(self)

    def qualifying(self, who: Ints, day: Ints | int) -> Ints:
        """Spend in each member's window that ends with `day`, minor units."""
        return self.spend.as_of(who, _days(day, who))

    def expire(self, who: Ints, day: Ints | int) -> Moves:
        """Let points go whose `expires_on` is on or before `day`: a move per lot, dated on it.

        Includes the moves of members whose expiry another call came upon, so that each expiry is
        reported once and none is lost.
        """
        self._expire(who, _days(day, who))
        moves, self._unreported = joined_moves(self._unreported), []
        return moves

    def buy(self, who: Ints, day: Ints | int, amount_minor: Ints) -> Bought:
        """A sale to each member: earns at the tier before it, then may lift the tier (`at_once`)."""
        days = _days(day, who)
        self._expire(who, days)
        before = self.tier[who]
        earned = self._rates.earned(amount_minor, before)
        expires_on = self.expiry(days)
        lot = self.lots.add(who, earned, expires_on)
        spend = self.spend.add(who, days, amount_minor)
        after = before
        if self.programme.qualification.upgrade == "at_once":
            after = upgraded(before, tier_for(spend, self.thresholds))
            self.tier[who] = after
        return Bought(earned=earned, expires_on=expires_on, tier_before=before, tier_after=after, lot=lot)

    def refund(self, who: Ints, day: Ints | int, amount_minor: Ints) -> Ints:
        """A refund (amounts positive) to each member; the point units clawed back.

        First form: the qualifying spend falls on the day of the refund, which lowers no tier before
        the next review, and the points go back that the amount would earn at the member's present
        tier, oldest expiry first and within the balance.
        """
        days = _days(day, who)
        self.spend.add(who, days, -amount_minor)
        return self.redeem(who, days, self._rates.earned(amount_minor, self.tier[who]))

    def grant(self, who: Ints, day: Ints | int, points: Ints, expires_on: Ints) -> Ints:
        """Points that no purchase earned, gone on `expires_on` (NEVER if they stay); the lots' numbers."""
        self._expire(who, _days(day, who))
        return self.lots.add(who, points, expires_on)

    def redeem(self, who: Ints, day: Ints | int, points: Ints) -> Ints:
        """Spend points, oldest expiry first; what was taken, which is never more than the balance."""
        self._expire(who, _days(day, who))
        return self.lots.take(who, points)

    def review(self, day: int) -> TierMoves:
        """Review everybody who joined before `day` and has not left before it, at the start of `day`.

        What counts is the window that ends the day before: rolling, the N months up to it; calendar,
        its year, which on 1 January is the year that just ended and later the running year.
        """
        who = np.flatnonzero((self.joined_on < day) & (self.left_on >= day))
        before = self.tier[who]
        earned = tier_for(self.qualifying(who, day - 1), self.thresholds)
        after = reviewed(before, earned, self.programme.qualification)
        self.tier[who] = after
        moved = after != before
        return TierMoves(member=who[moved], from_tier=before[moved], to_tier=after[moved])

    def expiry(self, day: Ints) -> Ints:
        """The first day on which points earned on each day are gone, int32; NEVER if they stay."""
        months = self.programme.expiry.months
        return np.full(len(day), NEVER) if months is None else add_months(day, months)

    def _expire(self, who: Ints, day: Ints) -> None:
        moves = self.lots.expire(who, day)
        if len(moves):
            self._unreported.append(moves)


def _days(day: Ints | int, who: Ints) -> Ints:
    return np.broadcast_to(np.asarray(day, np.int32), who.shape)
