"""How many points the demo's members can spend besides what their run lets them: paid with at the till."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.rewards.catalogue import CashRates
from simulation.demo.deeds import tiers_at
from simulation.demo.story import Part
from simulation.streams import Purpose

PAYS_WITH_POINTS = 0.03  # sales for which points would be used, once for each member
KEPT = 0.9  # of what is there: what points paid for earns none
_BIG = 1 << 40
_SALE = ("member", "ordinal")


class Spare:
    """The least that a member's balance comes to from an instant on, by the run alone.

    The rules give more points than the run knows of (sign-ins, birthdays), never less.
    """

    def __init__(self, part: Part) -> None:
        rows = part.facts.entries
        self._member, self._at = rows["member"], rows["at"]
        begins = np.searchsorted(self._member, np.arange(len(part) + 1))
        total = np.append(0, np.cumsum(rows["amount"], dtype=np.int64))
        self._balance = total[1:] - total[begins[self._member]]
        group = self._member.astype(np.int64) * _BIG
        self._least = (np.minimum.accumulate((self._balance + group)[::-1])[::-1]) - group
        self._begin = int(part.demo.midnight(np.array([part.demo.days[0]]))[0])
        self._begins = begins

    def of(self, who: Ints, at: Ints) -> Ints:
        """Point units of each member that are not needed for what comes after the instant."""
        if not len(self._member):
            return np.zeros(len(who), np.int64)
        last = np.searchsorted(self._moments, self._moment(who, at), side="right") - 1
        there = last >= self._begins[who]
        now = np.where(there, self._balance[np.maximum(last, 0)], 0)
        after = np.minimum(last + 1, len(self._least) - 1)
        more = last + 1 < self._begins[who + 1]
        found: Ints = np.maximum(np.where(more, np.minimum(now, self._least[after]), now), 0)
        return found

    @cached_property
    def _moments(self) -> Ints:
        return self._moment(self._member, self._at)

    def _moment(self, who: Ints, at: Ints) -> Ints:
        return (who.astype(np.int64) << 32) + (at - self._begin) // 1_000_000


def paid_with_points(part: Part, spare: Spare, paid_by_card: Ints) -> Ints:
    """What points paid of each row of the part's purchases, minor units: of one sale of a member at most."""
    rows, programme = part.facts.purchases, part.demo.declared
    paid = np.zeros(len(rows["member"]), np.int64)
    if programme.points_as_cash is None:
        return paid
    luck = part.demo.streams.uniform(Purpose.POINTS_AS_CASH, part.keys[rows["member"]], rows["ordinal"])
    free = ~rows["refund"] & (paid_by_card == 0) & ~_with_reward(part)
    some = np.flatnonzero(free & (luck < PAYS_WITH_POINTS))
    who, at = rows["member"][some], rows["at"][some]
    tier, rates = tiers_at(part, who, at), CashRates(programme)
    points = rates.most(rows["amount"][some], tier, (KEPT * spare.of(who, at - 1_000_000)).astype(np.int64))
    able = np.flatnonzero(points > 0)
    _, first = np.unique(who[able], return_index=True)
    taken = able[first]
    paid[some[taken]] = rates.worth(points[taken], tier[taken])
    return paid


def _with_reward(part: Part) -> Flags:
    """The rows of the part's purchases with which a reward was taken."""
    taken = part.facts.entries["reward"] >= 0
    sales, rewarded = (
        (rows["member"].astype(np.int64) << 32) + rows["ordinal"]
        for rows in (part.facts.purchases, {name: part.facts.entries[name][taken] for name in _SALE})
    )
    return np.isin(sales, rewarded)
