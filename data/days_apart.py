"""Days that stand apart from all others: one sale dated 2099 would make that year's the day of all figures.

Nothing is left out for it; who imports and who reads is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from data.kept_answers import kept
from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import Snapshot
from loyalty_core.days import day_of, to_date, to_day

GAP_DAYS = 31  # on which nothing happened
FEW = 0.01  # of all rows, behind such a gap
DATED = ("purchases", "entries", "activities")  # the latest of which is the as-of day
_WRITTEN = ("purchases", "(SELECT * FROM entries WHERE NOT derived)", "activities")  # by the source
_STEP_US = 900_000_000  # clocks differ by whole quarters of an hour


@dataclass(frozen=True, slots=True)
class DaysApart:
    """The rows that stand apart, their first and last day, and the newest day of all others."""

    rows: int
    first: date
    last: date
    before: date


def days_apart(facts: SnapshotFacts, today: date) -> DaysApart | None:
    """The latest days of the facts that are still to come, or that a few rows have to themselves."""
    return apart(_rows_by_day(facts), today)


@kept
def _rows_by_day(facts: SnapshotFacts) -> pd.Series[int]:
    return by_day(facts.snapshot.arrow, _WRITTEN, facts.programme.zone)


def newly_apart(
    new: pd.Series[int], before: Snapshot | None, zone: ZoneInfo, today: date
) -> DaysApart | None:
    """As `days_apart`, of rows that come in, by day, beside those that are there; None where no new one is
    among them."""
    known = new if before is None else new.add(by_day(before.arrow, _WRITTEN, zone), fill_value=0)
    found = apart(known, today)
    return found if found is not None and (new.index >= to_day(found.first)).any() else None


def by_day(ask: Callable[[str], pa.Table], tables: Iterable[str], zone: ZoneInfo) -> pd.Series[int]:
    """How many rows of events each business day has, by day."""
    counted = [
        f"SELECT epoch_us(occurred_at) // {_STEP_US} AS step, count(*) AS rows FROM {name} GROUP BY step"
        for name in tables
    ]
    if not counted:
        return pd.Series(dtype=np.int64)
    found = ask(" UNION ALL ".join(counted)).to_pandas()
    days = day_of(found["step"].to_numpy(np.int64) * _STEP_US, zone)
    return found["rows"].groupby(days).sum()


def apart(rows: pd.Series[int], today: date) -> DaysApart | None:
    """The days that stand apart, of how many rows each day has, by day."""
    days, behind = rows.index.to_numpy(), rows.to_numpy()[::-1].cumsum()[::-1]
    gap = np.diff(days, prepend=days[:1]) > GAP_DAYS
    begins = np.flatnonzero((gap & (behind < FEW * rows.sum())) | (days > to_day(today)))
    if not len(begins) or begins[0] == 0:
        return None
    first = begins[0]
    return DaysApart(
        int(behind[first]), to_date(int(days[first])), to_date(int(days[-1])), to_date(int(days[first - 1]))
    )
