"""A snapshot: the facts as they were published, read through DuckDB from exactly the files of its versions.

A snapshot never changes and holds no lock: imports may go on meanwhile. DuckDB runs in memory, one for each
process with a connection per question, so snapshots may be shared by threads and sent to other processes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.coding import coded_frames
from data.lake import LakeFile, LakeTable
from data.rollup_tables import ROLLUPS
from data.schema import IMPORT_ID, SHARD, VERSION, fact_table, lake_schema, lake_table, pandas_frame
from data.sql import quoted_path
from loyalty_core.counting.cuts import MEMBER
from loyalty_core.facts import TABLES, Table

# Nothing is fetched from the network, and nothing is printed into someone's JSON.
SETTINGS: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_AMONG = "members_told"
_KEYS_KEPT = 200_000  # of rows that have several versions; more of them are looked for in each question
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
}


@dataclass(frozen=True)
class Snapshot:
    """The Delta version of each table; `as_of` is the last business day with an event, None if there is none.

    `id` is None for what a writer has not published yet.
    """

    id: int | None
    published_at: datetime | None
    versions: Mapping[str, int]
    as_of: date | None
    lake: Path
    note: str = ""
    among: frozenset[str] | None = None  # the members whose facts are told; everybody's where None
    _files: dict[str, list[LakeFile]] = field(default_factory=dict, repr=False, compare=False)
    _same_columns: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    _again: dict[str, pa.Table | None] = field(default_factory=dict, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """Sent to another process as it is just now: other threads may look up files meanwhile."""
        return {name: copy(value) for name, value in vars(self).items()}

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        given: Mapping[str, pd.DataFrame] | None = None,
    ) -> pd.DataFrame:
        """The answer to a SELECT over views named like the fact tables, and over frames that are given.

        `$name` takes a parameter. A versioned table's view holds the latest version of each key;
        `<table>_versions` holds all.
        """
        return pandas_frame(self.arrow(sql, parameters, given))

    def arrow(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        given: Mapping[str, pd.DataFrame] | None = None,
    ) -> pa.Table:
        """As `query`, as Arrow."""
        with self._connection(_named_in(sql)) as duck:
            for name, frame in (given or {}).items():
                duck.register(name, frame)
            return duck.sql(sql, params=dict(parameters or {})).to_arrow_table()

    def written(self, table: str, keys: pa.Table) -> pa.Table:
        """The facts but the derived ones whose keys are among `keys`; of a versioned table all versions."""
        fact = fact_table(table)
        names = ", ".join(column.name for column in fact)
        view = f"{table}_versions" if fact.versioned else table
        facts = "WHERE NOT derived" if fact.may_be_derived else ""
        with self._connection([fact]) as duck:
            duck.register("keys", keys)
            sql = f"SELECT {names} FROM {view} SEMI JOIN keys USING ({', '.join(fact.key)}) {facts}"
            return duck.sql(sql).to_arrow_table()

    def coded(self, queries: Mapping[str, str]) -> dict[str, pd.DataFrame]:
        """The answers to several SELECTs, read at one go, as `coded_frames`."""
        return coded_frames(self.answers(queries))

    def answers(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        """The answers to several SELECTs, read at one go."""
        with self._connection(_named_in(" ".join(queries.values()))) as duck:
            return {name: duck.sql(sql).to_arrow_table() for name, sql in queries.items()}

    def frame(
        self, table: str, shards: Iterable[int] | None = None, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """The rows of a table in its declared columns (or just `columns`), of all shards or only those."""
        names = list(columns or [column.name for column in fact_table(table)])
        chosen = None if shards is None else frozenset(shards)
        with self._connection([fact_table(table)], chosen) as duck:
            selected = ", ".join(f'"{name}"' for name in names)
            return pandas_frame(duck.sql(f"SELECT {selected} FROM {table}").to_arrow_table())

    def count(self, table: str) -> int:
        """How many rows the table has; of a versioned one, how many keys."""
        if not fact_table(table).versioned and self.among is None:
            return sum(file.rows for file in self.files(table))
        return int(self.arrow(f"SELECT count(*) FROM {table}").column(0)[0].as_py())

    def of_members(self, ids: Iterable[str]) -> Snapshot:
        """The facts of those members alone, of which nothing is rolled up; and those that are no member's."""
        versions = {name: version for name, version in self.versions.items() if name in TABLES}
        return replace(self, versions=versions, among=frozenset(ids), _files={}, _same_columns={}, _again={})

    def rolled_up_in(self, files: Mapping[str, list[LakeFile]]) -> Snapshot:
        """The same facts with roll-ups of them, which lie in those files."""
        return replace(self, _files={**self._files, **files})

    def part(self, files: dict[str, list[LakeFile]]) -> Snapshot:
        """The facts in some of its files, by table, where these hold all versions of a row or none: what is
        known of all files by now is not looked for again."""
        known = {"_same_columns": dict(self._same_columns), "_again": dict(self._again)}
        versions = dict(self.versions)
        return Snapshot(None, None, versions, None, self.lake, among=self.among, _files=files, **known)

    def files(self, table: str) -> list[LakeFile]:
        """The files that hold the table; none if the snapshot is older than the table."""
        if table not in self._files:
            version = self.versions.get(table)
            found = [] if version is None else LakeTable(self.lake, lake_table(table)).files(version)
            self._files[table] = found
        return self._files[table]

    def _alike(self, table: str) -> bool:
        """Whether all files of the table have the same columns: to unite them by name in each question
        would cost a third of most."""
        if table not in self._same_columns:
            schemas = (pq.read_schema(file.path) for file in self.files(table))
            self._same_columns[table] = all(one == other for one, other in pairwise(schemas))
        return self._same_columns[table]

    def _connection(
        self, tables: Iterable[Table], shards: frozenset[int] | None = None
    ) -> duckdb.DuckDBPyConnection:
        duck = duck_in_memory()
        if self.among is not None:
            duck.register(_AMONG, self._told)
        for table in tables:
            files = [f for f in self.files(table.name) if shards is None or f.shard in shards]
            rows = _rows(table, files, among=self._is_limited(table), alike=self._alike(table.name))
            versions = f"{table.name}_versions" if table.versioned else table.name
            duck.execute(f"CREATE TEMP VIEW {versions} AS {rows}")
            if table.versioned:
                again = self._come_again(duck, table) if shards is None else _keys_again(table)
                duck.execute(f"CREATE TEMP VIEW {table.name} AS {_latest(table, again)}")
        return duck

    @cached_property
    def _told(self) -> pa.Table:
        """The members whose facts are told."""
        return pa.table({MEMBER: pa.array(sorted(self.among or ()), pa.string())})

    def _is_limited(self, table: Table) -> bool:
        """Whether others than the members told have rows there; what is rolled up of them is theirs alone."""
        return self.among is not None and table.name in TABLES

    def _come_again(self, duck: duckdb.DuckDBPyConnection, table: Table) -> str:
        """SQL for `_keys_again`, which are found once for all questions where they are few."""
        if table.name not in self._again:
            found = duck.sql(_keys_again(table)).limit(_KEYS_KEPT + 1).to_arrow_table()
            self._again[table.name] = None if len(found) > _KEYS_KEPT else found
        if (kept := self._again[table.name]) is None:
            return _keys_again(table)
        duck.register(f"{table.name}_again", kept)
        return f"FROM {table.name}_again"


