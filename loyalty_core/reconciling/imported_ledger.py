"""A source's own ledger beside the facts it is about: what a reconciliation looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.checks.evidence import DERIVED, microseconds
from loyalty_core.histories import COLUMNS as HISTORY
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme

# The columns of each table that a reader needs to fetch; `derived` says which rows are no facts.
COLUMNS: dict[str, tuple[str, ...]] = HISTORY | {
    "entries": ("entry_id", DERIVED, *HISTORY["entries"]),
    "tier_changes": (DERIVED, *HISTORY["tier_changes"]),
    "activities": ("activity_id", *HISTORY["activities"]),
}
EVENTS = ("purchases", "entries", "tier_changes", "activities")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLedger:
    """A history, and of each of its entries the id, whether the source brought it, and what it names.

    `event` is the place of the purchase that the entry's reference names, or the number of purchases
    plus the place of the activity; -1 where it names none of its member's.
    """

    history: History
    entry_id: npt.NDArray[np.object_]
    imported: Flags
    event: Ints
    own_tiers: bool  # whether the tier changes are the source's


def imported_ledger(frames: Mapping[str, pd.DataFrame], programme: Programme) -> ImportedLedger:
    """The ledger told by frames in `COLUMNS`; a table left out has no rows.

    Of rows of one member and instant the one that comes first in its frame happened first.
    """
    ordered = {name: _in_order(frame) if name in EVENTS else frame for name, frame in frames.items()}
    history = history_from_frames(ordered, programme)
    entries, changes = (ordered.get(name, pd.DataFrame()) for name in ("entries", "tier_changes"))
    event = history.entries.purchase.copy()
    activity = _activity_named(ordered, history)
    event[activity >= 0] = len(history.purchases.member) + activity[activity >= 0]
    return ImportedLedger(
        history=history,
        entry_id=_column(entries, "entry_id").to_numpy(object),
        imported=~_derived(entries),
        event=event,
        own_tiers=len(changes) > 0 and not _derived(changes).all(),
    )


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order in which a history holds them, guests' first."""
    if not len(frame):
        return frame
    member, _ = pd.factorize(frame["member_id"].astype("str"), sort=True)
    return frame.iloc[np.lexsort((microseconds(frame["occurred_at"]), member))].reset_index(drop=True)


def _activity_named(frames: Mapping[str, pd.DataFrame], history: History) -> Ints:
    """The place of the activity of the same member that each entry names, -1 where there is none."""
    names = pd.Index(_column(frames.get("activities", pd.DataFrame()), "activity_id"))
    references = _column(frames.get("entries", pd.DataFrame()), "reference")
    if not len(names) or not len(references):
        return np.full(len(history.entries.member), -1, np.int64)
    found: Ints = names.get_indexer(pd.Index(references)).astype(np.int64)
    own = history.activities.member[found] == history.entries.member
    return np.where((found >= 0) & own & references.notna().to_numpy(), found, -1)


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame:
        return pd.Series([None] * len(frame), dtype="str")
    return frame[name].astype("str")


def _derived(frame: pd.DataFrame) -> Flags:
    return frame[DERIVED].to_numpy(bool) if DERIVED in frame else np.zeros(len(frame), bool)
