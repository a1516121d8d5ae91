"""The lake: one Delta table per fact table, written in whole transactions of at most 16 shards.

The Parquet files are written here and committed through the Delta log, because the library's own
writer cannot work in a folder whose path has brackets. The partition columns are kept in the files
too (Delta's "materialised partition columns"), so a reader needs nothing but the list of files.
File names are the root joined with the log's relative paths, never `file_uris()`.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from data.schema import DERIVED, SHARD, lake_schema, partition_columns
from data.shards import SHARDS, shards_of
from loyalty_core.errors import InputError
from loyalty_core.facts import Table

# A reader of an old snapshot, and a restore, need the log's past.
ROWS_OF_GROUP = 20_000
CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}


class LeaseLostError(RuntimeError):
    """Someone else has written to the lake meanwhile; this writer's work is void."""


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file of one version of a table."""

    path: Path
    relative: str
    shard: int
    derived: bool
    rows: int
    size: int


class LakeTable:
    """One fact table in the lake; versions are Delta's, 0 is the empty table."""

    def __init__(self, lake: Path, table: Table) -> None:
        self.table = table
        self.root = lake / table.name

    def head(self) -> int:
        """The newest version, published or not."""
        return DeltaTable(self.root).version()

    def create(self) -> None:
        """Make the empty table where it is missing."""
        if not DeltaTable.is_deltatable(str(self.root)):
            self.root.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                self.root,
                lake_schema(self.table),
                mode="ignore",
                partition_by=partition_columns(self.table),
                configuration=CONFIGURATION,
            )

    def files(self, version: int) -> list[LakeFile]:
        """The files that make up that version."""
        actions = pa.table(DeltaTable(self.root, version=version).get_add_actions(flatten=True)).to_pylist()
        return [
            LakeFile(
                path=self.root / action["path"],
                relative=action["path"],
                shard=int(action[f"partition.{SHARD}"]),
                derived=bool(action.get(f"partition.{DERIVED}", False)),
                rows=action["num_records"],
                size=action["size_bytes"],
            )
            for action in actions
        ]

    def restore(self, version: int) -> int:
        """Make the newest version equal to that one; returns the newest version."""
        head = self.head()
        if head == version:
            return head
        DeltaTable(self.root).restore(version)
        return self.head()

    def read(self, files: Sequence[LakeFile]) -> pa.Table:
        """The rows of those files in the order given, in today's columns but the partition's."""
        schema = lake_schema(self.table)
        schema = pa.schema([f for f in schema if f.name not in partition_columns(self.table)])
        tables = [pq.read_table(file.path, schema=schema, partitioning=None) for file in files]
        return pa.concat_tables(tables)

    def vacuum(self, versions: Iterable[int]) -> int:
        """Delete the files that none of those versions and not the newest one names; how many there were."""
        if not DeltaTable.is_deltatable(str(self.root)):
            return 0
        remove = partial(
            DeltaTable(self.root).vacuum,
            retention_hours=0,
            enforce_retention_duration=False,
            full=True,
            keep_versions=sorted(versions),
        )
        # The library lists what an earlier call has deleted, too.
        gone = [path for path in remove(dry_run=True) if (self.root / path).exists()]
        if gone:
            remove(dry_run=False)
        return len(gone)

    def commit(
        self, expected: int, add: Sequence[LakeFile], remove: Iterable[LakeFile] = (), *, changes: bool = True
    ) -> int:
        """One transaction on top of version `expected`; LeaseLostError if the table has moved on.

        `changes` is false where the same rows are only laid out anew.
        """
        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                file.relative,
                file.size,
                self._place(file),
                now,
                changes,
                json.dumps({"numRecords": file.rows}),
            )
            for file in add
        ]
        actions += [
            RemoveAction(file.relative, changes, now, file.size, self._place(file)) for file in remove
        ]
        delta = DeltaTable(self.root)
        moved_on = LeaseLostError(f"{self.table.name} was written by someone else meanwhile; import again")
        if delta.version() != expected:
            raise moved_on
        try:
            delta.create_write_transaction(
                actions,
                "append",
                lake_schema(self.table),
                partition_by=partition_columns(self.table),
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError as error:
            raise moved_on from error
        return expected + 1

    def write(self, rows: pa.Table, *, derived: bool = False) -> list[LakeFile]:
        """`rows` (declared and system columns but the partition's) as one uncommitted file per shard."""
        shards = shards_of(rows, self.table)
        order = np.argsort(shards.astype(np.uint8), kind="stable")
        ends = np.cumsum(np.bincount(shards, minlength=SHARDS))
        rows = _taken(rows, pa.array(order))
        pieces = [
            (shard, rows.slice(start, end - start))
            for shard, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
            if end > start
        ]
        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
            return list(pool.map(lambda piece: self._write_piece(*piece, derived), pieces))

    def write_file(self, tables: Sequence[pa.Table], shard: int, apart: Sequence[str] = ()) -> LakeFile:
        """Rows of a roll-up as one uncommitted file of that shard, in groups small enough to be passed over:
        none has two different values in one of the columns `apart`.

        All tables have the same of the declared columns, texts as codes if they like; of the others nothing
        is written. Whole numbers are told by how they differ from one row to the next.
        """
        shards = pa.scalar(shard, pa.int32())
        laid_out = [table.append_column(SHARD, pa.repeat(shards, len(table))) for table in tables]
        schema = laid_out[0].schema
        texts = [field.name for field in schema if _is_text(field.type)]
        numbers = [f.name for f in schema if pa.types.is_integer(f.type) or pa.types.is_date(f.type)]
        groups = (
            rows.slice(start, end - start)
            for rows in laid_out
            for start, end in pairwise([*_starts(rows, apart), len(rows)])
        )
        layout = {
            "compression": "lz4",  # codes and differences are small already
            "use_dictionary": texts,
            "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            "write_statistics": [*apart, self.table.time],  # by which groups are passed over
            "store_schema": False,  # to a reader of the file, codes are texts
        }
        return self._write_shard(groups, schema, shard, False, layout)

    def _write_piece(self, shard: int, rows: pa.Table, derived: bool) -> LakeFile:
        rows = self._laid_out(rows, shard, derived)
        return self._write_shard([rows], rows.schema, shard, derived, {"compression": "zstd"})

    def _write_shard(
        self,
        groups: Iterable[pa.Table],
        schema: pa.Schema,
        shard: int,
        derived: bool,
        layout: Mapping[str, Any],
    ) -> LakeFile:
        """Groups of rows as one file, laid out in the given way."""
        place = self._place_of(shard, derived)
        folder = "/".join(f"{name}={value}" for name, value in place.items())
        relative = f"{folder}/part-{uuid4().hex}.parquet"
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        count = 0
        with pq.ParquetWriter(path, schema, **layout) as file:
            for rows in groups:
                file.write_table(rows)
                count += len(rows)
        return LakeFile(path, relative, shard, derived, count, path.stat().st_size)

    def _laid_out(self, rows: pa.Table, shard: int, derived: bool) -> pa.Table:
        """The rows with all columns of the lake's files."""
        constants = {SHARD: pa.array(np.full(len(rows), shard, np.int32))}
        if self.table.may_be_derived:
            constants[DERIVED] = pa.array(np.full(len(rows), derived, np.bool_))
        schema = lake_schema(self.table)
        columns = [
            constants[f.name] if f.name in constants else rows.column(f.name).cast(f.type) for f in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    def _place(self, file: LakeFile) -> dict[str, str | None]:
        return self._place_of(file.shard, file.derived)

    def _place_of(self, shard: int, derived: bool) -> dict[str, str | None]:
        place: dict[str, str | None] = {SHARD: str(shard)}
        if self.table.may_be_derived:
            place[DERIVED] = str(derived).lower()
        return place


def _starts(rows: pa.Table, apart: Sequence[str]) -> list[int]:
    """Where the groups of rows begin."""
    changes = np.zeros(len(rows), bool)
    for name in apart:
        codes = rows.column(name).unify_dictionaries().combine_chunks()
        codes = codes if pa.types.is_dictionary(codes.type) else codes.dictionary_encode()
        code = codes.indices.to_numpy(zero_copy_only=False)
        changes[1:] |= code[1:] != code[:-1]
    begun = [0, *np.flatnonzero(changes).tolist()]
    return [
        start
        for first, end in pairwise([*begun, max(len(rows), 1)])
        for start in range(first, end, ROWS_OF_GROUP)
    ]


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) or pa.types.is_string(kind)


def _taken(rows: pa.Table, order: pa.Array) -> pa.Table:
    """The rows in that order; columns that say nothing stay as they are."""
    columns = [one if one.null_count == len(rows) else one.take(order) for one in rows.columns]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def usable_folder(path: Path) -> Path:
    """The absolute path; InputError where Delta's paths cannot name it (it decodes %41 and turns \\ to /)."""
    path = path.expanduser().absolute()
    if re.search(r"%[0-9A-Fa-f]{2}|\\", str(path)):
        raise InputError(
            f"{path}: a workspace's path must not hold % with two digits or a backslash; move it"
        )
    return path


def make_durable(paths: Iterable[Path]) -> None:
    """Wait until these files and the folders that hold them are on disk."""
    files = list(paths)
    for path in [*files, *{file.parent for file in files}]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
