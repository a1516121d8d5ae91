"""Databases that live as long as one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

ENDED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND usename = current_user"
)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """URL of an empty database on the server, dropped at the end with whoever is still connected."""
    name = f"loyalty_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            # Not WITH (FORCE): that fails where the server itself is at work there, vacuuming; this waits.
            connection.execute(text(ENDED), {"name": name})
            connection.execute(text(f'DROP DATABASE "{name}"'))
        admin.dispose()
