"""The answer of a database as a sheet of texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from data.intake.mapping import FileRule
from data.intake.sheets import Sheet, cell, numbered, text_table
from loyalty_core.errors import InputError


def query_sheet(url: str, rule: FileRule, name: str) -> Sheet:
    """The rows of the declared query, in the order in which the database gives them."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_engine(url).connect() as connection:
            counted = connection.execute(text(f"select count(*) from ({rule.query}) as counted")).scalar_one()
            result = connection.execution_options(stream_results=True).execute(text(rule.query or ""))
            names = list(result.keys())
            batches = list(_batches(result, names))
    except SQLAlchemyError as error:
        raise InputError(f"{name}: {str(error).splitlines()[0]}") from error
    rows = numbered(pa.concat_tables([text_table(dict.fromkeys(names, ())), *batches]))
    if counted != len(rows):
        raise InputError(f"{name}: counted {counted} rows, read {len(rows)}: it changed meanwhile; try again")
    return Sheet(rows=rows, rows_read=len(rows), encoding="database", typed=names)


def _batches(result: Any, names: list[str]) -> Iterator[pa.Table]:
    for batch in result.partitions(50_000):
        columns = zip(*batch, strict=True)
        texts = [[None if value is None else cell(value) for value in column] for column in columns]
        yield text_table(dict(zip(names, texts, strict=True)))
