"""What members' deeds give them, put into the journal."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.facts import EXPIRE
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
from loyalty_core.kernel.walk import kinds_asked
from simulation.coupons import Coupons
from simulation.journal import ACTIVITIES, NO_SALE, NO_TIER, Journal
from simulation.season import Clock


class Book:
    """Deeds of members and what came of them; `earned_by` are lots and the ordinals of the sales behind."""

    def __init__(self, journal: Journal, coupons: Coupons) -> None:
        self._journal, self._coupons = journal, coupons
        self.earned_by: list[tuple[Ints, Ints]] = []

    def act(
        self,
        accounts: Accounts,
        who: Ints,
        day: Ints,
        at: Ints,
        kind: str,
        value: Ints | None = None,
        gives: Ints | None = None,
    ) -> Outcome | None:
        """An activity, the tier that it `gives`, and what it comes to; None where the programme does not ask
        for it."""
        told, tier = UNKNOWN_VALUE if value is None else value, NO_TIER if gives is None else gives
        self._journal.activities.add(who, day=day, at=at, kind=ACTIVITIES.index(kind), value=told, tier=tier)
        self._coupons.rewarded_for(kind, who, day, at, accounts, value)
        if kind not in kinds_asked(accounts.programme):
            return None
        done = accounts.act(who, day, kind, value, gives)
        self.enter(who, day, at, np.full(len(who), NO_SALE, np.int32), done)
        return done

    def enter(self, who: Ints, day: Ints, at: Ints, nth: Ints, done: Outcome) -> None:
        """What deeds gave, and which sales are behind the lots."""
        self.earned_by.append((done.lot, nth))
        self._journal.earned(who, day, at, nth, done)
        self._journal.earned_elsewhere(who, day, at, nth, done)
        self._coupons.entered(who, day, at, done.tier_before, done.tier_after)

    def close(self, accounts: Accounts, clock: Clock) -> None:
        """The points that were gone by the last day."""
        moves = accounts.expire(np.arange(accounts.n), clock.last_day)
        sale = np.full(1 + max((int(lots.max(initial=0)) for lots, _ in self.earned_by), default=0), NO_SALE)
        for lots, ordinals in self.earned_by:
            sale[lots] = ordinals
        known = np.where(moves.lot < len(sale), moves.lot, 0)
        sale[0] = NO_SALE
        at = clock.midnight(moves.day)
        self._journal.enter(moves.member, moves.day, at, EXPIRE, -moves.points, sale[known])
