"""Rows of a roll-up straight from its files: only the groups of rows that can hold what is asked for, and of
those only the columns that are looked at.

The files of a snapshot never change, so that their footers are read once. A question then costs about as
much as its answer is large, however long the history is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.lake import LakeFile
from data.schema import ARROW_TYPES, pandas_frame
from loyalty_core.days import to_date
from loyalty_core.facts import Kind, Table
from loyalty_core.history import NEVER, Flags

Texts = Mapping[str, Collection[str | None]]  # by column those that are kept, None for unknown ones
Span = tuple[int, int]  # days, both included


@dataclass(frozen=True, slots=True)
class RolledFile:
    """A file of a roll-up with its footer, and the least and most of some columns in each group of rows."""

    path: Path
    footer: pq.FileMetaData
    ranges: tuple[Mapping[str, tuple[Any, Any]], ...]

    def groups(self, texts: Texts, days: tuple[date, date] | None, day: str) -> list[int]:
        """The groups in which rows with those texts and days can be."""
        return [
            number
            for number, ranges in enumerate(self.ranges)
            if all(_may_hold(ranges.get(name), kept) for name, kept in texts.items())
            and (days is None or _overlap(ranges.get(day), days))
        ]

    def alike(self, groups: Sequence[int], name: str, kept: Collection[str | None]) -> bool:
        """Whether all rows of those groups have one of the texts, as the footer tells."""
        told = (self.ranges[group].get(name) for group in groups)
        return all(one is not None and one[0] == one[1] and one[0] in kept for one in told)


@dataclass(frozen=True, slots=True)
class RolledTable:
    """A roll-up of a snapshot, whose `table.time` is the day that a row is of."""

    table: Table
    files: tuple[RolledFile, ...]

    def frame(self, columns: Iterable[str], texts: Texts, span: Span | None = None) -> pd.DataFrame:
        """The rows with those texts and a day in the span.

        Texts as categories, days as numbers since 1970-01-01. What is missing: NEVER, 0 and false.
        """
        names = list(dict.fromkeys(columns))
        days = None if span is None else (to_date(span[0]), to_date(span[1]))
        asked = [
            (file, groups) for file in self.files if (groups := file.groups(texts, days, self.table.time))
        ]
        read = partial(self._read, names, texts, span)
        if len(asked) > 1:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                parts = list(threads.map(read, asked))
        else:
            parts = [read(one) for one in asked]
        rows = pa.concat_tables(parts) if parts else self._nothing(names)
        return pandas_frame(_in_one_piece(rows))

    def _read(
        self, columns: list[str], texts: Texts, span: Span | None, asked: tuple[RolledFile, list[int]]
    ) -> pa.Table:
        file, groups = asked
        texts = {name: kept for name, kept in texts.items() if not file.alike(groups, name, kept)}
        names = list(dict.fromkeys((*columns, *texts, *([] if span is None else [self.table.time]))))
        texts_read = [one for one in names if self.table.column(one).kind is Kind.TEXT]
        with pq.ParquetFile(file.path, metadata=file.footer, read_dictionary=texts_read) as opened:
            rows = opened.read_row_groups(groups, columns=names, use_threads=False)
        rows = _as_numbers(_in_one_piece(rows))
        kept = np.ones(len(rows), bool)
        for name, among in texts.items():
            kept &= _among(rows.column(name), among)
        if span is not None:
            day = rows.column(self.table.time).to_numpy()
            kept &= (day >= span[0]) & (day <= span[1])
        return rows.select(columns) if kept.all() else rows.select(columns).take(np.flatnonzero(kept))

    def _nothing(self, columns: Sequence[str]) -> pa.Table:
        types = {name: ARROW_TYPES[self.table.column(name).kind] for name in columns}
        coded = pa.dictionary(pa.int32(), pa.string())
        fields = [pa.field(name, coded if pa.types.is_string(kind) else kind) for name, kind in types.items()]
        return _as_numbers(pa.schema(fields).empty_table())


def rolled_table(table: Table, files: Iterable[LakeFile], told: Collection[str]) -> RolledTable:
    """The roll-up in those files; `told` are the columns by which groups of rows are passed over."""
    return RolledTable(table, tuple(_rolled_file(file.path, told) for file in files))


def _rolled_file(path: Path, told: Collection[str]) -> RolledFile:
    footer = pq.read_metadata(path)
    places = [(name, place) for place, name in enumerate(footer.schema.names) if name in told]
    ranges = []
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        known = ((name, group.column(place).statistics) for name, place in places)
        ranges.append({name: (one.min, one.max) for name, one in known if _is_told(one)})
    return RolledFile(path, footer, tuple(ranges))


def _is_told(statistics: Any) -> bool:
    """Whether least and most are known and no row lacks the value."""
    return statistics is not None and statistics.has_min_max and statistics.null_count == 0


def _may_hold(told: tuple[Any, Any] | None, kept: Collection[str | None]) -> bool:
    return told is None or any(text is None or told[0] <= text <= told[1] for text in kept)


def _overlap(told: tuple[Any, Any] | None, days: tuple[date, date]) -> bool:
    return told is None or (told[0] <= days[1] and days[0] <= told[1])


def _in_one_piece(rows: pa.Table) -> pa.Table:
    return rows.unify_dictionaries().combine_chunks()


def _as_numbers(rows: pa.Table) -> pa.Table:
    """Days as numbers, and none missing."""
    for place, field in enumerate(rows.schema):
        column = rows.column(place)
        if pa.types.is_date32(field.type):
            column = pc.fill_null(column.cast(pa.int32()), pa.scalar(NEVER, pa.int32()))
        elif column.null_count and (pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)):
            column = pc.fill_null(column, pa.scalar(0).cast(field.type))
        rows = rows.set_column(place, field.name, column)
    return rows


def _among(column: pa.ChunkedArray, kept: Collection[str | None]) -> Flags:
    """Whether each text is one of those, looked up once for each that occurs."""
    pieces = [
        np.append([text in kept for text in piece.dictionary.to_pylist()], None in kept)[
            pc.fill_null(piece.indices, len(piece.dictionary)).to_numpy(zero_copy_only=False)
        ]
        for piece in column.chunks
    ]
    return np.concatenate(pieces).astype(bool) if pieces else np.zeros(0, bool)
