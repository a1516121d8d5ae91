"""How members went from one state to another between two days."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.some_members import described
from data.standing import CROWD, OF_CROWD, Where, by_crowd, conditions, enrolled_on
from loyalty_core.counting.cuts import MEMBER
from loyalty_core.metrics.by_member import TOP


def state_flows(facts: SnapshotFacts, day: int, where: Where, opening: int) -> pd.DataFrame:
    """How many members were in which state at the close of `opening` and are in which at that of `day`:
    opening_state (empty of who joined since), state (empty of who left), members.

    Filters go by what members are at the close; of those who left by what they were at the opening.
    """
    moves = by_crowd(facts, where, _flows, day, opening)
    return moves.groupby(["opening_state", "state"], as_index=False)["members"].sum()


def _flows(facts: SnapshotFacts, day: int, opening: int) -> pd.DataFrame:
    counted = f"SELECT opening_state, state, {OF_CROWD}, count(*) AS members FROM moved GROUP BY ALL"
    return _moved(facts, day, {}, opening, counted)


def members_moved(
    facts: SnapshotFacts, day: int, where: Where, opening: int, opening_state: str, state: str
) -> pd.DataFrame:
    """The members whom `state_flows` counts in one of its rows, described as of `members_behind`."""
    named = f"SELECT {MEMBER} FROM moved WHERE opening_state = $from AND state = $to ORDER BY {MEMBER}"
    found = _moved(facts, day, where, opening, named, {"from": opening_state, "to": state})
    return described(facts, day, found.assign(**{TOP: 1.0}))


def _moved(
    facts: SnapshotFacts,
    day: int,
    where: Where,
    opening: int,
    question: str,
    parameters: dict[str, Any] | None = None,
) -> pd.DataFrame:
    """The answer to a SELECT over `moved`: a row for each member enrolled at one of the closes."""
    (now, rows), (then, earlier) = (
        enrolled_on(facts, one, name) for one, name in ((day, "at_close"), (opening, "at_opening"))
    )
    shown = ", ".join(f"coalesce(now.{name}, gone.{name}) AS {name}" for name in CROWD)
    sql = f"""WITH now AS ({now}), earlier AS ({then}),
        gone AS (FROM earlier ANTI JOIN now USING (member_id)),
        everybody AS (
            SELECT member_id, {shown},
                coalesce(earlier.state::TEXT, '') AS opening_state, coalesce(now.state::TEXT, '') AS state
            FROM now FULL JOIN gone USING (member_id) LEFT JOIN earlier USING (member_id)
        ), moved AS (FROM everybody WHERE {" AND ".join(["TRUE", *conditions(where)])}) {question}"""
    return facts.snapshot.query(sql, parameters or {}, rows | earlier)
