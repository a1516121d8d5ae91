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
* Inactivity takes all that is available on its day. Its clock starts with points that come in while
  none is running, and purchases and redemptions set it back; pending points are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyalty_core.history import Ints
from loyalty_core.lots import Moves

ClawBack = Literal["within_balance", "pending_only", "allow_negative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What time did: per member chronological; the day of a move is the day it happened."""

    released: Moves
    expired: Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What a claw-back took, in the order of the members given, in point units.

    `pending` from the lot itself before it was available, `own` from what was left of it, `oldest`
    from other points, and `owed` beyond the balance.
    """

    pending: Ints
    own: Ints
    oldest: Ints
    owed: Ints

    @property
    def total(self) -> Ints:
        """All that was taken."""
        return self.pending + self.own + self.oldest + self.owed


class Wallet:
    """The balances of n members in one account. Every call names each member at most once.

    Days only go forward for a member, and `settle` has been called for a day before anything else
    of that day. Lots are numbered from 1 as they are credited; a lot keeps its number when it
    becomes available; 0 is a lot that is not kept (nothing in it, or available and never gone).
    """

    def __init__(self, n: int, inactivity_months: int | None = None):
        raise NotImplementedError

    @property
    def balance(self) -> Ints:
        """Points available to each member; below zero where a claw-back left a gap."""
        raise NotImplementedError

    @property
    def pending(self) -> Ints:
        """Points of each member that are not yet available."""
        raise NotImplementedError

    def settle(self, who: Ints, day: Ints) -> Settled:
        """Let everything happen that falls due by the start of `day` (int32, one per member)."""
        raise NotImplementedError

    def credit(
        self, who: Ints, day: Ints, points: Ints, expires_on: Ints, available_on: Ints | None = None
    ) -> Ints:
        """Points that come in, gone on `expires_on` (NEVER if they stay); the lots' numbers.

        They are pending until `available_on` where that day is later than `day`.
        """
        raise NotImplementedError

    def touch(self, who: Ints, day: Ints) -> None:
        """A purchase or a redemption: sets the clock of inactivity back. Nothing without that rule."""
        raise NotImplementedError

    def debit(self, who: Ints, points: Ints) -> Ints:
        """Points that leave, oldest expiry first: what was wanted, never more than is available."""
        raise NotImplementedError

    def spend(self, who: Ints, points: Ints) -> Moves:
        """As `debit`, told lot by lot (`Moves.day` is the lot's expiry)."""
        raise NotImplementedError

    def take_back(
        self,
        who: Ints,
        points: Ints,
        expires_on: Ints,
        available_on: Ints | None = None,
        claw_back: ClawBack = "within_balance",
    ) -> TakenBack:
        """Take back points of lots with those dates, as far as the rule allows (see the module)."""
        raise NotImplementedError

    def transfer(self, giver: Ints, taker: Ints, day: Ints, points: Ints) -> Moves:
        """Points from each giver to the taker beside, as far as available; lots keep their expiry."""
        raise NotImplementedError

    def open(self, who: Ints) -> Moves:
        """What is available and will expire, lot by lot, oldest first; lots are not numbered here."""
        raise NotImplementedError
