"""Parquet files as sheets: typed columns written out as the plainest texts."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.intake.sheets import Sheet, assert_count, numbered
from data.sql import identifier, quoted_path
from loyalty_core.errors import InputError


def parquet_sheet(source: str | io.BytesIO, name: str) -> Sheet:
    """The rows of the file; columns that hold lists or structures are left out."""
    import pyarrow.parquet as parquet

    try:
        table = parquet.ParquetFile(source, memory_map=True).read()
        counted = counted_rows(source)
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise InputError(f"{name}: not a readable Parquet file; write it again") from error
    assert_count(name, len(table), counted)
    flat = [column for column in table.schema if not pa.types.is_nested(column.type)]
    typed = [column.name for column in flat if pa.types.is_temporal(column.type)]
    texts = {column.name: _as_texts(table.column(column.name)) for column in flat}
    return Sheet(rows=numbered(pa.table(texts)), rows_read=counted, encoding="parquet", typed=typed)


def counted_rows(source: str | io.BytesIO) -> int:
    """Rows, by another library than the one that reads them; it reads a column, not only the footer."""
    with NamedTemporaryFile(suffix=".parquet") as unpacked, duckdb.connect() as duck:
        if isinstance(source, io.BytesIO):
            Path(unpacked.name).write_bytes(source.getbuffer())
        file = f"read_parquet({quoted_path(unpacked.name if isinstance(source, io.BytesIO) else source)})"
        column = duck.sql(f"SELECT * FROM {file} LIMIT 0").columns[0]
        counted = duck.sql(f"SELECT count(hash({identifier(column)})) FROM {file}").fetchall()
    return int(counted[0][0])


def _as_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _as_texts(values.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.string())
    # Values repeat: each is written out once.
    coded = pa.chunked_array(values, kind).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = _written_out(pa.chunked_array([coded.dictionary], kind)).combine_chunks()
    return pa.chunked_array([texts.take(coded.indices)], pa.string())


def _written_out(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value as a text: no exponent, no trailing .0, instants in ISO form."""
    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return values.cast(pa.binary()).cast(pa.string())
    if pa.types.is_timestamp(kind):
        zone, ending = (None, "") if kind.tz is None else ("UTC", "Z")
        plain = values.cast(pa.timestamp("us", zone), safe=False)
        return pc.strftime(plain, f"%Y-%m-%d %H:%M:%S{ending}").cast(pa.string())
    texts = values.cast(pa.string())
    if pa.types.is_floating(kind) and pc.any(pc.match_substring(texts, "e")).as_py():
        return pa.chunked_array([[_without_exponent(text) for text in texts.to_pylist()]], pa.string())
    return texts


def _without_exponent(text: str | None) -> str | None:
    return format(Decimal(text), "f") if text and "e" in text else text
