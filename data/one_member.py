"""One member of a snapshot, read alone."""

from __future__ import annotations

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
    frames = {
        name: snapshot.query(_selection(name, columns), {"member": member_id})
        for name, columns in COLUMNS.items()
    }
    if all(frame.empty for frame in frames.values()):
        raise InputError(f"{member_id} is no member; write the number as the source does")
    return history_from_frames(frames, programme), frames["purchases"]["purchase_id"].tolist()


def _selection(name: str, columns: tuple[str, ...]) -> str:
    as_text = ("purchases", "categories")
    chosen = (INSTEAD[as_text] if (name, one) == as_text else f'"{one}"' for one in columns)
    ties = f", {_IDS[name]}" if name in _IDS else ""
    order = "valid_from" if name == "members" else f"occurred_at{ties}"
    return f"SELECT {', '.join(chosen)} FROM {name} WHERE member_id = $member ORDER BY {order}"
