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
def new_database(server: str, like: str | None = None) -> Iterator[str]:
    """URL of a database on the server, dropped at the end with whoever is still connected; empty, or a copy
    of the one at the URL `like`, to which nobody stays connected."""
    name = f"loyalty_{uuid4().hex[:12]}"
    template = make_url(like).database if like else "template1"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        if like:
            connection.execute(text(ENDED), {"name": template})
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            # Not WITH (FORCE): that fails where the server itself is at work there, vacuuming; this waits.
            connection.execute(text(ENDED), {"name": name})
            connection.execute(text(f'DROP DATABASE "{name}"'))
        admin.dispose()
