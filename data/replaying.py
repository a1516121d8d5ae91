"""What a programme would make of the deeds that a snapshot holds: replay, some shards of members at a time.

Members are independent, so that shards may be replayed one after the other, or in several processes.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.live import INSTEAD
from data.rollups.touched import only_shards
from data.snapshots import Snapshot
from loyalty_core.facts import ENTRIES
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.implied import facts_for
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.programme import Programme

# Of two deeds of one instant the order of their ids decides which comes first, never that of arrival.
_ID = {"purchases": "purchase_id", "activities": "activity_id"}


def replayed(snapshot: Snapshot, programme: Programme, shards: Sequence[int]) -> Derived:
    """The ledger and the tiers that the programme implies for the members of those shards."""
    told = only_shards(snapshot, shards)
    deeds = {name: columns for name, columns in facts_for(programme).items() if name != ENTRIES.name}
    frames = told.coded({name: _select(name, columns) for name, columns in deeds.items()})
    return replay(history_from_frames(frames, programme), programme)


def _select(table: str, columns: Sequence[str]) -> str:
    """The deeds in the columns that rules look at; ids only where a refund names them."""
    read = [column for column in columns if column != "activity_id"]
    shown = ", ".join(INSTEAD.get((table, column), f'"{column}"') for column in read)
    order = f" ORDER BY {table}.{_ID[table]}" if table in _ID else ""
    return f"SELECT {shown} FROM {table}{order}"
