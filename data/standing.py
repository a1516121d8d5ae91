"""Questions about the members enrolled at the close of a day, put to DuckDB over the facts of a snapshot.

Who they are is told by the roll-up of members' months where it has the day, and counted otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data.rollup_tables import MEMBER_MONTHS
from data.rollups import SnapshotFacts
from loyalty_core.counting.cuts import MEMBER_SLICES, UNKNOWN
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.member_months import member_months
from loyalty_core.customers.rfm import RfmGrid, concentration, rfm_grid
from loyalty_core.days import start_of, to_date
from loyalty_core.errors import InputError
from loyalty_core.periods import Periods

Where = Mapping[str, Sequence[str]]
STANDING = "standing"


def asked(
    facts: SnapshotFacts, day: int, where: Where, sql: str, parameters: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The answer to a SELECT over the fact tables and `standing`, a row of `member_months` for each member
    enrolled at the close of `day` whom the filters let pass."""
    kept = " AND ".join([f"period_end = DATE '{to_date(day)}'", *conditions(where)])
    given: dict[str, pd.DataFrame] = {}
    if not _is_rolled_up(facts, day):
        periods = Periods(np.array([day]), np.array([day]), day - 1)
        found = member_months(facts.history, facts.programme, periods)
        given["counted"] = found.assign(period_end=pd.Timestamp(to_date(day)))
    source = "counted" if given else MEMBER_MONTHS.name
    question = f"WITH {STANDING} AS (SELECT * FROM {source} WHERE {kept}) {sql}"
    return facts.snapshot.query(question, parameters, given)


def _is_rolled_up(facts: SnapshotFacts, day: int) -> bool:
    if facts.rollups is None or not facts.snapshot.files(MEMBER_MONTHS.name):
        return False
    return day == facts.rollups.as_of or bool(to_date(day + 1).day == 1 and day >= facts.rollups.first_day)


def conditions(where: Where) -> list[str]:
    """The filters as conditions of SQL over a member's region, channel, store, gender and tier."""
    for name in where:
        if name not in MEMBER_SLICES:
            raise InputError(f"{name} is nothing that members are; clear that filter")
    return [f"coalesce({_column(name)}, '{UNKNOWN}') IN ({_quoted(where[name])})" for name in where]


def _column(slice_name: str) -> str:
    return slice_name.removeprefix("member_")


def _quoted(labels: Sequence[str]) -> str:
    return ", ".join("'" + label.replace("'", "''") + "'" for label in labels)


def year_of_buying(facts: SnapshotFacts, day: int, where: Where) -> tuple[RfmGrid, tuple[float, ...]]:
    """The members who bought in the 365 days up to `day`: by recency and frequency, and how concentrated what
    they spent is."""
    first, after = (int(start_of([one], facts.programme.zone)[0]) for one in (day - YEAR_DAYS + 1, day + 1))
    rows = asked(
        facts,
        day,
        where,
        f"""SELECT days_since_purchase, bought.purchases, bought.revenue FROM {STANDING} JOIN (
            SELECT member_id, count(*) FILTER (kind = 'sale') AS purchases, sum(amount)::BIGINT AS revenue
            FROM purchases WHERE epoch_us(occurred_at) >= $first AND epoch_us(occurred_at) < $after
            GROUP BY member_id
        ) AS bought USING (member_id) WHERE bought.purchases > 0""",
        {"first": first, "after": after},
    )
    days_since, purchases, revenue = (rows[name].to_numpy(np.int64) for name in rows)
    return rfm_grid(days_since, purchases, revenue), concentration(revenue)
