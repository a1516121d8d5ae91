"""The tier that each event finds its member in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.history import History, TierChanges
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.known_tiers import with_own_tiers
from loyalty_core.tiers.tier_moves import CHANGE, JOIN, REVIEW


def tiers_before(history: History, programme: Programme, member: Ints, at: Ints) -> Ints:
    """The tier of each member before each instant as the source tells it, among those of a programme."""
    own = with_own_tiers(history, programme)
    return tiers_told(own.tier_changes, history.labels.get("tier_changes.reason", ()), member, at)


def tiers_told(changes: TierChanges, reasons: Sequence[str], member: Ints, at: Ints) -> Ints:
    """The tier of each member before each instant that such changes lead to, the lowest where nothing is
    known; their codes of reasons are places in `reasons`.

    What an event itself changed shares its instant and comes after it; joining, reviews and changes
    of rules come before. Before the first change of a member the tier is the one that it left.
    """
    opening = np.array([*(reason in (JOIN, REVIEW, CHANGE) for reason in reasons), False])
    later = ~opening[changes.codes["reason"]] & (changes.from_tier >= 0)
    row = _last_before(changes.member, changes.at + later, member, at)
    tier = np.append(changes.to_tier, 0)[row]
    tier[row < 0] = _left_first(changes, member[row < 0])
    known: Ints = np.maximum(tier, 0).astype(np.int32)
    return known


def _last_before(member: Ints, from_at: Ints, who: Ints, when: Ints) -> Ints:
    """For each (who, when) the last row of that member that holds from then or earlier, else -1."""
    owners, instants = np.append(member, who), np.append(from_at, when)
    asks = np.append(np.zeros(len(member), np.int64), np.ones(len(who), np.int64))
    order = np.lexsort((asks, instants, owners))
    place = np.where(asks[order] == 0, order, -1)
    seen: Ints = np.empty(len(order), np.int64)
    seen[order] = _latest_row(place)
    row = seen[len(member) :]
    same = np.append(member, -1)[row] == who
    return np.where((row >= 0) & same, row, -1)


def _latest_row(place: Ints) -> Ints:
    """At each position the last row so far that is not -1, else -1."""
    positions = np.maximum.accumulate(np.where(place >= 0, np.arange(len(place)), -1))
    return np.where(positions >= 0, place[positions], -1)


def _left_first(changes: TierChanges, who: Ints) -> Ints:
    """The tier that each member's first change left, 0 where there is no change."""
    if not len(changes.member):
        return np.zeros(len(who), np.int64)
    first = np.searchsorted(changes.member, who)
    known = np.append(changes.member, -1)[first] == who
    return np.where(known, np.append(changes.from_tier, 0)[first], 0)
