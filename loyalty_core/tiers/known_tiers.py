"""The tiers that a programme knows of: its own, and those of programmes before it that it has no more.

On the days before a tier was renamed, replaced or given up, members have it under the name that it had.
Codes of tiers are places in `Programme.known_tiers`: rules are looked up by them for the programme's own
tiers alone, and higher and lower are told by rank.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.history import History, TierChanges
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import Spells


def moved_up(changes: TierChanges, programme: Programme) -> Flags:
    """The changes from a tier to a higher one."""
    before, after = _ranks(changes, programme)
    up: Flags = (before >= 0) & (after > before)
    return up


def moved_down(changes: TierChanges, programme: Programme) -> Flags:
    """The changes from a tier to a lower one."""
    before, after = _ranks(changes, programme)
    down: Flags = (after >= 0) & (after < before)
    return down


def below_top(spells: Spells, programme: Programme) -> Spells:
    """The spells in tiers lower than the programme's highest."""
    ranks = np.array(programme.tier_ranks)
    return spells.where(ranks[spells.what] < ranks[len(programme.tiers) - 1])


def own_tiers(spells: Spells, programme: Programme) -> Spells:
    """The spells in tiers that the programme has rules for."""
    return spells.where(spells.what < len(programme.tiers))


def with_own_tiers(history: History, programme: Programme) -> History:
    """The history with each former tier told as the one that bears its name now, or else as none."""
    changes, own = history.tier_changes, list(range(len(programme.tiers)))
    renamed = {name: n for n, tier in enumerate(programme.tiers) for name in tier.formerly}
    former = [renamed.get(tier.name, -1) for tier in programme.known_tiers[len(own) :]]
    code = np.array([*own, *former, -1], np.int32)  # the last one answers -1
    before, after = code[changes.from_tier], code[changes.to_tier]
    return replace(history, tier_changes=replace(changes, from_tier=before, to_tier=after))


def _ranks(changes: TierChanges, programme: Programme) -> tuple[Ints, Ints]:
    """Of the tiers before and after each change, -1 where there is none."""
    ranks = np.array([*programme.tier_ranks, -1])  # the last one answers -1
    return ranks[changes.from_tier], ranks[changes.to_tier]
