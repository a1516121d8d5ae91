"""What a reconciliation reads of a snapshot: the source's ledger with its ids, and all that it is about."""

from __future__ import annotations

import pandas as pd

from data.snapshots import Snapshot
from loyalty_core.imported_ledger import COLUMNS

_ID = {"purchases": "purchase_id", "entries": "entry_id", "activities": "activity_id"}


def ledger_frames(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """The tables in the columns a reconciliation reads; rows of one instant in the order of their ids."""
    return snapshot.coded({name: _select(name, columns) for name, columns in COLUMNS.items()})


def _select(table: str, columns: tuple[str, ...]) -> str:
    listed = ", ".join(
        "array_to_string(categories, '|') AS categories" if column == "categories" else f'"{column}"'
        for column in columns
    )
    order = f" ORDER BY {_ID[table]}" if table in _ID else ""
    return f"SELECT {listed} FROM {table}{order}"
