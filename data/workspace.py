"""A workspace: one folder with the lake of facts and the registry of what people write.

lake/<table>/      Delta tables
registry.sqlite    the registry, unless LOYALTY_REGISTRY_URL names a PostgreSQL database
imports/<id>/      rejected and conflicting rows of an import
jobs/              logs of job processes
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from data.database import open_database, registry_url
from data.lake import LakeTable, usable_folder
from data.registry import Registry
from data.rollup_tables import ROLLUPS
from data.snapshots import Snapshot
from data.tables import ProgrammeVersion, PublishedSnapshot
from data.writer import Writer, writing
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from loyalty_core.rules.programme import Programme


class Workspace:
    """An open workspace; threads may share it."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder, self.registry = folder, registry
        self.lake, self.imports, self.jobs = folder / "lake", folder / "imports", folder / "jobs"

    @classmethod
    def open(cls, path: str | Path, create: bool = True, address: str | None = None) -> Workspace:
        """The workspace in that folder, made there if missing and `create`; InputError if it cannot be.

        `address` is that of the database of its registry, where that is not the usual one.
        """
        folder = usable_folder(Path(path))
        if not create and not (folder / "lake" / _IDENTITY).exists():
            raise InputError(f"{folder}: there is no workspace here; check --workspace, or import something")
        try:
            for part in ("lake", "imports", "jobs"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be used as a workspace ({error.strerror})") from error
        url = registry_url(folder, address)
        known = Registry(open_database(url))
        if not _belong_together(folder / "lake" / _IDENTITY, known):
            shown = url.render_as_string(hide_password=True)
            raise InputError(
                f"{folder}: the registry {shown} belongs to another workspace; "
                "give each workspace a database of its own"
            )
        return cls(folder, known)

    @property
    def identity(self) -> str:
        """What no other workspace is called, wherever it lies."""
        return (self.lake / _IDENTITY).read_text(encoding="ascii").strip()

    @property
    def programme(self) -> Programme | None:
        """The programme in force today; None before one was applied."""
        return self.registry.programme_in_force()

    def apply_programme(self, programme: Programme, note: str = "") -> ProgrammeVersion:
        """Make the document the newest version of the programme."""
        return self.registry.apply_programme(programme, note)

    def latest(self) -> Snapshot | None:
        """The published state; None before the first import."""
        row = self.registry.latest_snapshot()
        return None if row is None else self._snapshot(row)

    def snapshot(self, snapshot_id: int) -> Snapshot:
        """The state as published then; InputError where it is not there any more."""
        return self._snapshot(self.registry.snapshot(snapshot_id))

    def writer(self, purpose: str) -> AbstractContextManager[Writer]:
        """The right to write, for a `with` block: append, then publish; InputError if someone else writes."""
        return writing(self.lake, self.registry, purpose, self.latest)

    def compact(self) -> Snapshot | None:
        """Join the small files that many imports left; the rows stay the same, the snapshot is a new one."""
        with self.writer("compaction") as writer:
            return writer.publish("compaction") if writer.compact() else self.latest()

    def vacuum(self, keep: int = 20, days: int = 7) -> int:
        """Give up snapshots older than `days` beyond the newest `keep`, and delete the files that no kept
        snapshot names; how many files went."""
        with self.writer("vacuum"):
            self.registry.retire_snapshots(datetime.now(UTC) - timedelta(days=days), keep)
            kept = self.registry.snapshots(limit=1_000_000)
            return sum(
                LakeTable(self.lake, table).vacuum({row.versions.get(name, 0) for row in kept})
                for name, table in (TABLES | ROLLUPS).items()
            )

    def _snapshot(self, row: PublishedSnapshot) -> Snapshot:
        return Snapshot(row.id, row.published_at, row.versions, row.as_of, self.lake, row.note)


_IDENTITY = "workspace-id"


def _belong_together(identity: Path, registry: Registry) -> bool:
    claimed = registry.is_claimed()  # asked first: whoever claims has written the file before
    if not identity.exists():
        if claimed:
            return False
        fresh = identity.with_name(f"{_IDENTITY}.{uuid4().hex}")
        fresh.write_text(uuid4().hex, encoding="ascii")
        try:
            os.link(fresh, identity)  # whole or not at all, and never over another's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return registry.claim(identity.read_text(encoding="ascii").strip())