def duck_in_memory() -> duckdb.DuckDBPyConnection:
    """A connection that sees nothing yet: what is registered or made as TEMP is its own, and goes with it."""
    duck = _database().cursor()
    duck.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    return duck


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """The DuckDB of this process: making one takes longer than most questions do. It keeps nothing of the
    files; what does not fit into memory goes to a folder of its own, not to the working one."""
    spill = Path(gettempdir()) / f"loyalty-duckdb-{uuid4().hex}"
    private = {"temp_directory": str(spill), "enable_external_file_cache": "false"}
    return duckdb.connect(config=SETTINGS | private)


def last_event_day(snapshot: Snapshot, zone: ZoneInfo) -> date | None:
    """The last business day on which something was bought, booked or done."""
    last = last_event_at(snapshot)
    return None if last is None else datetime.fromtimestamp(last / 1e6, zone).date()


def last_event_at(snapshot: Snapshot) -> int | None:
    """The instant of the last purchase, entry or activity, in microseconds of UTC."""
    last: int | None = snapshot.arrow(
        "SELECT epoch_us(max(occurred_at)) AS last FROM (SELECT occurred_at FROM purchases UNION ALL "
        "SELECT occurred_at FROM entries UNION ALL SELECT occurred_at FROM activities)"
    ).to_pylist()[0]["last"]
    return last


