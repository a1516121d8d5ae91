"""How the declared fact tables are stored: Arrow types, system columns, and rows brought into that form.

Every write carries the declared schema: a column that is all null would otherwise lose its type,
and an undeclared one would vanish without a word.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TypeAlias

import pandas as pd
import pyarrow as pa

from data.rollup_tables import ROLLUPS
from loyalty_core.facts import TABLES, Kind, Table

Rows: TypeAlias = "pa.Table | pa.RecordBatch | pd.DataFrame"

ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.MONEY: pa.int64(),
    Kind.POINTS: pa.int64(),
    Kind.DATE: pa.date32(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.FLAG: pa.bool_(),
    Kind.TEXTS: pa.list_(pa.string()),
}

SHARD, DERIVED, VERSION, IMPORT_ID = "shard", "derived", "version", "import_id"


def fact_table(name: str) -> Table:
    """The declared table of that name; KeyError with the known names otherwise."""
    if name not in TABLES:
        raise KeyError(f"no fact table {name}; there are {', '.join(TABLES)}")
    return TABLES[name]


def lake_table(name: str) -> Table:
    """The declared table of facts or roll-ups of that name."""
    return ROLLUPS[name] if name in ROLLUPS else fact_table(name)


def fact_schema(table: Table) -> pa.Schema:
    """The declared columns alone, as an importer delivers them."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.kind]) for column in table])


def system_fields(table: Table) -> list[pa.Field]:
    """What the lake adds to a row: its shard, the import that brought it, whether the core derived it,
    and, where a row can have several versions, its place in the order of writing."""
    fields = [pa.field(SHARD, pa.int32())]
    if table.name not in ROLLUPS:
        fields.append(pa.field(IMPORT_ID, pa.string()))
    if table.may_be_derived:
        fields.append(pa.field(DERIVED, pa.bool_()))
    if table.versioned:
        fields.append(pa.field(VERSION, pa.int64()))
    return fields


def lake_schema(table: Table) -> pa.Schema:
    """Declared and system columns, as they stand in the lake's files."""
    return pa.schema([*fact_schema(table), *system_fields(table)])


def partition_columns(table: Table) -> list[str]:
    """Derived rows lie in files of their own, so that they can be replaced without rewriting a fact."""
    return [SHARD, DERIVED] if table.may_be_derived else [SHARD]


def declared(rows: Rows, table: Table) -> pa.Table:
    """`rows` in exactly the declared columns and types, missing optional columns null.

    Raises ValueError for an undeclared column, a missing or null required one, or a value that
    does not fit its type without loss.
    """
    given = set(rows.columns if isinstance(rows, pd.DataFrame) else rows.schema.names)
    unknown = given - {column.name for column in table}
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    arrays = []
    nothing = cache(partial(pa.nulls, len(rows)))  # one for all columns of a type that are not given
    for column in table:
        kind = ARROW_TYPES[column.kind]
        array = _as_declared(rows, column.name, kind, table) if column.name in given else nothing(kind)
        if column.required and array.null_count:
            raise ValueError(f"{table.name}.{column.name} is required, {array.null_count} rows lack it")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=fact_schema(table))


def _as_declared(rows: Rows, name: str, kind: pa.DataType, table: Table) -> pa.ChunkedArray | pa.Array:
    try:
        if not isinstance(rows, pd.DataFrame):
            return rows.column(name).cast(kind)
        column = rows[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        if column.dtype == object:
            return pa.array(column, kind, from_pandas=True)
        return pa.array(column, from_pandas=True).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ValueError(f"{table.name}.{name} does not fit {kind}: {error}") from error


def pandas_frame(rows: pa.Table) -> pd.DataFrame:
    """The same rows for pandas, nothing rounded: integers with nulls stay integers (Int64), whole
    decimals (DuckDB's sums) become int64, dates datetime64, texts pandas' str."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.int64()))
    for place, field in enumerate(rows.schema):
        if pa.types.is_date(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.timestamp("us")))
    nullable = {
        field.name: _NULLABLE[field.type]
        for place, field in enumerate(rows.schema)
        if field.type in _NULLABLE and rows.column(place).null_count
    }
    plain = [name for name in rows.schema.names if name not in nullable]
    frame = rows.select(plain).to_pandas()
    for name, dtype in nullable.items():
        frame[name] = rows.column(name).to_pandas(types_mapper=lambda _, dtype=dtype: dtype)
    return frame.loc[:, rows.schema.names]


_NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
