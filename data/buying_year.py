"""The members who bought in the 365 days up to a day: how lately, how often and for how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.rollup_tables import PORTRAITS
from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import STANDING, Where, are_portrayed, asked, conditions
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.customers.rfm import RfmGrid, concentration, rfm_grid
from loyalty_core.days import start_of

# What each member bought in a year, `$first` and `$after` being its ends.
_BOUGHT = """SELECT member_id, count(*) FILTER (kind = 'sale') AS purchases, sum(amount)::BIGINT AS revenue
    FROM purchases WHERE epoch_us(occurred_at) >= $first AND epoch_us(occurred_at) < $after
    GROUP BY member_id"""


def year_of_buying(facts: SnapshotFacts, day: int, where: Where) -> tuple[RfmGrid, tuple[float, ...]]:
    """The grid of recency and frequency, and how concentrated what they spent is."""
    rows = year_of_each(facts, day, where, "days_since_purchase, purchases, revenue")
    days_since, purchases, revenue = (rows[name].to_numpy(np.int64) for name in rows)
    return rfm_grid(days_since, purchases, revenue), concentration(revenue)


def year_of_each(
    facts: SnapshotFacts, day: int, where: Where, told: str = "member_id, revenue"
) -> pd.DataFrame:
    """Of everybody who bought in the year what is to be told: member_id, days_since_purchase, purchases,
    revenue (minor units)."""
    if are_portrayed(facts, day):
        kept = " AND ".join(["purchases > 0", *conditions(where)])
        return facts.snapshot.query(f"SELECT {told} FROM {PORTRAITS.name} WHERE {kept}")
    first, after = (int(start_of([one], facts.programme.zone)[0]) for one in (day - YEAR_DAYS + 1, day + 1))
    sql = f"""SELECT {told} FROM {STANDING} JOIN ({_BOUGHT}) AS bought USING (member_id)
        WHERE purchases > 0"""
    return asked(facts, day, where, sql, {"first": first, "after": after})
