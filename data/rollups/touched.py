"""From which day on what was written since a snapshot can change a count."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.lake import LakeFile
from data.rollup_tables import ROLLUPS
from data.snapshots import Snapshot, content_columns, duck_in_memory
from loyalty_core.facts import COUPONS, MEMBERS, PURCHASES, TABLES, Kind, Table

NOTHING = -(2**31)  # the day before all others: nothing is kept
AS_RECORDED = "recorded_at"  # says when a source wrote a row down, and counts for nothing


def only_shards(snapshot: Snapshot, shards: Sequence[int]) -> Snapshot:
    """The facts of those shards alone, and what is rolled up of them; campaigns, which are no member's,
    and coupons, which anyone's purchase may use, whole."""
    whole = {name for name, table in TABLES.items() if not _of_members(table)}
    files = {
        name: [file for file in snapshot.files(name) if file.shard in shards or name in whole]
        for name in TABLES | ROLLUPS
    }
    return snapshot.part(files)


def first_day_touched(before: Snapshot, now: Snapshot, shards: Sequence[int]) -> int | None:
    """The first day that a changed fact of those shards bears on; None where there is no such fact."""
    then, these = only_shards(before, shards), only_shards(now, shards)
    days = [_of_table(then, these, table) for table in TABLES.values()]
    return min((day for day in days if day is not None), default=None)


def _of_members(table: Table) -> bool:
    return table is not COUPONS and any(column.name == "member_id" for column in table)


def _with_files(snapshot: Snapshot, files: dict[str, list[LakeFile]]) -> Snapshot:
    return Snapshot(None, None, dict(snapshot.versions), None, snapshot.lake, _files=files)


def _of_table(then: Snapshot, now: Snapshot, table: Table) -> int | None:
    was, is_ = ({file.relative: file for file in told.files(table.name)} for told in (then, now))
    added = [file for name, file in is_.items() if name not in was]
    removed = [file for name, file in was.items() if name not in is_]
    if not added and not removed:
        return None
    changed = _changed(then, table, added, removed)
    if not changed.num_rows:
        return None  # the same rows laid out anew
    if table is MEMBERS:
        return _of_profiles(then, now, changed)
    days = [_first_among(changed, table)]
    if table.versioned:  # what they replace counts no more
        key = table.key[0]
        sql = f"SELECT min({_first_day(table)}) FROM {table.name}_versions"
        sql += f" WHERE {key} IN (SELECT unnest($keys))"
        keys = changed.column(key).to_pylist()
        days.append(_day(now.arrow(sql, {"keys": keys})))
        if table is COUPONS:
            days.append(_day(now.arrow(_FIRST_PAID_WITH, {"keys": keys})))
    return min((day for day in days if day is not None), default=None)


def _first_among(rows: pa.Table, table: Table) -> int | None:
    with duck_in_memory() as duck:
        duck.register("rows", rows)
        return _day(duck.sql(f"SELECT min({_first_day(table)}) FROM rows").to_arrow_table())


def _changed(told: Snapshot, table: Table, added: list[LakeFile], removed: list[LakeFile]) -> pa.Table:
    """The rows that are in one of these but not in the other."""
    names = ", ".join(content_columns(table))
    view = f"{table.name}_versions" if table.versioned else table.name
    with duck_in_memory() as duck:
        for name, files in (("added", added), ("removed", removed)):
            duck.register(name, _with_files(told, {table.name: files}).arrow(f"SELECT {names} FROM {view}"))
        sides = "SELECT *, 1 AS side FROM added UNION ALL SELECT *, -1 AS side FROM removed"
        return duck.sql(
            f"SELECT {names} FROM ({sides}) GROUP BY {names} HAVING sum(side) <> 0"
        ).to_arrow_table()


def _first_day(table: Table) -> str:
    """SQL for the first day that a row names; an instant's may be a day earlier in its time zone."""
    days = [f"{column.name} - DATE '1970-01-01'" for column in table if column.kind is Kind.DATE]
    days += [
        f"epoch_us({column.name}) // 86400000000 - 1"
        for column in table
        if column.kind is Kind.INSTANT and column.name != AS_RECORDED
    ]
    return f"least({', '.join(days)})"


# What a sale was paid with may become known after it, from a coupon that is dated later.
_FIRST_PAID_WITH = f"""
    SELECT min({_first_day(PURCHASES)}) FROM purchases WHERE purchase_id IN (
    SELECT purchase_id FROM coupons_versions WHERE coupon_id IN (SELECT unnest($keys)))"""


def _of_profiles(then: Snapshot, now: Snapshot, changed: pa.Table) -> int | None:
    """A version that says of joining and leaving what was said last counts from its first day on; any
    other one from the first day that anything tells of its member."""
    last = then.arrow(
        "SELECT member_id, max(valid_from) AS known_from, arg_max_null(joined_on, valid_from) AS joined,"
        " arg_max_null(left_on, valid_from) AS gone FROM members GROUP BY member_id"
    )
    with duck_in_memory() as duck:
        duck.register("changed", changed)
        duck.register("last", last)
        rows = duck.sql(
            """SELECT member_id, valid_from - DATE '1970-01-01' AS since,
            coalesce(valid_from >= known_from AND joined_on IS NOT DISTINCT FROM joined
                     AND left_on IS NOT DISTINCT FROM gone, false) AS alike
            FROM changed LEFT JOIN last USING (member_id)"""
        ).to_arrow_table()
    alike = rows.filter(pc.field("alike")).column("since").to_pylist()
    others = rows.filter(~pc.field("alike")).column("member_id").unique().to_pylist()
    told = _first_told(now, others) if others else None
    return min([*alike, *([] if told is None else [told])], default=None)


def _first_told(now: Snapshot, members: list[str]) -> int | None:
    """The first day that anything tells of those members, versions that were replaced among it."""
    told = " UNION ALL ".join(
        f"SELECT member_id, {_first_day(table)} AS day FROM {f'{name}_versions' if table.versioned else name}"
        for name, table in TABLES.items()
        if any(column.name == "member_id" for column in table)
    )
    sql = f"SELECT min(day) FROM ({told}) WHERE member_id IN (SELECT unnest($members))"
    return _day(now.arrow(sql, {"members": members}))


def _day(rows: pa.Table) -> int | None:
    day = rows.column(0)[0].as_py()
    return None if day is None else int(day)
