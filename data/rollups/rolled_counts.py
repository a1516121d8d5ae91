"""Counts as they lie in the files of a roll-up: texts by codes, and only the columns that rows have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.lake import ROWS_OF_GROUP, LakeFile, LakeTable
from data.rollup_tables import MEMBER_MONTHS
from data.schema import SHARD
from loyalty_core.arrays import Ints
from loyalty_core.counting.finest import COLUMN
from loyalty_core.days import NEVER
from loyalty_core.facts import Column, Kind, Table

APART = ("step", "grain", COLUMN)  # a group of rows has one of each


def rolled(frame: pd.DataFrame, table: Table, part: int, **alike: str) -> pa.Table:
    """A frame of counts as Arrow, in the columns that it has; those of `alike` hold one text in all rows.

    Members and lots get numbers that are different in every part. ValueError for an undeclared column.
    """
    if unknown := set(frame.columns) - {column.name for column in table}:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    found = {
        column.name: _alike(alike[column.name], len(frame))
        if column.name in alike
        else _column(frame[column.name], column, part)
        for column in table
        if column.name in alike or column.name in frame
    }
    return pa.table(found)


def _alike(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array([text]))


def _column(values: pd.Series, column: Column, part: int) -> pa.Array:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _texts(values.cat.codes.to_numpy(np.int32), values.cat.categories)
    if column.name in ("member", "lot"):
        return pa.array(values.to_numpy(np.int64) + (part << 32))
    if column.kind is Kind.DATE:
        days = values.to_numpy(np.int32)
        return pa.array(days, pa.int32(), mask=days == NEVER).view(pa.date32())
    return pa.array(values, from_pandas=True)


def _texts(codes: Ints, texts: pd.Index) -> pa.Array:
    found = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(texts, pa.string()))
    # Each group of rows holds all texts that there are codes of.
    return found if len(texts) <= ROWS_OF_GROUP else found.cast(pa.string())


def rolled_so_far(file: LakeFile, table: Table) -> pa.Table:
    """The rows of a file, as `rolled` gave them."""
    texts = [column.name for column in table if column.kind is Kind.TEXT]
    return pq.read_table(file.path, read_dictionary=texts, partitioning=None).drop_columns([SHARD])


def write_rolled(lake: LakeTable, part: int, tables: Sequence[pa.Table]) -> LakeFile:
    """The tables of a part, which have the same columns, as one file that is not committed yet."""
    if len(tables) > 1:
        tables = alike_typed(tables)
        tables = [_by_member(tables)] if lake.table is MEMBER_MONTHS else tables
    return lake.write_file(tables, part, [name for name in APART if name in tables[0].schema.names])


def alike_typed(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """The tables with texts plain where those of any are."""
    plain = {field.name for rows in tables for field in rows.schema if pa.types.is_string(field.type)}
    found = []
    for rows in tables:
        for name in plain:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, name, rows.column(name).cast(pa.string()))
        found.append(rows)
    return found


def _by_member(tables: Sequence[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables).unify_dictionaries()
    keys = {"member": whole.column("member_id").cast(pa.string()), "end": whole.column("period_end")}
    order = [(name, "ascending") for name in keys]
    return whole.take(pc.sort_indices(pa.table(keys), order))
