"""What the product is compared with: pandas into SQLite, and SQL over raw tables in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from dashboard.benchmark.questions import Question

CHUNK = 200_000
_TABLES = {
    "members": "member_id text, since date, joined date, gender text, region text, channel text, store text",
    "purchases": "id text, member_id text, kind text, at timestamp, amount_text numeric, pieces int, "
    "store text, channel text",
    "entries": "id text, member_id text, kind text, points bigint, at timestamp, reason text",
    "tier_changes": "member_id text, at timestamp, before text, tier text",
}
# A day, a member's present version and its end are what a warehouse would prepare, too; a log to recover from
# is not needed to answer.
_WORKED_OUT = {
    "purchases": ", day date GENERATED ALWAYS AS (at::date) STORED"
    ", amount bigint GENERATED ALWAYS AS ((amount_text * 100)::bigint) STORED",
    "entries": ", day date GENERATED ALWAYS AS (at::date) STORED",
}
_PREPARED = (
    "CREATE UNLOGGED TABLE profiles AS SELECT *, coalesce(lead(since) OVER"
    " (PARTITION BY member_id ORDER BY since), 'infinity') AS until FROM members",
    "CREATE UNLOGGED TABLE tiers AS SELECT member_id, tier, at::date AS since, coalesce(lead(at::date) OVER"
    " (PARTITION BY member_id ORDER BY at), 'infinity') AS until FROM tier_changes",
    "CREATE INDEX ON purchases (member_id, day)",
    "CREATE INDEX ON purchases (day)",
    "CREATE INDEX ON entries (member_id, day)",
    "CREATE INDEX ON entries (day)",
    "CREATE INDEX ON profiles (member_id, since)",
    "CREATE INDEX ON tiers (member_id, since)",
    "ANALYZE",
)


def pandas_into_sqlite(files: Mapping[Path, int], database: Path) -> float:
    """Seconds that `read_csv` and `to_sql` take for so many rows of each file."""
    import pandas as pd
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{database}")
    started = time.perf_counter()
    for file, rows in files.items():
        pd.read_csv(file, nrows=rows).to_sql(file.stem, engine, index=False, chunksize=CHUNK)
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds


@contextmanager
def raw_tables(url: str, files: Sequence[Path]) -> Iterator[Any]:
    """A connection to PostgreSQL with the files in tables of a schema that goes again at the end."""
    from sqlalchemy import create_engine, text

    engine, schema = create_engine(url), f"loyalty_bench_{uuid4().hex[:8]}"
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
            connection.execute(text(f"SET search_path TO {schema}"))
            connection.execute(text("SET maintenance_work_mem = '512MB'"))
            try:
                for file in files:
                    columns = _TABLES[file.stem] + _WORKED_OUT.get(file.stem, "")
                    connection.execute(text(f"CREATE UNLOGGED TABLE {file.stem} ({columns})"))
                    _copied(connection, file)
                for statement in _PREPARED:
                    connection.execute(text(statement))
                yield connection
            finally:
                connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    finally:
        engine.dispose()


def _copied(connection: Any, file: Path) -> None:
    driver = connection.connection.driver_connection
    columns = ", ".join(column.split()[0] for column in _TABLES[file.stem].split(", "))
    sql = f"COPY {file.stem} ({columns}) FROM STDIN (FORMAT csv, HEADER)"
    with driver.cursor() as cursor, file.open("rb") as lines, cursor.copy(sql) as copy:
        while block := lines.read(1 << 20):
            copy.write(block)


def asked_of(connection: Any, question: Question) -> tuple[float, float]:
    """The answer in SQL, and the seconds it took."""
    from sqlalchemy import text

    started = time.perf_counter()
    answer = connection.execute(text(question.in_sql() or "")).scalar_one()
    return float(answer), time.perf_counter() - started
