"""The one way to change the lake: everything a writer appends becomes visible at once, when it publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from data.lake import LakeFile, LakeTable, LeaseLostError, make_durable
from data.leases import TAKEN_OVER, HeldLease
from data.registry import Registry
from data.rollup_tables import ROLLUPS
from data.rollups.building import rolled_up
from data.schema import IMPORT_ID, SHARD, VERSION, Rows, declared, fact_table
from data.shards import shards_of
from data.snapshots import Snapshot, content_columns, content_sums, duck_in_memory, last_event_day
from data.tables import Import, ProgrammeVersion, PublishedSnapshot
from loyalty_core.facts import TABLES, Table
from loyalty_core.rules.programme import Programme, programme_from_dict

# So many files of one shard make queries noticeably slower than one file would.
FILES_PER_SHARD = 24


class Writer:
    """A transaction over all tables, begun at the published state; made by `Workspace.writer`."""

    def __init__(self, lake: Path, registry: Registry, lease: HeldLease, before: Snapshot | None) -> None:
        self.before = before
        self.import_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        self.started_at = datetime.now(UTC)
        self._lake, self._registry, self._lease = lake, registry, lease
        self._tables = {name: LakeTable(lake, table) for name, table in (TABLES | ROLLUPS).items()}
        published = before.versions if before else {}
        self._published = {name: published.get(name, 0) for name in self._tables}
        # A roll-up that is no longer declared stays with the snapshots that have it.
        known = (name for name in self._tables if name in TABLES or name in published)
        self._versions = {name: self._published[name] for name in known}
        self._heads = {name: self._begin(name) for name in TABLES}
        self._written: list[Path] = []
        self._rows_written = dict.fromkeys(TABLES, 0)
        self._next_version = lease.epoch << 40  # later than every version of the leases before
        self._closed = False

    def append(self, table: str, rows: Rows) -> int:
        """Add rows in the table's declared columns, as facts; how many there were.

        Of rows with the same key in a versioned table the one appended last is the latest version.
        """
        self._assert_open()
        facts = declared(rows, fact_table(table))
        if len(facts):
            self._commit(
                table, self._tables[table].write(self._with_system_columns(facts, fact_table(table)))
            )
            self._rows_written[table] += len(facts)
        return len(facts)

    def replace_derived(self, table: str, rows: Rows) -> int:
        """Make `rows` the table's derived rows in place of those before; how many shards changed.

        A shard whose derived rows are the same already is left alone.
        """
        self._assert_open()
        subject = fact_table(table)
        if not subject.may_be_derived:
            raise ValueError(f"{table} holds facts only; append to it")
        derived = declared(rows, subject)
        shards = shards_of(derived, subject)
        now, then = self._sums(derived, shards, subject), self._derived_sums(table)
        changed = {shard for shard in now | then if now.get(shard) != then.get(shard)}
        if changed:
            kept = derived.filter(pa.array(np.isin(shards, list(changed))))
            files = self._tables[table].write(self._with_system_columns(kept, subject), derived=True)
            gone = [f for f in self.pending().files(table) if f.derived and f.shard in changed]
            self._commit(table, files, gone)
            self._rows_written[table] += len(kept)
        return len(changed)

    def pending(self) -> Snapshot:
        """The state as it would be published now, for this writer's own eyes."""
        return Snapshot(None, None, dict(self._versions), None, self._lake)

    def compact(self, files_per_shard: int = 1) -> int:
        """Lay out anew, as one file, every shard that has more files than that; how many there were."""
        self._assert_open()
        return sum(self._compact(name, files_per_shard) for name in TABLES)

    def publish(
        self,
        note: str,
        import_: Import | None = None,
        version: ProgrammeVersion | None = None,
        executor: Executor | None = None,
        earlier: Sequence[ProgrammeVersion] = (),
    ) -> Snapshot:
        """Show everything to readers in one registry transaction, with it the account of the import and
        the version of the programme that is applied, after those that came before it.

        Roll-ups are brought up to date before, in the executor's processes where there is much to count.
        Where nothing was written, readers keep the snapshot they have. The writer is done after this.
        """
        self._assert_open()
        self.compact(FILES_PER_SHARD)
        programme = self._programme(version)
        as_of = last_event_day(self.pending(), programme.zone if programme else ZoneInfo("UTC"))
        for name, add, remove in list(rolled_up(self.before, self.pending(), programme, as_of, executor)):
            self._commit(name, add, remove)
        make_durable(self._written)
        snapshot = PublishedSnapshot(
            published_at=datetime.now(UTC), note=note, versions=dict(self._versions), as_of=as_of
        )
        if import_ is not None:
            self._account(import_, note)
        row = self._registry.publish(snapshot, import_, self._lease, version, earlier)
        self._closed = True
        return Snapshot(row.id, row.published_at, row.versions, row.as_of, self._lake, row.note)

    def abandon(self) -> None:
        """Take back what was not published; a no-op after `publish`."""
        if not self._closed:
            self._closed = True
            written = [name for name, version in self._versions.items() if self._published[name] != version]
            if written and self._lease.holds():  # else a successor is at work on the same tables
                for name in written:
                    self._tables[name].restore(self._published[name])

    def _programme(self, version: ProgrammeVersion | None) -> Programme | None:
        """The one in force once `version` is applied."""
        if version is None:
            return self._registry.programme_in_force()
        return self._registry.programme_once_applied(programme_from_dict(version.document, "version"))

    def _begin(self, name: str) -> int:
        # A killed writer may have left commits that no snapshot names: the next publish would show them.
        self._tables[name].create()
        return self._tables[name].restore(self._published[name])

    def _commit(
        self, name: str, add: Sequence[LakeFile], remove: Sequence[LakeFile] = (), *, changes: bool = True
    ) -> None:
        if not self._lease.holds():
            raise LeaseLostError(TAKEN_OVER)
        if name not in self._heads:  # a roll-up
            self._heads[name] = self._begin(name)
        self._heads[name] = self._tables[name].commit(self._heads[name], add, remove, changes=changes)
        self._versions[name] = self._heads[name]
        log = self._tables[name].root / "_delta_log" / f"{self._heads[name]:020}.json"
        self._written += [*(file.path for file in add), log]

    def _with_system_columns(self, rows: pa.Table, table: Table) -> pa.Table:
        alike = pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int8), [self.import_id])
        rows = rows.append_column(IMPORT_ID, alike)
        if table.versioned:
            first = self._next_version
            self._next_version += len(rows)
            rows = rows.append_column(VERSION, pa.array(np.arange(first, self._next_version)))
        return rows

    def _derived_sums(self, table: str) -> dict[int, tuple[object, ...]]:
        columns = [name for name in content_columns(fact_table(table)) if name != "derived"]
        sql = f"SELECT shard, {content_sums(columns)} FROM {table} WHERE derived GROUP BY shard"
        return _by_shard(self.pending().arrow(sql))

    def _sums(self, rows: pa.Table, shards: np.ndarray, table: Table) -> dict[int, tuple[object, ...]]:
        columns = [column.name for column in table]
        with duck_in_memory() as duck:
            duck.register("rows_now", rows.append_column(SHARD, pa.array(shards)))
            sql = f"SELECT shard, {content_sums(columns)} FROM rows_now GROUP BY shard"
            return _by_shard(duck.sql(sql).to_arrow_table())

    def _compact(self, name: str, files_per_shard: int) -> int:
        places: dict[tuple[int, bool], list[LakeFile]] = {}
        for file in self.pending().files(name):
            places.setdefault((file.shard, file.derived), []).append(file)
        crowded = {place: files for place, files in places.items() if len(files) > max(files_per_shard, 1)}
        if not crowded:
            return 0
        add, remove = [], [file for files in crowded.values() for file in files]
        for (_, derived), files in crowded.items():
            add += self._tables[name].write(self._tables[name].read(files), derived=derived)
        self._commit(name, add, remove, changes=False)
        return len(crowded)

    def _account(self, import_: Import, note: str) -> None:
        import_.id = import_.id or self.import_id
        import_.started_at = import_.started_at or self.started_at
        import_.finished_at = import_.finished_at or datetime.now(UTC)
        import_.note = import_.note or note
        import_.rows_written = import_.rows_written or {n: k for n, k in self._rows_written.items() if k}

    def _assert_open(self) -> None:
        if self._closed:
            raise RuntimeError("this writer has published or was abandoned; take a new one")


def _by_shard(sums: pa.Table) -> dict[int, tuple[object, ...]]:
    return {row.pop(SHARD): tuple(row.values()) for row in sums.to_pylist()}


@contextmanager
def writing(
    lake: Path, registry: Registry, purpose: str, latest: Callable[[], Snapshot | None]
) -> Iterator[Writer]:
    """A writer under the lease; what it did not publish is taken back at the end. `latest` gives the
    published snapshot, asked once the lease is held."""
    lease = registry.lease(purpose)
    try:
        writer = Writer(lake, registry, lease, latest())
        try:
            yield writer
        finally:
            writer.abandon()
    finally:
        lease.release()
