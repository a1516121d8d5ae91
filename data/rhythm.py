"""The rhythm of buying, from the roll-ups where they tell, and from the facts otherwise."""

from __future__ import annotations

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import Where
from loyalty_core.counting.cuts import cut, cut_among
from loyalty_core.counting.gaps import gaps
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.places import places_of
from loyalty_core.counting.sales import sales_of


def days_between(facts: SnapshotFacts, day: int, where: Where) -> tuple[int, ...]:
    """How many gaps between purchase days of each class of `gaps` ended in the 365 days up to `day`, of the
    members whom the filters let pass at its close."""
    if facts.rollups is None:
        everybody = places_of(cut(facts.history, facts.programme, (), where))
        found = gaps(sales_of(facts.history), everybody.at(day), 1, day - YEAR_DAYS + 1, day)
    else:
        found = facts.dealings.gaps(day, cut_among(facts.dealings.outline, facts.rollups.labels, (), where))
    return tuple(found.sum(axis=0).tolist())
