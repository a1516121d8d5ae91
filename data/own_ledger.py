"""A snapshot's own ledger held against a programme, some shards of members at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from data.shards import SHARDS
from data.snapshots import Snapshot
from loyalty_core.days import to_day
from loyalty_core.reconciling.imported_ledger import COLUMNS
from loyalty_core.reconciling.reconciliation import Reconciliation, joined_reconciliations, reconciliation
from loyalty_core.rules.programme import Programme

AT_ONCE = 1_000_000  # entries and purchases in memory with their ids
_ID = {"purchases": "purchase_id", "entries": "entry_id", "activities": "activity_id"}


def reconciled(
    snapshot: Snapshot, programme: Programme | Sequence[Programme], at_once: int = AT_ONCE
) -> Reconciliation:
    """The reconciliation of all members; the same whatever the number of rows read `at_once`.

    Of several programmes each entry is held against the one in force on its day.
    """
    rows = snapshot.count("entries") + snapshot.count("purchases")
    turns = min(SHARDS, max(1, -(-rows // at_once)))
    last_day = None if snapshot.as_of is None else to_day(snapshot.as_of)
    shards = [list(range(turn, SHARDS, turns)) for turn in range(turns)]
    parts = [reconciliation(ledger_frames(snapshot, some), programme, last_day) for some in shards]
    return joined_reconciliations(parts)


def ledger_frames(snapshot: Snapshot, shards: Sequence[int]) -> dict[str, pd.DataFrame]:
    """The tables a reconciliation reads; rows of one instant in the order of their ids."""
    return snapshot.coded({name: _select(name, columns, shards) for name, columns in COLUMNS.items()})


def _select(table: str, columns: tuple[str, ...], shards: Sequence[int]) -> str:
    listed = ", ".join(
        "array_to_string(categories, '|') AS categories" if column == "categories" else f'"{column}"'
        for column in columns
    )
    order = f" ORDER BY {_ID[table]}" if table in _ID else ""
    return f"SELECT {listed} FROM {table} WHERE shard IN ({', '.join(map(str, shards))}){order}"
