"""A few members of a snapshot, read alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from data.live import INSTEAD
from data.snapshots import Snapshot
from loyalty_core.errors import InputError
from loyalty_core.histories import COLUMNS, history_from_frames
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme

_IDS = {"purchases": "purchase_id", "activities": "activity_id"}


def member_history(snapshot: Snapshot, programme: Programme, member_id: str) -> tuple[History, list[str]]:
    """The history of one member, and the ids of their purchases in its order.

    Of purchases of one instant the smaller id comes first, as when a ledger is derived. InputError where
    nothing is known of such a member.
    """
    frames = _frames(snapshot, [member_id])
    return history_from_frames(frames, programme), frames["purchases"]["purchase_id"].tolist()


def members_history(snapshot: Snapshot, programme: Programme, member_ids: Sequence[str]) -> History:
    """The history of these members. InputError where nothing is known of one."""
    return history_from_frames(_frames(snapshot, member_ids), programme)


def _frames(snapshot: Snapshot, member_ids: Sequence[str]) -> dict[str, pd.DataFrame]:
    frames = {
        name: snapshot.query(_selection(name, columns), {"members": list(member_ids)})
        for name, columns in COLUMNS.items()
    }
    known = {member for frame in frames.values() for member in frame["member_id"]}
    for member_id in member_ids:
        if member_id not in known:
            raise InputError(f"{member_id} is no member; write the number as the source does")
    return frames


def _selection(name: str, columns: tuple[str, ...]) -> str:
    as_text = ("purchases", "categories")
    chosen = (INSTEAD[as_text] if (name, one) == as_text else f'"{one}"' for one in columns)
    ties = f", {_IDS[name]}" if name in _IDS else ""
    order = "valid_from" if name == "members" else f"occurred_at{ties}"
    return f"SELECT {', '.join(chosen)} FROM {name} WHERE list_contains($members, member_id) ORDER BY {order}"
