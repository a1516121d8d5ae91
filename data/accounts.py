"""The account of an import: what became of every row that was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccount:
    """One file: rows_read = accepted + duplicate + conflict + rejected.

    `blanked` counts values that were dropped while their row was kept, by column.
    """

    file_name: str
    kind: str
    sha256: str
    encoding: str
    rows_read: int
    accepted: int
    duplicate: int
    conflict: int
    rejected: int
    blanked: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    rejects_path: Path | None = None
    conflicts_path: Path | None = None

    def __post_init__(self) -> None:
        total = self.accepted + self.duplicate + self.conflict + self.rejected
        if self.rows_read != total or min(self.accepted, self.duplicate, self.conflict, self.rejected) < 0:
            raise AssertionError(f"{self.file_name}: {self.rows_read} rows read, {total} accounted for")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or with `dry_run` would do; `snapshot` is what readers see afterwards."""

    mapping: str
    dry_run: bool
    files: tuple[FileAccount, ...]
    rows_written: dict[str, int]
    rows_derived: dict[str, int] = field(default_factory=dict)
    snapshot: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, paths as texts."""
        document = asdict(self)
        for file in document["files"]:
            for name in ("rejects_path", "conflicts_path"):
                file[name] = None if file[name] is None else str(file[name])
        return document
