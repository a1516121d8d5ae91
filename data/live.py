"""The published facts of a snapshot as a history: what the live programme's figures are counted from."""

from __future__ import annotations

from data.snapshots import Snapshot
from loyalty_core.days import start_of
from loyalty_core.facts import TABLES
from loyalty_core.histories import COLUMNS, as_of, history_from_frames
from loyalty_core.history import History
from loyalty_core.programme import Programme

__all__ = ["as_of", "live_history"]


def live_history(snapshot: Snapshot, programme: Programme, until: int | None = None) -> History:
    """The history that the snapshot holds; with `until` (a day) only what happened up to its close."""
    frames = snapshot.coded({name: _selection(name, programme, until) for name in COLUMNS})
    return history_from_frames(frames, programme)


def _selection(name: str, programme: Programme, until: int | None) -> str:
    """The SELECT for the columns of a table that a history is made of."""
    table = TABLES[name]
    columns = ", ".join(f'"{column}"' for column in COLUMNS[name])
    select = f"SELECT {columns} FROM {name}"
    if until is None:
        return select
    if table.time == "occurred_at":
        end_us = int(start_of([until + 1], programme.zone)[0])
        return f"{select} WHERE epoch_us({table.time}) < {end_us}"
    return f"{select} WHERE {table.time} - DATE '1970-01-01' <= {until}"
