"""The published facts of a snapshot as a history: what the live programme's figures are counted from."""

from __future__ import annotations

from data.snapshots import Snapshot
from loyalty_core.days import start_of
from loyalty_core.facts import TABLES, Kind
from loyalty_core.histories import COLUMNS, as_of, history_from_frames
from loyalty_core.history import History
from loyalty_core.offer_tables import OFFER_COLUMNS
from loyalty_core.rules.programme import Programme

__all__ = ["as_of", "live_history"]

_READ = COLUMNS | OFFER_COLUMNS
# Ids are long and all different: those alone are read that something asks for.
_REFERENCES = "CASE WHEN kind = 'reverse' AND expires_on IS NULL THEN reference END"
_NAMED = """SELECT refund_of FROM purchases WHERE refund_of IS NOT NULL UNION ALL
    SELECT purchase_id FROM coupons WHERE purchase_id IS NOT NULL"""
_NAMED_BY_ENTRIES = f"SELECT {_REFERENCES} AS named FROM entries WHERE named IS NOT NULL"
INSTEAD = {
    ("purchases", "purchase_id"): f"CASE WHEN purchase_id IN ({_NAMED}) THEN purchase_id END AS purchase_id",
    ("purchases", "coupon_id"): "CASE WHEN coupon_id <> '' THEN '1' END AS coupon_id",
    ("purchases", "categories"): "array_to_string(categories, '|') AS categories",
}
_SHOWN = INSTEAD | {
    ("purchases", "purchase_id"): f"""CASE WHEN purchase_id IN ({_NAMED} UNION ALL {_NAMED_BY_ENTRIES})
        THEN purchase_id END AS purchase_id""",
    ("entries", "reference"): f"{_REFERENCES} AS reference",
}


def live_history(snapshot: Snapshot, programme: Programme, until: int | None = None) -> History:
    """The history that the snapshot holds; with `until` (a day) only what happened up to its close.

    Which purchase an entry is about is told only where a refund takes back points that do not expire: no
    figure needs more, and it would mean reading the id of every purchase.
    """
    frames = snapshot.coded({name: _selection(name, programme, until) for name in _READ})
    return history_from_frames(frames, programme)


def _selection(name: str, programme: Programme, until: int | None) -> str:
    """The SELECT for the columns of a table that a history is made of."""
    table = TABLES[name]
    columns = ", ".join(_SHOWN.get((name, column), f'"{column}"') for column in _READ[name])
    select = f"SELECT {columns} FROM {name}"
    if until is None:
        return select
    if table.column(table.time).kind is Kind.INSTANT:
        end_us = int(start_of([until + 1], programme.zone)[0])
        return f"{select} WHERE epoch_us({table.time}) < {end_us}"
    return f"{select} WHERE {table.time} - DATE '1970-01-01' <= {until}"
