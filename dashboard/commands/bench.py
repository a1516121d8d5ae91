"""`loyalty bench`: how fast the product is on this machine, on a generated programme of any size."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("bench")(bench)


def bench() -> None:
    """Measure the product on a generated programme."""
