"""Texts as codes: members, whom several tables name, by the same codes in all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.schema import pandas_frame
from loyalty_core.arrays import Ints

MEMBER_ID = "member_id"


def coded_frames(tables: Mapping[str, pa.Table]) -> dict[str, pd.DataFrame]:
    """The tables for pandas, texts as categories, which are cheap to hold and compare; members as the same
    sorted categories in all tables, looked at but once."""
    naming = {name: rows for name, rows in tables.items() if MEMBER_ID in rows.schema.names}
    codes, ids = _codes_of_all({name: rows.column(MEMBER_ID) for name, rows in naming.items()})
    found = {}
    for name, rows in tables.items():
        if name in codes:
            found[name] = pandas_frame(_coded(rows.drop_columns([MEMBER_ID])))
            named = pd.Categorical.from_codes(codes[name], dtype=ids, validate=False)
            found[name].insert(rows.schema.get_field_index(MEMBER_ID), MEMBER_ID, named)
        else:
            found[name] = pandas_frame(_coded(rows))
    return found


def _codes_of_all(columns: Mapping[str, pa.ChunkedArray]) -> tuple[dict[str, Ints], pd.CategoricalDtype]:
    """The codes of several columns of texts, -1 where missing, into the texts of all of them, sorted."""
    chunks = [chunk for column in columns.values() for chunk in column.dictionary_encode().chunks]
    none = pa.dictionary(pa.int32(), pa.string())
    whole = pa.chunked_array(chunks, none).unify_dictionaries()
    texts = whole.chunk(0).dictionary if chunks else pa.array([], pa.string())
    order = pc.sort_indices(texts)
    places = np.empty(len(texts) + 1, np.int32)
    places[order.to_numpy()], places[-1] = np.arange(len(texts)), -1
    missing = pa.scalar(len(texts), pa.int32())
    codes = [places[pc.fill_null(chunk.indices, missing).to_numpy()] for chunk in whole.chunks]
    ends = np.cumsum([len(column) for column in columns.values()])
    parts = np.split(np.concatenate(codes or [places[:0]]), ends[:-1]) if len(ends) else []
    ids = pd.Index(texts.take(order).to_pandas(), dtype="str")
    return dict(zip(columns, parts, strict=True)), pd.CategoricalDtype(ids)


def _coded(rows: pa.Table) -> pa.Table:
    for place, column in enumerate(rows.schema):
        if pa.types.is_string(column.type):
            rows = rows.set_column(place, column.name, rows.column(place).dictionary_encode())
    return rows
