"""Intake: files in, checked facts out, and an account of every row.

One import is one transaction: files are read and checked, rows are compared with those in the lake,
what is new is written, what the source lacks is derived, and then everything is published at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from data.accounts import FileAccount, ImportReport
from data.casting import quoted
from data.comparing import CONFLICT, DUPLICATE, compare, new_rows
from data.derivation import derive
from data.mapping import Mapping
from data.reading import Stage, read
from data.registry import new_version
from data.rejects import write_conflicts, write_rejects
from data.shaping import FILE, Output, shape, workbench
from data.snapshots import Snapshot
from data.sources import SourceFile, source_files
from data.tables import Import, ImportFile
from data.workspace import Workspace
from data.writer import Writer
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from loyalty_core.programme import Programme

Progress = Callable[[float, str], None]
READ, CHECKED, COMPARED, WRITTEN, DERIVED = 0.45, 0.65, 0.75, 0.85, 0.97


@dataclass(frozen=True, slots=True)
class Bench:
    """An import between reading and writing: staged files, and the DuckDB in which their rows took shape."""

    duck: duckdb.DuckDBPyConnection
    stages: list[Stage]
    outputs: list[Output]
    known: frozenset[str]

    @property
    def tables(self) -> list[str]:
        return [name for name in TABLES if any(output.rule.table == name for output in self.outputs)]


def import_files(
    workspace: Path | str,
    sources: Sequence[str | Path],
    mapping: Mapping,
    *,
    programme: Programme | None = None,
    dry_run: bool = False,
    progress: Progress = lambda share, message: None,
) -> ImportReport:
    """Bring the sources into the workspace, or with `dry_run` tell what that would do.

    The workspace's programme decides the units; where it has none, `programme` or the one that the
    mapping brings is applied. InputError where an import cannot run; then nothing has changed.
    """
    files = source_files(sources, mapping)
    if dry_run:
        return _rehearse(Path(workspace), files, mapping, programme, progress)
    opened = Workspace.open(workspace)
    with opened.writer(f"import with {mapping.name}") as writer:
        applied = _programme(opened.programme, mapping, programme)
        with (
            _staging(opened.folder) as folder,
            _bench(files, mapping, applied, writer.before, _known(opened), folder, progress) as bench,
        ):
            return _commit(opened, writer, bench, mapping, applied, progress)


def _commit(
    workspace: Workspace,
    writer: Writer,
    bench: Bench,
    mapping: Mapping,
    programme: Programme,
    progress: Progress,
) -> ImportReport:
    for place, table in enumerate(bench.tables):
        progress(COMPARED + (WRITTEN - COMPARED) * place / len(bench.tables), f"Writing {table}")
        writer.append(table, new_rows(bench.duck, table))
    progress(WRITTEN, "Deriving what the source lacks")
    registry = workspace.registry
    version = None
    if workspace.programme != programme:
        version = new_version(programme, f"with import by {mapping.name}")
    derived = derive(writer, registry.programme_once_applied(programme), mapping.opening_balances)
    progress(DERIVED, "Publishing")
    lists = workspace.imports / writer.import_id
    accounts = _accounts(bench, lists)
    written = _written(bench)
    record = Import(mapping=mapping.name, rows_written=written | derived)
    record.files = [_filed(account) for account in accounts]
    snapshot = writer.publish(f"import with {mapping.name}", record, version)
    progress(1.0, "Done")
    return ImportReport(
        mapping=mapping.name,
        dry_run=False,
        files=accounts,
        rows_written=written,
        rows_derived=derived,
        snapshot=snapshot.id,
    )


def _rehearse(
    folder: Path,
    files: Sequence[SourceFile],
    mapping: Mapping,
    programme: Programme | None,
    progress: Progress,
) -> ImportReport:
    """What an import would do; reads the workspace if there is one, and writes nothing anywhere in it."""
    workspace = Workspace.open(folder, create=False) if (folder / "lake").exists() else None
    applied = _programme(workspace.programme if workspace else None, mapping, programme)
    before = workspace.latest() if workspace else None
    known = _known(workspace) if workspace else frozenset()
    with (
        TemporaryDirectory(prefix="loyalty-") as staging,
        _bench(files, mapping, applied, before, known, Path(staging), progress) as bench,
    ):
        accounts, written = _accounts(bench, None), _written(bench)
    progress(1.0, "Nothing was written")
    snapshot = before.id if before else None
    return ImportReport(
        mapping=mapping.name, dry_run=True, files=accounts, rows_written=written, snapshot=snapshot
    )


def _programme(in_force: Programme | None, mapping: Mapping, given: Programme | None) -> Programme:
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
    """A folder for staged files; what a killed import left there goes first (we hold the lease)."""
    folder = workspace / "staging"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _bench(
    files: Sequence[SourceFile],
    mapping: Mapping,
    programme: Programme,
    before: Snapshot | None,
    known: frozenset[str],
    folder: Path,
    progress: Progress,
) -> Iterator[Bench]:
    def reached(number: int) -> None:
        progress(READ * number / len(files), f"Reading {files[number].name}")

    stages = read(files, mapping, folder, reached)
    with workbench() as duck:
        progress(READ, "Checking")
        outputs = shape(duck, mapping, programme, stages)
        progress(CHECKED, "Comparing with what is there")
        compare(duck, outputs, before)
        progress(COMPARED, "Writing")
        yield Bench(duck, stages, outputs, known)


def _written(bench: Bench) -> dict[str, int]:
    counted = {
        table: bench.duck.execute(
            f"SELECT count(*) FROM incoming_{table} ANTI JOIN fate USING (number, _row)"
        ).fetchall()[0][0]
        for table in bench.tables
    }
    return {table: count for table, count in counted.items() if count}


# Accounts ---------------------------------------------------------------------------------------------


def _accounts(bench: Bench, lists: Path | None) -> tuple[FileAccount, ...]:
    """The account of each file; its lists of rejects and conflicts are written where a folder is given."""
    return tuple(_account(bench, number, stage, lists) for number, stage in enumerate(bench.stages))


def _account(bench: Bench, number: int, stage: Stage, lists: Path | None) -> FileAccount:
    kind, digest = stage.source.kind, stage.source.sha256()
    outputs = [output for output in bench.outputs if output.kind == kind]
    rejected = len(stage.bad) + _distinct_lines(bench.duck, "rejected", kind, number)
    fates = dict(
        bench.duck.execute(
            f"SELECT fate, count(*) FROM line_fate "
            f"WHERE kind = {quoted(kind)} AND {FILE} = {number} GROUP BY fate"
        ).fetchall()
    )
    fed, again = sum(fates.values()), _distinct_lines(bench.duck, "repeated", kind, number)
    # Lines that feed no row of their own (a lookup's) are new with their file.
    rest = stage.rows_read - rejected - fed - again
    duplicate = fates.get(DUPLICATE, 0) + again + (rest if digest in bench.known else 0)
    conflict = fates.get(CONFLICT, 0)
    return FileAccount(
        file_name=stage.source.name,
        kind=kind,
        sha256=digest,
        encoding=stage.encoding,
        rows_read=stage.rows_read,
        accepted=stage.rows_read - rejected - duplicate - conflict,
        duplicate=duplicate,
        conflict=conflict,
        rejected=rejected,
        blanked=_counts(bench.duck, "blanked", "source_column", kind, number),
        reasons=_reasons(bench.duck, stage, number),
        rejects_path=write_rejects(bench.duck, stage, number, lists) if lists and rejected else None,
        conflicts_path=write_conflicts(bench.duck, stage, number, outputs, lists)
        if lists and conflict
        else None,
    )


def _distinct_lines(duck: duckdb.DuckDBPyConnection, table: str, kind: str, number: int) -> int:
    return int(
        duck.execute(
            f"SELECT count(DISTINCT _line) FROM {table} WHERE kind = {quoted(kind)} AND {FILE} = {number}"
        ).fetchall()[0][0]
    )


def _counts(duck: duckdb.DuckDBPyConnection, table: str, by: str, kind: str, number: int) -> dict[str, int]:
    return dict(
        duck.execute(
            f"SELECT {by}, count(*) FROM {table} WHERE kind = {quoted(kind)} AND {FILE} = {number} "
            "GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 20"
        ).fetchall()
    )


def _reasons(duck: duckdb.DuckDBPyConnection, stage: Stage, number: int) -> dict[str, int]:
    """The commonest reasons without the values that met them, and how many rows have each."""
    general = r"trim(source_column || ' ' || regexp_replace(reason, '^\".*\" ', ''))"
    found = _counts(duck, "rejected", general, stage.source.kind, number)
    for bad in stage.bad:
        found[bad.reason] = found.get(bad.reason, 0) + 1
    return found


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


# Preview ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as texts, and what each column of the mapping makes of the whole file.

    `columns` has table, column, source, example, values, missing and rejected.
    """

    rows: pd.DataFrame
    columns: pd.DataFrame
    account: FileAccount


