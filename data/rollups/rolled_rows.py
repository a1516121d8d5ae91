"""Rows of a roll-up straight from its files: only the groups of rows that can hold what is asked for, and of
those only the columns that are looked at, as arrays.

The files of a snapshot never change, so that their footers are read once, and columns that were looked at
are kept as far as there is room. A question then costs about as much as its answer is large, however long
the history is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cachetools import LRUCache

from data.lake import LakeFile
from data.rollups.rolled_counts import APART
from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, to_day
from loyalty_core.facts import Kind, Table

Array = npt.NDArray[Any]
Place = tuple[str, int, str]  # a roll-up, one of its groups of rows, a column
Span = tuple[int, int]  # days, both included

KEPT_BYTES = 256 * 2**20
ROWS_AT_ONCE = 1_000_000  # read without the help of threads, and kept


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """Columns of groups of rows that were looked at last; for several threads."""

    _arrays: LRUCache[Place, Array] = field(
        default_factory=lambda: LRUCache(KEPT_BYTES, getsizeof=lambda array: array.nbytes)
    )
    _lock: Lock = field(default_factory=Lock)

    def among(self, places: Iterable[Place]) -> dict[Place, Array]:
        """Those that are kept."""
        with self._lock:
            return {place: self._arrays[place] for place in places if place in self._arrays}

    def keep(self, found: Mapping[Place, Array]) -> None:
        """Keep those, too."""
        with self._lock:
            self._arrays.update((place, array.copy()) for place, array in found.items())


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of rows in the files of a roll-up: the file of each, its place and rows there, its days, and
    by column and text those whose rows have it."""

    file: Ints
    place: Ints
    rows: Ints
    first: Ints
    last: Ints
    with_text: Mapping[str, Mapping[str, Flags]]

    def holding(self, apart: Mapping[str, Collection[str]], span: Span | None) -> Ints:
        """Numbers of the groups in which rows with those texts and days can be."""
        found = np.ones(len(self.file), bool)
        for name, kept in apart.items():
            groups = [self.with_text[name][text] for text in kept if text in self.with_text[name]]
            found &= np.logical_or.reduce(groups) if groups else False
        if span is not None:
            found &= (self.first <= span[1]) & (self.last >= span[0])
        return np.flatnonzero(found)


