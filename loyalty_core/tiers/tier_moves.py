"""Moves between tiers: why they happen, and those that time and reviews bring about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints

JOIN, UPGRADE, REVIEW = "join", "upgrade", "review"
DIRECT, INVITATION, PAID, CHANGE = "direct", "invitation", "paid", "change of programme"
TIER_REASONS = (JOIN, UPGRADE, REVIEW, DIRECT, INVITATION, PAID, CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMoves:
    """Members whose tier changed, the day at whose start it did, and the tiers before and after.

    Sorted by day; a member who moved more than once is there in the order of the moves.
    """

    member: Ints
    day: Ints
    from_tier: Ints
    to_tier: Ints

    def __len__(self) -> int:
        return len(self.member)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLooks:
    """Members at whom a look was taken on days of their own, whatever came of it, and how far each then was
    towards the next tier, in thousandths."""

    member: Ints
    day: Ints
    progress: Ints

    def __len__(self) -> int:
        return len(self.member)


def joined_looks(looks: Sequence[OwnLooks]) -> OwnLooks:
    """All of them as one, in the order given."""
    if not looks:
        return NO_LOOKS
    columns: Mapping[str, Ints] = {
        name: np.concatenate([getattr(part, name) for part in looks])
        for name in ("member", "day", "progress")
    }
    return OwnLooks(**columns)


def joined_tier_moves(moves: list[TierMoves]) -> TierMoves:
    """All those moves as one, by day."""
    if not moves:
        return NO_TIER_MOVES
    if len(moves) == 1:
        return moves[0]
    columns: Mapping[str, Ints] = {
        name: np.concatenate([getattr(part, name) for part in moves])
        for name in ("member", "day", "from_tier", "to_tier")
    }
    order = np.argsort(columns["day"], kind="stable")
    return TierMoves(**{name: values[order] for name, values in columns.items()})


_NOBODY: Ints = np.zeros(0, np.int64)
NO_LOOKS = OwnLooks(member=_NOBODY, day=_NOBODY, progress=_NOBODY)
NO_TIER_MOVES = TierMoves(member=_NOBODY, day=_NOBODY, from_tier=_NOBODY, to_tier=_NOBODY)
