"""One account of n members: points that are available, pending or owed, and what may become of them.

Three things are kept apart: lots that may be spent (`Lots`), lots that wait for the day from which
they may be, and a gap where a claw-back took more than was there. Rules that need a decision:

* On a day, what becomes available comes first, then what expires, then what a member does.
* Expiry is counted from earning. A lot that would be gone before it is available becomes available
  and is gone on the same day, so that what was issued can be told from what was not.
* Who owes points has none: what comes in fills the gap first, out of the lot that came in.
* Points with the same dates are alike, so a claw-back names its lot by the dates. It takes what is
  still pending, then what is left with that expiry, then the oldest points: a purchase that is made
  and returned must not put off the expiry of other points.
* Inactivity takes all that is available on its day (`InactivityClocks`); pending points are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.points.inactivity import InactivityClocks
from loyalty_core.points.lots import NO_MOVES, Lots, Moves, joined_moves
from loyalty_core.points.pending_lots import PendingLots
from loyalty_core.rounds import each_once

ClawBack = Literal["within_balance", "pending_only", "allow_negative"]
NO_LOT = np.int32(-1)  # an expiry that no lot has: of points taken back, which is not known
_NOTHING: tuple[Moves, Ints] = NO_MOVES, NO_MOVES.day  # that waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What time did: per member chronological; the day of a move is the day it happened."""

    released: Moves
    expired: Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What a claw-back took, in the order of the members given, in point units.

    `pending` from the lot itself before it was available, `own` from what was left of it, `oldest`
    from other points, and `owed` beyond the balance. An entry of a ledger that takes points names
    their lot by its dates: `pending` is written with both, `own` with the expiry, the rest with none.
    """

    pending: Ints
    own: Ints
    oldest: Ints
    owed: Ints

    @property
    def total(self) -> Ints:
        """All that was taken."""
        points: Ints = self.pending + self.own + self.oldest + self.owed
        return points


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What givers handed over: available lots (`Moves.day` is the expiry), lots that wait (`Moves.day` is
    when they become available) with the day on which they will be gone, and what each giver owed."""

    available: Moves
    waiting: Moves
    gone_on: Ints
    owed: Ints