def state_hash(snapshot: Snapshot) -> str:
    """A hash of what the tables hold, whatever the order and the number of imports that brought it.

    Import ids and the running numbers of versions are left out. Comparable between snapshots read
    with one version of DuckDB, whose row hash it sums.
    """
    sums = [
        f"SELECT '{view}' AS view, {content_sums(content_columns(table))} FROM {view}"
        for name, table in TABLES.items()
        for view in ((name, f"{name}_versions") if table.versioned else (name,))
    ]
    found = snapshot.arrow(" UNION ALL ".join(sums) + " ORDER BY view").to_pylist()
    return hashlib.sha256(repr(found).encode()).hexdigest()


def content_columns(table: Table) -> list[str]:
    """What makes the content of a row: all columns but those that tell of the import."""
    return [name for name in lake_schema(table).names if name not in (IMPORT_ID, VERSION, SHARD)]


def content_sums(columns: Sequence[str]) -> str:
    """SQL for an order-free fingerprint of rows: their number, and the sum and parity of their hashes."""
    row = f"hash({', '.join(columns)})"
    return f'count(*) AS "rows", sum({row}::HUGEINT)::VARCHAR AS "sum", bit_xor({row})::VARCHAR AS "parity"'


def _named_in(sql: str) -> list[Table]:
    """The tables that a question may be about."""
    return [table for name, table in (TABLES | ROLLUPS).items() if re.search(rf"\b{name}", sql)]


def _rows(table: Table, files: Sequence[LakeFile], *, among: bool, alike: bool) -> str:
    """SQL for the table's rows; with no file there are none, of the declared types.

    `among` limits the rows that are a member's to those members; `alike` are files of the same columns.
    """
    schema = lake_schema(table)
    typed = ", ".join(f'NULL::{_SQL_TYPES[f.type]} AS "{f.name}"' for f in schema)
    names = ", ".join(f'"{name}"' for name in schema.names)
    # The empty part gives the types, and columns that were declared after the files were written.
    rows = f"SELECT {typed} WHERE false"
    if files:
        paths = ", ".join(quoted_path(file.path) for file in files)
        rows += (
            f" UNION ALL BY NAME SELECT * FROM"
            f" read_parquet([{paths}], hive_partitioning = false, union_by_name = {not alike})"
        )
    rows = f"SELECT {names} FROM ({rows})"
    if among and MEMBER in schema.names:
        rows += f" WHERE {MEMBER} IN (SELECT {MEMBER} FROM {_AMONG})"
    return rows


def _keys_again(table: Table) -> str:
    """SQL for the keys of rows with several versions, and the latest of these; to group by numbers first is
    faster than by texts."""
    key, versions = ", ".join(table.key), f"{table.name}_versions"
    alike = f"SELECT hash({key}) FROM {versions} GROUP BY ALL HAVING count(*) > 1"
    return (
        f"SELECT {key}, max({VERSION}) AS latest FROM {versions} WHERE hash({key}) IN ({alike}) "
        f"GROUP BY {key} HAVING count(*) > 1"
    )


def _latest(table: Table, again: str) -> str:
    """SQL for the last version of each key: few come again, so that leaving out what these had before costs a
    third of ranking all rows."""
    versions = f"{table.name}_versions"
    same = " AND ".join(f"{versions}.{name} = again.{name}" for name in table.key)
    return f"SELECT * FROM {versions} ANTI JOIN ({again}) AS again ON {same} AND {VERSION} < latest"