@dataclass(frozen=True)
class RolledTable:
    """A roll-up of a snapshot; `table.time` is the day that a row is of, `labels` code its texts."""

    table: Table
    files: tuple[LakeFile, ...]
    labels: Mapping[str, Sequence[str]]
    kept: KeptColumns

    def column(self, name: str) -> Array:
        """All rows of one column, in an order that is the same for each: all columns at once would take twice
        as much memory as they are while they are put together."""
        return self.rows([name])[name]

    def rows(
        self,
        columns: Iterable[str],
        apart: Mapping[str, Collection[str]] | None = None,
        accepted: Mapping[str, Flags] | None = None,
        span: Span | None = None,
    ) -> dict[str, Array]:
        """Columns of the rows that have the texts `apart`, a day in the span, and codes that are `accepted`:
        flags over codes shifted by one, 0 for unknown.

        Texts as codes, -1 for none and others; days since 1970-01-01. What is missing: NEVER, 0 and false.
        """
        names, accepted = list(dict.fromkeys(columns)), accepted or {}
        groups = self._groups.holding(apart or {}, span)
        looked_at = {*names, *accepted, *([] if span is None else [self.table.time])}
        found = self._columns(groups, sorted(looked_at))
        parts = []
        for group in groups.tolist():
            part = {name: found[self.table.name, group, name] for name in looked_at}
            at = self._kept_rows(part, accepted, span)
            parts.append({name: part[name] if at is None else part[name][at] for name in names})
        del found  # so that of each column the parts go when it is whole
        told = {
            name: np.concatenate([part.pop(name) for part in parts]) if parts else self._nothing(name)
            for name in names
        }
        if self._groups.rows[groups].sum() > ROWS_AT_ONCE:
            pa.default_memory_pool().release_unused()  # which it would keep for the next files
        return told

    def _kept_rows(
        self, part: Mapping[str, Array], accepted: Mapping[str, Flags], span: Span | None
    ) -> Ints | None:
        """Which rows pass; None for all of them."""
        at: Ints | None = None
        if span is not None:
            day = part[self.table.time]
            at = np.flatnonzero((day >= span[0]) & (day <= span[1]))
        for name, among in accepted.items():
            codes = part[name] if at is None else part[name][at]
            inside = np.flatnonzero(among[codes + 1])
            at = inside if at is None else at[inside]
        return at

    def _columns(self, groups: Ints, names: Sequence[str]) -> dict[Place, Array]:
        """Columns of those groups, from memory or from the files."""
        found = self.kept.among(product([self.table.name], groups.tolist(), names))
        lacking: dict[int, tuple[list[int], set[str]]] = {}
        for group in groups.tolist():
            if missing := [name for name in names if (self.table.name, group, name) not in found]:
                some, those = lacking.setdefault(int(self._groups.file[group]), ([], set()))
                some.append(group)
                those.update(missing)
        work = [(file, some, sorted(those)) for file, (some, those) in lacking.items()]
        if sum(int(self._groups.rows[some].sum()) for _, some, _ in work) > ROWS_AT_ONCE:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                for read in threads.map(self._read, *zip(*work, strict=True)):
                    found |= read
            return found
        for one in work:
            read = self._read(*one)
            self.kept.keep(read)
            found |= read
        return found

    def _read(self, file: int, groups: Sequence[int], names: Sequence[str]) -> dict[Place, Array]:
        texts = [name for name in names if self.table.column(name).kind is Kind.TEXT]
        footer = self._footers[file]
        with pq.ParquetFile(self.files[file].path, metadata=footer, read_dictionary=texts) as opened:
            places = self._groups.place[groups].tolist()
            rows = opened.read_row_groups(places, columns=list(names), use_threads=False)
        ends = np.cumsum(self._groups.rows[groups])[:-1]
        return {
            (self.table.name, group, name): part
            for name in names
            for group, part in zip(groups, np.split(self._as_array(name, rows), ends), strict=True)
        }

    def _as_array(self, name: str, rows: pa.Table) -> Array:
        if name not in rows.schema.names:  # nothing in the file has it
            missing = -1 if self.table.column(name).kind is Kind.TEXT else 0
            return np.full(len(rows), missing, self._nothing(name).dtype)
        column = rows.column(name)
        if pa.types.is_dictionary(column.type):
            return self._codes(name, column.unify_dictionaries().combine_chunks())
        if pa.types.is_date32(column.type):
            column, missing = column.cast(pa.int32()), int(NEVER)
        else:
            missing = False if pa.types.is_boolean(column.type) else 0
        if column.null_count:
            column = pc.fill_null(column, pa.scalar(missing).cast(column.type))
        return column.to_numpy()

    def _codes(self, name: str, column: pa.DictionaryArray | pa.ChunkedArray) -> Array:
        whole = column if isinstance(column, pa.Array) else column.combine_chunks()
        texts = pd.Index(whole.dictionary.to_pylist(), dtype="str")
        places = np.append(self._index[name].get_indexer(texts), -1).astype(self._nothing(name).dtype)
        codes: Array = places[pc.fill_null(whole.indices, len(texts)).to_numpy(zero_copy_only=False)]
        return codes

    def _nothing(self, name: str) -> Array:
        kind = self.table.column(name).kind
        if kind is Kind.TEXT:
            return np.zeros(0, np.int16 if len(self.labels[name]) < 2**15 else np.int32)
        return np.zeros(0, {Kind.FLAG: np.bool_, Kind.DATE: np.int32}.get(kind, np.int64))

    @cached_property
    def _index(self) -> dict[str, pd.Index]:
        return {name: pd.Index(list(texts), dtype="str") for name, texts in self.labels.items()}

    @cached_property
    def _footers(self) -> list[pq.FileMetaData]:
        return [pq.read_metadata(file.path) for file in self.files]

    @cached_property
    def _groups(self) -> Groups:
        apart = [name for name in APART if any(column.name == name for column in self.table)]
        numbers, texts = [], []
        for number, footer in enumerate(self._footers):
            place_of = {name: place for place, name in enumerate(footer.schema.names)}
            for place in range(footer.num_row_groups):
                group = footer.row_group(place)
                days = _days(group.column(place_of[self.table.time]).statistics)
                numbers.append((number, place, group.num_rows, *days))
                texts.append([group.column(place_of[name]).statistics.min for name in apart])
        told = np.array(texts, object).reshape(len(texts), len(apart)).T
        with_text = {
            name: {text: some == text for text in set(some)} for name, some in zip(apart, told, strict=True)
        }
        return Groups(*np.array(numbers, np.int64).reshape(-1, 5).T, with_text=with_text)


def _days(told: Any) -> Span:
    """The first and last day that a footer tells of."""
    if told is None or not told.has_min_max or told.null_count:
        return -(2**31), int(NEVER)
    return to_day(told.min), to_day(told.max)
