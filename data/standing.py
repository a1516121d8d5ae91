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
from loyalty_core.counting.member_months import member_months
from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.periods import Periods

Where = Mapping[str, Sequence[str]]
STANDING = "standing"
# Members as last known, those who left among them: a row each, with the tier that they had last.
LAST_KNOWN = """SELECT latest.*, tier FROM (
        FROM members QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY valid_from DESC) = 1
    ) AS latest LEFT JOIN (
        SELECT member_id, arg_max(to_tier, occurred_at) AS tier FROM tier_changes GROUP BY member_id
    ) USING (member_id)"""


def asked(
    facts: SnapshotFacts, day: int, where: Where, sql: str, parameters: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The answer to a SELECT over the fact tables and `standing`, a row of `member_months` for each member
    enrolled at the close of `day` whom the filters let pass."""
    everybody, given = enrolled_on(facts, day, "counted")
    kept = " AND ".join(["TRUE", *conditions(where)])
    question = f"WITH {STANDING} AS ({everybody} AND {kept}) {sql}"
    return facts.snapshot.query(question, parameters, given)


def enrolled_on(facts: SnapshotFacts, day: int, name: str) -> tuple[str, dict[str, pd.DataFrame]]:
    """A SELECT of everybody enrolled at the close of `day`, and the frame of that name which it needs where
    nothing is rolled up."""
    on = f"WHERE period_end = DATE '{to_date(day)}'"
    if _is_rolled_up(facts, day):
        return f"SELECT * FROM {MEMBER_MONTHS.name} {on}", {}
    periods = Periods(np.array([day]), np.array([day]), day - 1)
    found = member_months(facts.history, facts.programme, periods)
    return f"SELECT * FROM {name} {on}", {name: found.assign(period_end=pd.Timestamp(to_date(day)))}


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
