"""What a source lacks, derived from what it has: the ledger and the tiers its purchases imply, and the
balances that its ledger presupposes. All of it is marked derived and made anew with every import, so
that it depends on the facts alone and not on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from data.rollups.touched import only_shards
from data.schema import declared, fact_schema, fact_table
from data.shards import SHARDS
from data.snapshots import Snapshot
from data.sql import quoted
from data.writer import Writer
from loyalty_core.days import day_of
from loyalty_core.facts import ADJUST, ENTRIES, TIER_CHANGES
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.implied import facts_for, implied, ledger_is_derived
from loyalty_core.rules.programme import Programme

OPENING = "opening balance"
AT_ONCE = 500_000  # purchases are replayed together; more by shards
_IDS = {"purchases": "purchase_id", "activities": "activity_id"}


def derive(
    writer: Writer,
    programmes: Sequence[Programme],
    opening_balances: bool = False,
    executor: Executor | None = None,
) -> dict[str, int]:
    """Replace the derived rows by those that the facts so far imply; the rows of each table that changed.

    `programmes` hold one after the other, each from its `effective_on`. A source that brings tiers, or a
    ledger (`has_ledger`), gets none derived; a ledger whose balances would start below zero gets opening
    entries instead, if `opening_balances` asks for them or an earlier import did. Many purchases are replayed
    shard by shard, in the executor's processes where there is one.
    """
    pending = writer.pending()
    has_entries, has_tiers = has_ledger(pending), _has_tiers(pending)
    frames = {} if has_entries and has_tiers else _replayed(pending, programmes, executor)
    entries = None if has_entries else frames[ENTRIES.name]
    if has_entries and (opening_balances or _has_openings(pending)):
        entries = _openings(pending, programmes[-1].time_zone)
    derived = {
        ENTRIES.name: _empty(ENTRIES.name) if entries is None else entries,
        TIER_CHANGES.name: _empty(TIER_CHANGES.name) if has_tiers else frames[TIER_CHANGES.name],
    }
    changed = {name: writer.replace_derived(name, rows) for name, rows in derived.items()}
    return {name: len(rows) for name, rows in derived.items() if changed[name]}


def has_derived(pending: Snapshot) -> bool:
    """Whether any row there is derived."""
    sql = "SELECT 1 FROM {} WHERE derived LIMIT 1"
    return any(pending.arrow(sql.format(table.name)).num_rows for table in (ENTRIES, TIER_CHANGES))


def has_ledger(pending: Snapshot) -> bool:
    """Whether the source tells more of its ledger than what was adjusted and moved."""
    kinds = pending.query("SELECT DISTINCT kind FROM entries WHERE NOT derived")["kind"]
    return not ledger_is_derived(kinds)


def derived_instead(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """The rows derived in place of a ledger or tiers that the source does not bring, by table, in the
    declared columns: they go where a later import brings any. Opening balances stay."""
    found = {}
    for table in (ENTRIES, TIER_CHANGES):
        columns = ", ".join(column.name for column in table)
        sql = (
            f"SELECT {columns} FROM {table.name} WHERE derived AND reason IS DISTINCT FROM {quoted(OPENING)}"
        )
        if len(rows := snapshot.query(sql)):
            found[table.name] = rows
    return found


def _has_tiers(pending: Snapshot) -> bool:
    return pending.arrow("SELECT 1 FROM tier_changes WHERE NOT derived LIMIT 1").num_rows > 0


def _has_openings(pending: Snapshot) -> bool:
    sql = f"SELECT 1 FROM entries WHERE derived AND reason = {quoted(OPENING)} LIMIT 1"
    return pending.arrow(sql).num_rows > 0


def _replayed(
    pending: Snapshot, programmes: Sequence[Programme], executor: Executor | None
) -> dict[str, pa.Table]:
    """The rows that a replay of deeds and decisions gives, by table."""
    until = _last_day(pending, programmes[-1])
    many = until is not None and sum(file.rows for file in pending.files("purchases")) >= AT_ONCE
    parts = [only_shards(pending, [shard]) for shard in range(SHARDS)] if many else [pending]
    run = map if executor is None or not many else executor.map
    found = list(run(partial(_of_part, programmes=programmes, until=until), parts))
    return {name: pa.concat_tables([one[name] for one in found]) for name in found[0]}


def _last_day(pending: Snapshot, programme: Programme) -> int | None:
    """The last day with a deed or decision of anybody; None where there is none."""
    sql = """SELECT epoch_us(max(occurred_at)) FROM (SELECT occurred_at FROM purchases
        UNION ALL SELECT occurred_at FROM activities
        UNION ALL SELECT occurred_at FROM entries WHERE NOT derived)"""
    last = pending.arrow(sql).column(0)[0].as_py()
    return None if last is None else int(day_of(np.array([last]), programme.zone)[0])


def _of_part(pending: Snapshot, programmes: Sequence[Programme], until: int | None) -> dict[str, pa.Table]:
    """As `_replayed`, of the members in that part of the facts."""
    # The order of ties decides which of two equal purchases earns first: by id, never by arrival.
    order = {
        "purchases": "member_id NULLS FIRST, occurred_at, purchase_id",
        "activities": "member_id, occurred_at, activity_id",
        "entries": "member_id, occurred_at, entry_id",
    }
    own = {"entries": "WHERE NOT derived"}
    frames = {
        name: pending.query(
            f"SELECT {', '.join(columns)} FROM {name} {own.get(name, '')} ORDER BY {order.get(name, 'ALL')}"
        )
        for name, columns in facts_for(*programmes).items()
    }
    derived, history = implied(frames, programmes, until)
    ids = (frames[name][column].to_numpy(object) for name, column in _IDS.items())
    rows = derived_frames(derived, history.members, *ids)
    return {name: declared(frame, fact_table(name)) for name, frame in rows.items()}


def _openings(pending: Snapshot, time_zone: str) -> pa.Table:
    """What each account must have held before its first line, so that it is never overdrawn.

    Of lines of one instant those that take points come first: whoever pays with points and earns on
    the same purchase had them before. Booked at the start of the member's first day.
    """
    sql = f"""
        WITH lines AS (SELECT member_id, account, occurred_at, sum(amount) OVER (
                 PARTITION BY member_id, account ORDER BY occurred_at, amount, entry_id
                 ROWS UNBOUNDED PRECEDING) AS balance FROM entries WHERE NOT derived),
        events AS (SELECT member_id, occurred_at FROM purchases
                   UNION ALL SELECT member_id, occurred_at FROM entries WHERE NOT derived),
        firsts AS (SELECT member_id, min(occurred_at) AS began FROM events GROUP BY member_id),
        mornings AS (SELECT member_id, began,
                     timezone($zone, date_trunc('day', timezone($zone, began))) AS morning FROM firsts),
        lowest AS (SELECT member_id, account, -min(balance) AS missing FROM lines
                   GROUP BY ALL HAVING min(balance) < 0)
        SELECT 'derived:opening:' || account || ':' || member_id AS entry_id, member_id, account,
               '{ADJUST}' AS kind, CAST(missing AS BIGINT) AS amount,
               CASE WHEN morning < began THEN morning ELSE began - INTERVAL 1 MICROSECOND END AS occurred_at,
               {quoted(OPENING)} AS reason
        FROM lowest JOIN mornings USING (member_id) ORDER BY entry_id"""
    return pending.arrow(sql, {"zone": time_zone})


def _empty(table: str) -> pa.Table:
    return fact_schema(ENTRIES if table == ENTRIES.name else TIER_CHANGES).empty_table()
