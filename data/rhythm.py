"""The rhythm of buying, from the roll-ups where they tell, and from the facts otherwise."""

from __future__ import annotations

import numpy as np

from data.rolled_dealings import StandingCut
from data.rollups import SnapshotFacts
from data.standing import Where
from loyalty_core.counting.cuts import Cut, cut, cut_among
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.sales import sales_of
from loyalty_core.customers.gaps import gaps


def days_between(facts: SnapshotFacts, day: int, where: Where) -> tuple[int, ...]:
    """How many gaps between purchase days of each class of `gaps` ended in the 365 days up to `day`, of the
    members whom the filters let pass at its close."""
    found = _standing(facts, where)
    among = found.cells_at(np.array([day]))[:, 0] >= 0
    return tuple(gaps(sales_of(found.history), among, day - YEAR_DAYS + 1, day).tolist())


def _standing(facts: SnapshotFacts, where: Where) -> Cut:
    if facts.rollups is None:
        return cut(facts.history, facts.programme, (), where)
    dealings = facts.dealings
    kept = cut_among(dealings.outline, facts.rollups.labels, (), where)
    return StandingCut(kept.history, kept.by, kept.labels, kept.accepted, dealings.members)
