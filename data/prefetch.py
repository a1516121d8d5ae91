"""What is kept in memory of a snapshot, read and counted before the first question comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.rollup_tables import periods_of
from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.periods import Periods


def read_ahead(facts: SnapshotFacts) -> None:
    """Read what questions about the last day rest on, and fit the models of its close."""
    if facts.rollups is None:
        _ = facts.history
        return
    day = facts.rollups.as_of
    facts.dealings.promised(day, 10**facts.programme.currency_decimals)
    facts.lots.outlook(day)


def count_ahead(facts: SnapshotFacts, chosen: Sequence[Periods] = ()) -> None:
    """Count, where members are many, what any filter is read off: of what was asked of everybody until now,
    and of the last months and the chosen periods what members count once in."""
    if facts.rollups is None or not facts.is_large:
        return
    facts.condensed.keep()
    months = periods_of("months", facts.rollups.first_day, facts.rollups.as_of)
    if facts.members.are_in_few_crowds:
        facts.lots.by_crowd.at(np.unique(np.concatenate([one.bounds for one in (months, *chosen)])))
    facts.dealings.count_ahead(facts.programme, months)
    for periods in chosen:
        for one in periods.blocks(1):  # many have some in common
            facts.dealings.count_ahead(facts.programme, one)
