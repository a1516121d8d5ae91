"""For what points were given and taken: the reasons that the ledger names."""

from __future__ import annotations

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import OF_CROWD, STANDING, Where, asked, by_crowd
from loyalty_core.days import begin_of


def points_by_reason(facts: SnapshotFacts, day: int, where: Where, first: int) -> pd.DataFrame:
    """Points earned and redeemed from day `first` to `day` by members of the filters: kind, reason (empty
    where none is named), times, points (both positive) and their share of all of the kind; of each kind those
    that moved most first."""
    moved = by_crowd(facts, where, _moved, day, first)
    rows = moved[moved["stands"]] if where else moved
    sums = rows.groupby(["kind", "reason"], as_index=False)[["times", "units"]].sum()
    sums["points"] = sums.pop("units").abs() / 10**facts.programme.point_decimals
    sums["share"] = sums["points"] / sums.groupby("kind")["points"].transform("sum")
    order = ["kind", "points", "reason"]
    return sums.sort_values(order, ascending=[True, False, True], ignore_index=True)


def _moved(facts: SnapshotFacts, day: int, first: int) -> pd.DataFrame:
    """Times and units by kind, reason and crowd; `stands` is whether a crowd's members are enrolled at the
    close."""
    begin, end = (begin_of(one, facts.programme.zone) for one in (first, day + 1))
    sql = f""", moved AS (
            SELECT member_id, kind, coalesce(reason, '') AS reason, count(*) AS times, sum(amount) AS units
            FROM entries WHERE account = 'points' AND kind IN ('earn', 'redeem')
            AND occurred_at >= $begin AND occurred_at < $end GROUP BY ALL
        ) SELECT kind, reason, {OF_CROWD}, state IS NOT NULL AS stands,
            sum(times)::BIGINT AS times, sum(units)::BIGINT AS units
        FROM moved LEFT JOIN {STANDING} USING (member_id) GROUP BY ALL"""
    return asked(facts, day, {}, sql, {"begin": begin, "end": end})