class Wallet:
    """The balances of n members in one account. A call names each member at most once, save where told.

    Days only go forward for a member, and `settle` has been called for a day before anything else
    of that day. Lots are numbered from 1 as they are credited; a lot keeps its number when it
    becomes available; 0 is a lot that is not kept (nothing in it, or available and never gone).
    Who may come under another rule of inactivity must be told to `remember` where clocks started.
    """

    def __init__(self, n: int, inactivity_months: int | None = None, remember: bool = False):
        self.owed: Ints = np.zeros(n, np.int64)
        self._n = n
        self._owing = False  # whether anybody ever owed points: most programmes never ask
        self._lots = Lots(n)
        self._waiting: PendingLots | None = None  # made with the first points that wait
        self._clocks = InactivityClocks(n, inactivity_months, remember)

    @property
    def balance(self) -> Ints:
        """Points available to each member; below zero where a claw-back left a gap."""
        return self._lots.balance - self.owed if self._owing else self._lots.balance

    @property
    def pending(self) -> Ints:
        """Points of each member that are not yet available."""
        return np.zeros(self._n, np.int64) if self._waiting is None else self._waiting.balance

    def settle(self, who: Ints, day: Ints) -> Settled:
        """Let everything happen that falls due by the start of `day` (int32, one per member)."""
        if self._waiting is None and self._clocks.months is None:
            return Settled(released=NO_MOVES, expired=self._lots.expire(who, day))
        released, expired = list[Moves](), list[Moves]()
        at = np.flatnonzero(self._next_day(who) <= day)
        while at.size:
            until = np.minimum(day[at], self._turn(who[at]))
            released += self._release(who[at], until)
            expired.append(self._told(self._lots.expire(who[at], until)))
            expired.append(self._fade(who[at], until))
            at = at[until < day[at]]
        return Settled(released=joined_moves(released), expired=joined_moves(expired))

    def credit(
        self, who: Ints, day: Ints, points: Ints, expires_on: Ints, available_on: Ints | None = None
    ) -> Ints:
        """Points that come in, gone on `expires_on` (NEVER if they stay); the lots' numbers.

        They are pending until `available_on` where that day is later than `day`.
        """
        if available_on is None or not (waits := available_on > day).any():
            return self._named(self._give(who, day, points, expires_on))
        if self._waiting is None:
            self._waiting = PendingLots(self._n, self._lots.count)
        numbers = np.zeros(len(who), np.int64)
        gone_on = np.maximum(expires_on, available_on)
        numbers[waits] = self._waiting.add(who[waits], points[waits], available_on[waits], gone_on[waits])
        now = ~waits
        numbers[now] = self._named(self._give(who[now], day[now], points[now], expires_on[now]))
        return numbers

    def credit_lots(self, who: Ints, day: Ints, points: Ints, expires_on: Ints) -> None:
        """As `credit` for lots of which a member may get several; available at once."""
        for turn in each_once(who):
            self.credit(who[turn], day[turn], points[turn], expires_on[turn])

    def touch(self, who: Ints, day: Ints) -> None:
        """A purchase or a redemption: sets the clock of inactivity back. Nothing without that rule."""
        self._clocks.set_back(who, day)

    def change_inactivity(self, months: int | None, day: int) -> None:
        """Another rule of inactivity from the start of `day`; settle the day before first.

        ValueError for a wallet that was not told to remember.
        """
        self._clocks.change(months, day)

    def keep_the_clock_of(self, other: Wallet) -> None:
        """Take over the clocks of inactivity of the same members under the same rule."""
        self._clocks.adopt(other._clocks)

    def debit(self, who: Ints, points: Ints) -> Ints:
        """Points that leave, oldest expiry first: what was wanted, never more than is available."""
        return self._lots.take(who, points)

    def spend(self, who: Ints, points: Ints) -> Moves:
        """As `debit`, told lot by lot (`Moves.day` is the lot's expiry)."""
        return self._told(self._lots.spend(who, points))

    def take_back(
        self,
        who: Ints,
        points: Ints,
        expires_on: Ints,
        available_on: Ints | None = None,
        claw_back: ClawBack = "within_balance",
    ) -> TakenBack:
        """Take back points of lots with those dates, as far as the rule allows (see the module).

        Where the lot is not known, its expiry is `NO_LOT`.
        """
        nothing: Ints = np.zeros(len(who), np.int64)
        pending = owed = nothing
        if available_on is not None:
            expires_on = np.maximum(expires_on, available_on)
            if self._waiting is not None:
                pending = self._waiting.withdraw(who, points, available_on, expires_on)
        if claw_back == "pending_only":
            return TakenBack(pending=pending, own=nothing, oldest=nothing, owed=nothing)
        own, _ = self._lots.withdraw(who, points - pending, expires_on)
        oldest = self._lots.take(who, points - pending - own)
        if claw_back == "allow_negative":
            owed = points - pending - own - oldest
            self.owed[who] += owed
            self._owing = self._owing or bool(owed.any())
        return TakenBack(pending=pending, own=own, oldest=oldest, owed=owed)

    def transfer(self, giver: Ints, taker: Ints, day: Ints, points: Ints) -> Moves:
        """Points from each giver to the taker beside, as far as available; lots keep their expiry.

        Everybody gives before anybody takes. Returns the givers' lots, as `spend`.
        """
        moves = self.spend(giver, points)
        order = np.argsort(giver)
        place = order[np.searchsorted(giver, moves.member, sorter=order)]
        self.credit_lots(taker[place], day[place], moves.points, moves.day)
        return moves

    def merge(self, giver: Ints, taker: Ints, day: Ints) -> Merged:
        """All that each giver has, pending and owed too, goes to the taker beside, who keeps the dates.

        Of two clocks of inactivity the later one stays.
        """
        self._clocks.hand_over(giver, taker)
        moves = self.transfer(giver, taker, day, self._lots.balance[giver])
        waiting, gone_on = _NOTHING if self._waiting is None else self._waiting.hand_over(giver, taker)
        owed = self.owed[giver]
        self.owed[giver] = 0
        self.owed[taker] += owed - self._lots.take(taker, owed)
        return Merged(available=moves, waiting=waiting, gone_on=gone_on, owed=owed)

    def restore(self, who: Ints, day: Ints, points: Ints, expires_on: Ints) -> Ints:
        """Points that were spent come back with the expiry they had; what came back.

        A member may get several lots. What would be gone by `day` does not come back.
        """
        back: Ints = np.where(expires_on > day, points, 0)
        self.credit_lots(who, day, back, expires_on)
        return back

    def waiting(self, who: Ints, expires_on: Ints, available_on: Ints) -> Ints:
        """Points of each member that wait, of lots with just those dates."""
        if self._waiting is None:
            return np.zeros(len(who), np.int64)
        return self._waiting.of(who, available_on, np.maximum(expires_on, available_on))

    def any_going(self, who: Ints, day: Ints) -> Flags:
        """Whether any points of each member will expire by a later day if none are spent; those that wait
        aside."""
        return self._lots.any_going(who, day)

    def staying(self, who: Ints) -> Ints:
        """Points of each member that are available and never expire."""
        return self._lots.staying(who)

    def open(self, who: Ints) -> Moves:
        """What is available and will expire, lot by lot, oldest first; lots are not numbered here."""
        return self._lots.open(who)

    def _give(self, who: Ints, day: Ints, points: Ints, expires_on: Ints) -> Ints:
        """Points available at once; the numbers of the lots as `Lots` counts them."""
        lot = self._lots.add(who, points, expires_on)
        if self._owing:
            filled = np.minimum(self.owed[who], points)
            self.owed[who] -= filled
            self._lots.take(who, filled)  # who owed had no other points
        self._clocks.start(who, day, points)
        return lot

    def _next_day(self, who: Ints) -> Ints:
        """The first day on which time does something to each member."""
        first = np.minimum(self._lots.first_day[who], self._clocks.gone_on[who])
        return first if self._waiting is None else np.minimum(first, self._waiting.first_day[who])

    def _turn(self, who: Ints) -> Ints:
        """Up to which day points can be released before inactivity has to be looked at again."""
        gone_on: Ints = self._clocks.gone_on[who]
        if self._clocks.months is None or self._waiting is None:
            return gone_on
        return np.where(gone_on == NEVER, self._waiting.first_day[who], gone_on)

    def _release(self, who: Ints, day: Ints) -> Iterator[Moves]:
        if self._waiting is None:
            return
        for moves, gone_on in self._waiting.release(who, day):
            lot = self._give(moves.member, moves.day, moves.points, gone_on)
            self._waiting.name(lot, moves.lot)
            yield moves

    def _fade(self, who: Ints, day: Ints) -> Moves:
        """All points of those whose day of inactivity has come, gone on it."""
        gone_on = self._clocks.gone_on
        faded = who[gone_on[who] <= day]
        moves = self.spend(faded, self._lots.balance[faded])
        moves = replace(moves, day=gone_on[moves.member])
        self._clocks.stop(faded)
        return moves

    def _named(self, lot: Ints) -> Ints:
        """The numbers under which lots that were just added are known."""
        return lot if self._waiting is None else self._waiting.named(lot)

    def _told(self, moves: Moves) -> Moves:
        """The moves with the numbers under which their lots are known."""
        return moves if self._waiting is None else replace(moves, lot=self._waiting.names[moves.lot])
