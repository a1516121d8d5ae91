"""The published facts of a snapshot as a history: what the live programme's figures are counted from."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from data.coded_facts import coded_facts
from data.coding import coded_frames
from data.schema import VERSION
from data.snapshots import Snapshot
from loyalty_core.days import start_of
from loyalty_core.facts import ENTRIES, MEMBERS, PURCHASES, REVERSE, TABLES, Kind, Table
from loyalty_core.histories import COLUMNS, history_from_frames
from loyalty_core.history import History
from loyalty_core.history_parts import as_of
from loyalty_core.offer_tables import OFFER_COLUMNS
from loyalty_core.rules.programme import Programme

__all__ = ["as_of", "live_history"]

# Ids are long and all different: those alone are read that something asks for.
_IDS = {PURCHASES.name: "purchase_id", ENTRIES.name: "reference"}
_READ = {name: [one for one in columns if one != _IDS.get(name)] for name, columns in COLUMNS.items()}
_READ[MEMBERS.name].append(VERSION)  # of the versions of a day the last one holds
_NAMED = """SELECT refund_of FROM purchases WHERE refund_of IS NOT NULL UNION ALL
    SELECT purchase_id FROM coupons WHERE purchase_id IS NOT NULL"""
INSTEAD = {
    ("purchases", "purchase_id"): f"CASE WHEN purchase_id IN ({_NAMED}) THEN purchase_id END AS purchase_id",
    ("purchases", "coupon_id"): "CASE WHEN coupon_id <> '' THEN '1' END AS coupon_id",
    ("purchases", "categories"): "array_to_string(categories, '|') AS categories",
}
_NO_TEXT = pa.scalar(None, pa.string())


def live_history(snapshot: Snapshot, programme: Programme, until: int | None = None) -> History:
    """The history that the snapshot holds; with `until` (a day) only what happened up to its close.

    Which purchase an entry is about is told only where a refund takes back points that do not expire: no
    figure needs more, and it would mean reading the id of every purchase.
    """
    history = history_from_frames(coded_frames(_told(snapshot, programme, until)), programme)
    pa.default_memory_pool().release_unused()  # of all that was read, which it would keep for the next files
    return history


def _told(snapshot: Snapshot, programme: Programme, until: int | None) -> dict[str, pa.Table]:
    """The tables that a history is made of."""
    rows = _rows(snapshot)
    rows["coupons"] = _of_known_members(rows)
    rows["entries"] = _with_references(snapshot, rows["entries"])
    named = [rows["purchases"].column("refund_of"), rows["entries"].column("reference")]
    named.append(rows["coupons"].column("purchase_id"))
    rows["purchases"] = _with_ids(snapshot, _in_short(rows["purchases"]), _known(named))
    if until is None:
        return rows
    return {name: _upto(rows[name], TABLES[name], programme, until) for name in rows}


def _rows(snapshot: Snapshot) -> dict[str, pa.Table]:
    """The tables in the columns that a history is made of, but for the long ids."""
    offers = {name: f"SELECT {', '.join(columns)} FROM {name}" for name, columns in OFFER_COLUMNS.items()}
    found = {name: coded_facts(snapshot, TABLES[name], columns) for name, columns in _READ.items()}
    return found | snapshot.answers(offers)


def _of_known_members(rows: Mapping[str, pa.Table]) -> pa.Table:
    """The coupons of members whom another table names, and those of others that a purchase used, whoever they
    were for: where the facts are those of some shards, few of all coupons."""
    named = [rows[name].column("member_id").combine_chunks().dictionary for name in _READ if len(rows[name])]
    members = pa.chunked_array(named, pa.string()).unique()
    coupons = rows["coupons"]
    mine = pc.is_in(coupons.column("member_id"), value_set=members)
    place = coupons.schema.get_field_index("member_id")
    whose = pc.if_else(mine, coupons.column("member_id"), _NO_TEXT)
    used = pc.is_valid(coupons.column("purchase_id"))
    return coupons.set_column(place, "member_id", whose).filter(pc.or_(mine, used))


def _with_references(snapshot: Snapshot, entries: pa.Table) -> pa.Table:
    """The entries with the purchase that each is about, where that is told."""
    asking = pc.and_(pc.equal(entries.column("kind"), REVERSE), pc.is_null(entries.column("expires_on")))
    references = pa.nulls(len(entries), pa.string())
    if pc.any(asking).as_py():
        references = pc.if_else(asking, _ids(snapshot, ENTRIES), _NO_TEXT)
    return entries.append_column(_IDS[ENTRIES.name], references)


def _with_ids(snapshot: Snapshot, purchases: pa.Table, named: pa.Array) -> pa.Table:
    """The purchases with the ids of those that are named."""
    found = pa.nulls(len(purchases), pa.string())
    if len(named):
        ids = _ids(snapshot, PURCHASES)
        found = pc.if_else(pc.is_in(ids, value_set=named), ids, _NO_TEXT)
    return purchases.append_column(_IDS[PURCHASES.name], found)


def _ids(snapshot: Snapshot, table: Table) -> pa.ChunkedArray:
    return coded_facts(snapshot, table, [_IDS[table.name]], plain=True).column(0)


def _known(columns: list[pa.ChunkedArray]) -> pa.Array:
    """The texts of all those columns."""
    texts = (column.cast(pa.string()).drop_null() for column in columns)
    return pa.chunked_array(
        [chunk for column in texts for chunk in column.chunks], pa.string()
    ).combine_chunks()


def _in_short(purchases: pa.Table) -> pa.Table:
    """The purchases, of a coupon only that there was one, all categories as one text."""
    with_coupon = pc.if_else(pc.not_equal(purchases.column("coupon_id"), ""), "1", _NO_TEXT)
    short = {"coupon_id": with_coupon, "categories": pc.binary_join(purchases.column("categories"), "|")}
    for name, column in short.items():
        purchases = purchases.set_column(purchases.schema.get_field_index(name), name, column)
    return purchases


def _upto(rows: pa.Table, table: Table, programme: Programme, until: int) -> pa.Table:
    """The rows of what happened up to the close of a day."""
    at = rows.column(table.time)
    if table.column(table.time).kind is Kind.INSTANT:
        return rows.filter(pc.less(at.cast(pa.int64()), int(start_of([until + 1], programme.zone)[0])))
    return rows.filter(pc.less_equal(at.cast(pa.int32()), until))
