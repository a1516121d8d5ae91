"""The demo's ledger and tiers: what the programme's rules say of all that its members did."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from loyalty_core.facts import ADJUST, POINTS_ACCOUNT, REDEEM
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import replay
from simulation.demo.story import Part
from simulation.ledger_frames import Texts, dates, instants, pick, sale_ids

Frames = Mapping[str, pd.DataFrame]


def rewards_taken(part: Part) -> pd.DataFrame:
    """The redemptions of the part's run, as lines of the ledger."""
    rows = part.facts.entries
    taken = rows["reward"] >= 0
    sale = sale_ids(part.facts, rows["member"][taken], rows["ordinal"][taken])
    never = dates(np.zeros(taken.sum(), np.int64)).where(np.zeros(taken.sum(), bool))
    return pd.DataFrame(
        {
            "entry_id": sale + "-" + REDEEM,
            "member_id": part.population.ids[rows["member"][taken]],
            "account": POINTS_ACCOUNT,
            "kind": REDEEM,
            "amount": rows["amount"][taken],
            "occurred_at": instants(rows["at"][taken]),
            "available_on": never,
            "expires_on": never,
            "reason": pick(tuple(one.name for one in part.demo.declared.rewards), rows["reward"][taken]),
            "reference": sale,
        }
    )


def ledger(part: Part, frames: Frames, decided: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Entries and tier changes: what was decided, and what the rules make of it and of all the frames tell.

    To the rules a reward that is taken is like any decision: points leave, oldest expiry first.
    """
    told = decided.assign(kind=ADJUST)
    history = history_from_frames({**frames, "entries": told}, part.demo.declared)
    derived = replay(history, part.demo.versions, part.demo.days[1], with_decisions=True)
    names = (("purchases", "purchase_id"), ("activities", "activity_id"))
    found = derived_frames(derived, history.members, *(_in_order(frames[table], key) for table, key in names))
    entries = found["entries"].assign(entry_id=found["entries"]["entry_id"].str.removeprefix("derived:"))
    entries = pd.concat([entries, decided], ignore_index=True)
    return entries.assign(recorded_at=entries["occurred_at"]), found["tier_changes"]


def _in_order(frame: pd.DataFrame, key: str) -> Texts:
    """The ids of events in the order of a history: by member and instant."""
    return frame.sort_values(["member_id", "occurred_at"], kind="stable")[key].to_numpy(object)
