"""Questions about the members enrolled at the close of a day, put to DuckDB over the facts of a snapshot.

Who they are is told by the roll-ups where these have the day, and counted otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Condition
from typing import Any

import pandas as pd

from data.rollup_tables import MEMBER_MONTHS, PORTRAITS
from data.rollups.rolled_members import remember
from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.counting.cuts import ATTRIBUTES, MEMBER_SLICES, UNKNOWN
from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.facts import Table
from loyalty_core.portraits import within

Where = Mapping[str, Sequence[str]]
STANDING = "standing"
# Members alike in all that filters go by are a crowd.
CROWD = ("tier", *ATTRIBUTES)
OF_CROWD = ", ".join(CROWD)
ANSWERS_KEPT = 128
_news, _sought = Condition(), set[Hashable]()  # of the questions whose answers are just being sought
_TOLD = ", ".join(("member_id", "state", "tier", *ATTRIBUTES, "days_since_purchase"))
# Members as last known, those who left among them: a row each, and that with the tier that they had last.
PROFILES = "FROM members QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY valid_from DESC) = 1"
LAST_KNOWN = f"""SELECT latest.*, tier FROM ({PROFILES}) AS latest LEFT JOIN (
        SELECT member_id, arg_max(to_tier, occurred_at) AS tier FROM tier_changes GROUP BY member_id
    ) USING (member_id)"""


def asked(
    facts: SnapshotFacts, day: int, where: Where, sql: str, parameters: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The answer to a SELECT over the fact tables and `standing`, a row for each member enrolled at the close
    of `day` whom the filters let pass: member_id, state, tier, attributes and days_since_purchase as in
    `member_months`."""
    everybody, given = enrolled_on(facts, day, "counted")
    kept = " AND ".join(["TRUE", *conditions(where)])
    question = f"WITH {STANDING} AS (FROM ({everybody}) WHERE {kept}) {sql}"
    return facts.snapshot.query(question, parameters, given)


def by_crowd(
    facts: SnapshotFacts, where: Where, question: Callable[..., pd.DataFrame], *arguments: Hashable
) -> pd.DataFrame:
    """Of the answer to a question about everybody, which has the columns of CROWD, the rows of crowds that
    the filters let pass.

    The answer is kept: what adds up over members is counted once, whichever of them are looked at, and who
    asks what is just being counted waits for that.
    """
    key = (question, arguments)
    sought = (id(facts), key)
    with _news:
        _news.wait_for(lambda: sought not in _sought)
        if (found := facts.by_crowd.get(key)) is None:
            _sought.add(sought)
    if found is None:
        try:
            found = question(facts, *arguments)
            remember(facts.by_crowd, key, found, ANSWERS_KEPT)
        finally:
            with _news:
                _sought.remove(sought)
                _news.notify_all()
    return within(found, {f"member_{_column(name)}": labels for name, labels in where.items()})


def are_portrayed(facts: SnapshotFacts, day: int) -> bool:
    """Whether the roll-up of portraits is that of the members enrolled at the close of `day`."""
    return facts.rollups is not None and day == facts.rollups.as_of and _holds(facts, PORTRAITS)


def enrolled_on(facts: SnapshotFacts, day: int, name: str) -> tuple[str, dict[str, pd.DataFrame]]:
    """A SELECT of everybody enrolled at the close of `day`, and the frame of that name which it needs where
    nothing is rolled up."""
    if are_portrayed(facts, day):
        return f"SELECT {_TOLD} FROM {PORTRAITS.name}", {}
    if _is_month_rolled_up(facts, day):
        return f"SELECT {_TOLD} FROM {MEMBER_MONTHS.name} WHERE period_end = DATE '{to_date(day)}'", {}
    return f"SELECT {_TOLD} FROM {name}", {name: facts.standing(day)}


def _is_month_rolled_up(facts: SnapshotFacts, day: int) -> bool:
    if facts.rollups is None or not _holds(facts, MEMBER_MONTHS):
        return False
    return day == facts.rollups.as_of or bool(to_date(day + 1).day == 1 and day >= facts.rollups.first_day)


def _holds(facts: SnapshotFacts, table: Table) -> bool:
    return bool(facts.snapshot.files(table.name))


def conditions(where: Where) -> list[str]:
    """The filters as conditions of SQL over a member's region, channel, store, gender and tier."""
    return [f"coalesce({_column(name)}, '{UNKNOWN}') IN ({_quoted(where[name])})" for name in where]


def _column(slice_name: str) -> str:
    if slice_name not in MEMBER_SLICES:
        raise InputError(f"{slice_name} is nothing that members are; clear that filter")
    return slice_name.removeprefix("member_")


def _quoted(labels: Sequence[str]) -> str:
    return ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
