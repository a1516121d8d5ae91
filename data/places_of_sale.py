"""What points were given for sales, by where these were made: the ledger names the sale behind each."""

from __future__ import annotations

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import OF_CROWD, STANDING, Where, asked, by_crowd
from loyalty_core.days import begin_of
from loyalty_core.errors import InputError
from loyalty_core.facts import EARN, POINTS_ACCOUNT

PLACES = {"purchase_store": "store", "purchase_channel": "channel"}  # slices of sales, and their columns


def points_by_place(facts: SnapshotFacts, day: int, where: Where, slice_name: str, first: int) -> pd.Series:
    """Points given from day `first` to `day` for sales to members of the filters, before claw-backs, by store
    or channel of sale ("" where unknown)."""
    if slice_name not in PLACES:
        raise InputError(f"{slice_name} is no place of sale; there are {', '.join(PLACES)}")
    given = by_crowd(facts, where, _given, day, first)
    rows = given[given["stands"]] if where else given
    return rows.groupby(slice_name)["units"].sum() / 10**facts.programme.point_decimals


def _given(facts: SnapshotFacts, day: int, first: int) -> pd.DataFrame:
    """Units of points by store, channel and crowd: who asks for one after the other does not wait; `stands`
    is whether a crowd's members are enrolled at the close."""
    begin, end = (begin_of(one, facts.programme.zone) for one in (first, day + 1))
    places = ", ".join(f"coalesce({column}, '') AS {name}" for name, column in PLACES.items())
    sql = f""", given AS (
            SELECT entries.member_id, {places}, sum(entries.amount) AS units
            FROM entries JOIN purchases ON purchase_id = reference
            WHERE account = '{POINTS_ACCOUNT}' AND entries.kind = '{EARN}'
            AND entries.occurred_at >= $begin AND entries.occurred_at < $end GROUP BY ALL
        ) SELECT {", ".join(PLACES)}, {OF_CROWD}, state IS NOT NULL AS stands, sum(units)::BIGINT AS units
        FROM given LEFT JOIN {STANDING} USING (member_id) GROUP BY ALL"""
    return asked(facts, day, {}, sql, {"begin": begin, "end": end})
