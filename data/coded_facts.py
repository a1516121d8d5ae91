"""Facts straight from their files, texts by codes.

Whole tables are read several times faster than by a query, for texts lie in the files as codes already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.lake import LakeFile
from data.schema import lake_schema
from data.snapshots import Snapshot
from loyalty_core.counting.cuts import MEMBER
from loyalty_core.facts import Table


def coded_facts(snapshot: Snapshot, table: Table, columns: Sequence[str], *, plain: bool = False) -> pa.Table:
    """The rows of a table in those columns, in the order of a query; all versions where a table has them.

    `plain` leaves texts uncoded, which is faster where they are all different.
    """
    schema = lake_schema(table)
    kinds = {name: schema.field(name).type if plain else _coded(schema.field(name).type) for name in columns}
    pieces = [_of_file(file, kinds, snapshot.among) for file in snapshot.files(table.name)]
    return pa.concat_tables(pieces) if pieces else pa.schema(list(kinds.items())).empty_table()


def _coded(kind: pa.DataType) -> pa.DataType:
    return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind


def _of_file(file: LakeFile, kinds: Mapping[str, pa.DataType], among: frozenset[str] | None) -> pa.Table:
    """The rows of a file; of those members alone, if it is some."""
    footer = pq.read_metadata(file.path)
    there = [name for name in footer.schema.to_arrow_schema().names if name in kinds]
    coded = [name for name in there if pa.types.is_dictionary(kinds[name])]
    with pq.ParquetFile(file.path, metadata=footer, read_dictionary=coded) as opened:
        rows = opened.read(columns=there if among is None else [*there, MEMBER])
    if among is not None:
        rows = rows.filter(pc.is_in(rows.column(MEMBER), value_set=pa.array(sorted(among), pa.string())))
    # A column that was declared after the file was written is unknown in all of its rows.
    columns = [rows.column(name) if name in there else pa.nulls(len(rows), kinds[name]) for name in kinds]
    return pa.table(columns, names=list(kinds))