def preview(
    file: str | Path, mapping: Mapping, programme: Programme | None = None, rows: int = 20
) -> Preview:
    """What an import of the file into an empty workspace would make of it."""
    files = source_files([file], mapping)
    applied = _programme(None, mapping, programme)
    mapping = _by_itself(mapping)
    with (
        TemporaryDirectory(prefix="loyalty-") as staging,
        _bench(
            files, mapping, applied, None, frozenset(), Path(staging), lambda share, message: None
        ) as bench,
    ):
        shown = bench.stages[0].rows.slice(0, rows).to_pandas()
        shown = shown.rename(columns={"_line": "line"}).drop(columns=["_start", "_stop"], errors="ignore")
        columns = pd.DataFrame([row for output in bench.outputs for row in _previewed(bench.duck, output)])
        account = _account(bench, 0, bench.stages[0], None)
    return Preview(shown[["line", *(name for name in shown.columns if name != "line")]], columns, account)


def _by_itself(mapping: Mapping) -> Mapping:
    """The mapping for one file alone: what another file would complete stays empty."""
    files = {}
    for kind, rule in mapping.files.items():
        lookups = {name: found.model_copy(update={"required": False}) for name, found in rule.lookups.items()}
        files[kind] = rule.model_copy(update={"lookups": lookups})
    return mapping.model_copy(update={"files": files})


def _previewed(duck: duckdb.DuckDBPyConnection, output: Output) -> list[dict[str, object]]:
    found = []
    for name, rule in output.rule.columns.items():
        example, values, missing = duck.execute(
            f"SELECT min(CAST({name} AS TEXT)), count({name}), count(*) - count({name}) FROM {output.rows}"
        ).fetchall()[0]
        shown = rule.source or f"{output.rule.table}.{name}"
        rejected = duck.execute(
            "SELECT count(*) FROM rejected WHERE kind = ? AND source_column = ?", [output.kind, shown]
        ).fetchall()[0][0]
        source = rule.source or rule.sql or rule.value or ("content" if rule.content else "several columns")
        found.append(
            {"table": output.rule.table, "column": name, "source": source, "example": example}
            | {"values": values, "missing": missing, "rejected": rejected}
        )
    return found
