"""On which days members had which tier, since when, and what lies whole periods after that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import next_turn
from loyalty_core.history import History
from loyalty_core.timeline import Spells, following, latest, value_at


def tier_spells(history: History) -> Spells:
    """The days of membership on which members have each tier, by member and day; `what` is the tier."""
    moves, members = history.tier_changes, history.members
    day = moves.day.astype(np.int64)
    spells = Spells(moves.member, day, following(moves.member, day) - 1, moves.to_tier.astype(np.int64))
    spells = spells.where(moves.to_tier >= 0)
    joined_on, left_on = members.joined_on[spells.member], members.left_on[spells.member]
    return spells.clipped(joined_on.astype(np.int64), left_on.astype(np.int64) - 1)


def tier_since(history: History, spells: Spells) -> Ints:
    """The day on which the member of each such spell moved to the tier, be it before joining."""
    moves = history.tier_changes
    row = latest(moves.member, moves.day, spells.member, spells.start)
    return value_at(row, moves.day.astype(np.int64), 0)


def turns(spells: Spells, anchor: Ints, months: Ints, first: int, last: int) -> Iterator[tuple[Ints, Ints]]:
    """Members and days, from `first` to `last`, that lie whole periods after an anchor in each spell.

    The spell holds the day before.
    """
    member, end = spells.member, np.minimum(spells.end + 1, last)
    day: Ints = next_turn(anchor, months, np.maximum(spells.start, first - 1)).astype(np.int64)
    while (within := day <= end).any():
        member, end, anchor, months = (one[within] for one in (member, end, anchor, months))
        yield member, day[within]
        day = next_turn(anchor, months, day[within]).astype(np.int64)
