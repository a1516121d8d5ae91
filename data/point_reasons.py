"""For what points were given and taken: the reasons that the ledger names."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from data.rollups import SnapshotFacts
from data.standing import STANDING, Where, asked
from loyalty_core.days import begin_of


def points_by_reason(facts: SnapshotFacts, day: int, where: Where, first: int) -> pd.DataFrame:
    """Points earned and redeemed from day `first` to `day` by members of the filters: kind, reason (empty
    where none is named), times and points (both positive); of each kind those that moved most first."""
    programme = facts.programme
    begin, end = (begin_of(one, ZoneInfo(programme.time_zone)) for one in (first, day + 1))
    only = f"JOIN {STANDING} USING (member_id)" if where else ""
    sql = f"""SELECT kind, coalesce(reason, '') AS reason, count(*) AS times, abs(sum(amount)) AS units
        FROM entries {only} WHERE account = 'points' AND kind IN ('earn', 'redeem')
        AND occurred_at >= $begin AND occurred_at < $end
        GROUP BY ALL ORDER BY kind, units DESC, reason"""
    given = {"begin": begin, "end": end}
    rows = asked(facts, day, where, sql, given) if where else facts.snapshot.query(sql, given)
    rows["points"] = rows.pop("units").astype(float) / 10**programme.point_decimals
    return rows
