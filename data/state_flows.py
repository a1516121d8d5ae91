"""How members went from one state to another between two days."""

from __future__ import annotations

import pandas as pd

from data.rollups import SnapshotFacts
from data.standing import Where, conditions, enrolled_on
from loyalty_core.counting.cuts import ATTRIBUTES


def state_flows(facts: SnapshotFacts, day: int, where: Where, opening: int) -> pd.DataFrame:
    """How many members were in which state at the close of `opening` and are in which at that of `day`:
    opening_state (empty of who joined since), state (empty of who left), members.

    Filters go by what members are at the close; of those who left by what they were at the opening.
    """
    (now, rows), (then, earlier) = (
        enrolled_on(facts, one, name) for one, name in ((day, "at_close"), (opening, "at_opening"))
    )
    shown = ", ".join(f"coalesce(now.{name}, gone.{name}) AS {name}" for name in ("tier", *ATTRIBUTES))
    sql = f"""WITH now AS ({now}), earlier AS ({then}),
        gone AS (FROM earlier ANTI JOIN now USING (member_id)),
        moved AS (
            SELECT coalesce(earlier.state::TEXT, '') AS opening_state, coalesce(now.state::TEXT, '') AS state,
                {shown}
            FROM now FULL JOIN gone USING (member_id) LEFT JOIN earlier USING (member_id)
        ) SELECT opening_state, state, count(*) AS members FROM moved
        WHERE {" AND ".join(["TRUE", *conditions(where)])} GROUP BY ALL ORDER BY ALL"""
    return facts.snapshot.query(sql, {}, rows | earlier)
