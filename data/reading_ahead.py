"""What is kept in memory of a snapshot, read before the first question comes."""

from __future__ import annotations

from data.rollups import SnapshotFacts


def read_ahead(facts: SnapshotFacts) -> None:
    """Read what questions about the last day rest on, and fit the models of its close."""
    if facts.rollups is None:
        _ = facts.history
        return
    day = facts.rollups.as_of
    facts.dealings.promised(day, 10**facts.programme.currency_decimals)
    facts.lots.outlook(day)
