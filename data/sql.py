"""Texts, names and paths as they stand in SQL."""

from __future__ import annotations

from pathlib import Path


def quoted(text: str) -> str:
    """A text."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column's name."""
    return '"' + name.replace('"', '""') + '"'


def quoted_path(path: Path | str) -> str:
    """A path that matches itself alone: DuckDB takes paths for patterns."""
    return quoted("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))
