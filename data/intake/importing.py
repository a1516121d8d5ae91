"""Intake: files in, checked facts out, and an account of every row.

One import is one transaction: files are read and checked, rows are compared with those in the lake,
what is new is written, what the source lacks is derived, and then everything is published at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from data.days_apart import newly_apart
from data.derivation import derive
from data.intake.accounts import FileAccount, ImportReport, accounts_of
from data.intake.mapping import Mapping
from data.intake.sources import SourceFile, source_files
from data.intake.staging import COMPARED, Progress, StagedImport, staged_import
from data.registry import new_version
from data.rollups.building import get_ready
from data.snapshots import Snapshot
from data.tables import Import, ImportFile
from data.workspace import Workspace
from data.writer import Writer
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme

WRITTEN, DERIVED = 0.85, 0.97


def import_files(
    workspace: Path | str,
    sources: Sequence[str | Path],
    mapping: Mapping,
    *,
    programme: Programme | None = None,
    dry_run: bool = False,
    progress: Progress = lambda share, message: None,
    executor: Executor | None = None,
) -> ImportReport:
    """Bring the sources into the workspace, or with `dry_run` tell what that would do.

    The workspace's programme decides the units; where it has none, `programme` or the one that the
    mapping brings is applied. InputError where an import cannot run; then nothing has changed.
    Roll-ups of many facts are counted in the executor's processes.
    """
    files = source_files(sources, mapping)
    if dry_run:
        return _rehearse(Path(workspace), files, mapping, programme, progress)
    opened = Workspace.open(workspace)
    with opened.writer(f"import with {mapping.name}") as writer:
        applied = programme_for(opened.programme, mapping, programme)
        with (
            _staging(opened.folder) as folder,
            staged_import(files, mapping, applied, writer.before, _known(opened), folder, progress) as staged,
        ):
            get_ready(executor, sum(staged.new_counts().values()))
            _write(writer, staged, progress)
            report = _report(staged, mapping, opened.imports / writer.import_id, writer.before, applied)
        # What staging took of memory is given back before roll-ups are counted, which need much, too.
        return _publish(opened, writer, mapping, applied, report, progress, executor)


def _write(writer: Writer, staged: StagedImport, progress: Progress) -> None:
    for place, table in enumerate(staged.tables):
        progress(COMPARED + (WRITTEN - COMPARED) * place / len(staged.tables), f"Writing {table}")
        for rows in staged.new_rows(table):
            writer.append(table, rows)


def _report(
    staged: StagedImport, mapping: Mapping, lists: Path | None, before: Snapshot | None, programme: Programme
) -> ImportReport:
    """What the files held, and what of it is new; `lists` is the folder of what was not accepted."""
    today = datetime.now(programme.zone).date()
    return ImportReport(
        mapping=mapping.name,
        dry_run=lists is None,
        files=accounts_of(staged, lists),
        rows_written=staged.new_counts(),
        apart=newly_apart(staged.rows_by_day(programme.zone), before, programme.zone, today),
    )


def _publish(
    workspace: Workspace,
    writer: Writer,
    mapping: Mapping,
    programme: Programme,
    report: ImportReport,
    progress: Progress,
    executor: Executor | None,
) -> ImportReport:
    """The report of the import, once what it wrote, and what follows from it, is shown to readers."""
    progress(WRITTEN, "Deriving what the source lacks")
    registry = workspace.registry
    version = None
    if workspace.programme != programme:
        version = new_version(programme, f"with import by {mapping.name}")
    derived = derive(writer, registry.programmes_in_turn(programme), mapping.opening_balances, executor)
    progress(DERIVED, "Publishing")
    record = Import(mapping=mapping.name, rows_written=report.rows_written | derived)
    record.files = [_filed(account) for account in report.files]
    snapshot = writer.publish(f"import with {mapping.name}", record, version, executor)
    progress(1.0, "Done")
    return replace(report, rows_derived=derived, snapshot=snapshot.id)


def _rehearse(
    folder: Path,
    files: Sequence[SourceFile],
    mapping: Mapping,
    programme: Programme | None,
    progress: Progress,
) -> ImportReport:
    """What an import would do; reads the workspace if there is one, and writes nothing anywhere in it."""
    workspace = Workspace.open(folder, create=False) if (folder / "lake").exists() else None
    applied = programme_for(workspace.programme if workspace else None, mapping, programme)
    before = workspace.latest() if workspace else None
    known = _known(workspace) if workspace else frozenset()
    with (
        TemporaryDirectory(prefix="loyalty-") as staging,
        staged_import(files, mapping, applied, before, known, Path(staging), progress) as staged,
    ):
        report = _report(staged, mapping, None, before, applied)
    progress(1.0, "Nothing was written")
    return replace(report, snapshot=before.id if before else None)


def programme_for(in_force: Programme | None, mapping: Mapping, given: Programme | None) -> Programme:
    """The programme that the import runs under; InputError if money or points would change their unit."""
    wanted = given or in_force or mapping.starting_programme()
    if wanted is None:
        raise InputError(f"mapping {mapping.name}: brings no programme; give one with --programme FILE")
    brought = mapping.starting_programme()
    for other, whose in ((in_force, "the workspace"), (brought, f"mapping {mapping.name}")):
        for name in ("currency", "currency_decimals", "point_decimals"):
            if other is not None and getattr(other, name) != getattr(wanted, name):
                raise InputError(
                    f"programme: {name} is {getattr(wanted, name)}, but {whose} has {getattr(other, name)}; "
                    "use a workspace of its own"
                )
    return wanted


def _known(workspace: Workspace) -> frozenset[str]:
    """Digests of the files that were imported before."""
    return frozenset(
        file.sha256 for done in workspace.registry.imports(limit=1_000_000) for file in done.files
    )


@contextmanager
def _staging(workspace: Path) -> Iterator[Path]:
    """A new folder for staged files; what a killed import left goes first (we hold the lease)."""
    staging = workspace / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=staging) as folder:
            yield Path(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _filed(account: FileAccount) -> ImportFile:
    return ImportFile(
        source=account.kind,
        file_name=account.file_name,
        sha256=account.sha256,
        rows_read=account.rows_read,
        accepted=account.accepted,
        duplicate=account.duplicate,
        conflict=account.conflict,
        rejected=account.rejected,
        rejects_path=str(account.rejects_path) if account.rejects_path else None,
        conflicts_path=str(account.conflicts_path) if account.conflicts_path else None,
    )
