"""Which points paid for what, so that a refund can bring them back with the expiry they had."""

from __future__ import annotations

from loyalty_core.history import Ints
from loyalty_core.lots import Lots, Moves
from loyalty_core.rounds import each_once


class Spendings:
    """The points that were spent on n things (purchases, rewards), by the expiry of their lots.

    What was spent first comes back first, and no more comes back than was spent.
    """

    def __init__(self, n: int):
        self._lots = Lots(n)

    @property
    def spent(self) -> Ints:
        """Points spent on each thing that have not come back."""
        return self._lots.balance

    def note(self, thing: Ints, points: Ints, expires_on: Ints) -> None:
        """Points of lots went to things; of one thing there may be several lots."""
        for turn in each_once(thing):
            self._lots.add(thing[turn], points[turn], expires_on[turn])

    def give_back(self, thing: Ints, points: Ints) -> Moves:
        """So many points of what was spent on each thing (named once each), by lot.

        `Moves.member` is the thing, `Moves.day` the expiry that the points had.
        """
        return self._lots.spend(thing, points)
