"""The lots of points that paid for sales, kept so that a refund can bring them back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.points.lots import Moves, joined_moves


class PaidLots:
    """Points that paid for some of n purchases, lot by lot; `spent` is their total per purchase."""

    def __init__(self, n: int):
        self.spent = np.zeros(n, np.int64)
        self._moves: list[Moves] = []
        self._of: list[Ints] = []

    def __len__(self) -> int:
        return len(self._of)

    def add(self, moves: Moves, who: Ints, purchase: Ints) -> None:
        """Keep what left the lots of members for the purchase that each of `who` made."""
        order = np.argsort(who)
        of = purchase[order[np.searchsorted(who, moves.member, sorter=order)]]
        np.add.at(self.spent, of, moves.points)
        self._moves.append(replace(moves, points=moves.points.copy()))
        self._of.append(of)

    def bring_back(self, purchase: Ints, points: Ints) -> Moves:
        """Points of each purchase (each named once) come back, the last spent first: parts of their lots."""
        self._moves, self._of = [joined_moves(self._moves)], [np.concatenate(self._of)]
        mine = np.flatnonzero(np.isin(self._of[0], purchase))
        order = np.argsort(purchase)
        place = order[np.searchsorted(purchase, self._of[0][mine], sorter=order)]
        lots = self._moves[0].part(mine)
        back = _latest_first(place, lots.points, points)
        self._moves[0].points[mine] -= back
        return replace(lots, points=back).part(back > 0)


def _latest_first(owner: Ints, lots: Ints, wanted: Ints) -> Ints:
    """How much comes back of each lot when so much is `wanted` for each owner: the last lots first.

    `owner` says to which place of `wanted` a lot belongs; the lots of one are in the order in which
    they were spent.
    """
    order = np.argsort(owner[::-1], kind="stable")
    mine, left = owner[::-1][order], lots[::-1][order]
    before = np.cumsum(left) - left
    own = before - before[np.searchsorted(mine, mine)] if len(mine) else before
    back = np.zeros(len(owner), np.int64)
    back[order] = np.clip(wanted[mine] - own, 0, left)
    return back[::-1]
