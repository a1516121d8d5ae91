"""The registry's database: how it is reached, how its transactions begin, how it is brought up to date."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from loyalty_core.errors import InputError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 60
_MIGRATION_LOCK = 0x10_7A17  # any number, as long as all of us use the same
_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL)


def registry_url(folder: Path, url: str | None = None) -> URL:
    """Where the registry is: `url`, else LOYALTY_REGISTRY_URL, else the SQLite file in the workspace."""
    given = url or os.environ.get("LOYALTY_REGISTRY_URL")
    if not given:
        return URL.create("sqlite", database=str(folder / "registry.sqlite"))
    try:
        parsed = make_url(given)
    except ArgumentError as error:
        raise InputError(
            "LOYALTY_REGISTRY_URL is no database address; write postgresql://user@host/name"
        ) from error
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise InputError(f"LOYALTY_REGISTRY_URL: {parsed.drivername} is not supported; use postgresql://…")
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def open_database(url: URL) -> Engine:
    """An engine whose transactions are serious ones, on a schema that is up to date."""
    try:
        engine = (
            _sqlite(url) if url.get_backend_name() == "sqlite" else create_engine(url, pool_pre_ping=True)
        )
        _migrate(engine)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise InputError(f"registry: no driver for {url.drivername}; pip install '.[postgres]'") from error
    except OperationalError as error:
        shown = url.render_as_string(hide_password=True)
        raise InputError(f"registry {shown}: cannot be opened ({_first_line(error)})") from error
    return engine


def reading(engine: Engine) -> Engine:
    """The same database for transactions that only read; in SQLite they take no write lock."""
    return engine.execution_options(only_reads=True)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(connection, _record):  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # else pysqlite begins transactions where it likes
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads", False)
        # A deferred transaction that turns to writing fails at once when another has written meanwhile.
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.OperationalError) and _primary(error) in _UNWRITABLE:
            raise InputError(
                f"registry {url.database}: cannot be written to ({error}); "
                "give this user the right to write there, or make room on the disk"
            )

    return engine


def _primary(error: sqlite3.Error) -> int:
    """SQLite's result code, without what it adds; 0 of errors that Python's module found by itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def newest_revision() -> str:
    """Of the schema, by the names of its steps: most processes open a database that is up to date, and to ask
    Alembic takes longer than the rest of opening it."""
    return max(step.name for step in MIGRATIONS.glob("versions/v*.py"))[1:5]


def _migrate(engine: Engine) -> None:
    with reading(engine).connect() as connection:
        begun = inspect(connection).has_table("alembic_version")
        if begun and connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision():
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0]
