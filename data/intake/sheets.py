"""A file as one table of texts: what every reader gives, whatever the format.

Nothing is converted: a number stays the text that the source wrote. Every format has two readers, one
that parses and one that only counts, and they must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from loyalty_core.errors import InputError

LINE, START, STOP = "_line", "_start", "_stop"


@dataclass(slots=True)
class Sheet:
    """What a file holds: rows as texts, records that could not be read, and the count of both.

    `rows` has the file's columns and `_line`; for a text file also `_start` and `_stop`, the bytes of the
    record in `text`. `typed` names the columns that the file itself holds as dates or numbers.
    """

    rows: pa.Table
    bad_line: list[int] = field(default_factory=list)
    bad_reason: list[str] = field(default_factory=list)
    bad_text: list[str] = field(default_factory=list)
    rows_read: int = 0
    encoding: str = ""
    text: bytes | None = None
    typed: list[str] = field(default_factory=list)


def text_table(columns: Mapping[str, Sequence[str | None]]) -> pa.Table:
    """A table of texts."""
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def unique_names(names: Sequence[str], where: str) -> list[str]:
    """The columns that a header names, nameless ones by their place; InputError where one stands twice."""
    columns = [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        raise InputError(f"{where}: the column {min(twice)} stands twice in the header; rename one")
    return columns


def numbered(rows: pa.Table) -> pa.Table:
    """The rows with their number as `_line`, where a source has no lines."""
    return rows.append_column(LINE, pa.array(np.arange(1, len(rows) + 1)))


def assert_count(name: str, read: int, counted: int) -> None:
    """InputError where the reader that parses and the one that counts disagree."""
    if read != counted:
        raise InputError(f"{name}: one reader finds {read} rows, another {counted}; nothing was taken")


def cell(value: Any) -> str:
    """A typed value as text; numbers with the 15 digits that Excel itself holds for true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
