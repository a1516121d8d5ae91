"""The account of an import: what became of every row that was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data.days_apart import DaysApart
from data.intake.comparing import CONFLICT, DUPLICATE
from data.intake.rejects import write_conflicts, write_rejects
from data.intake.sheets import LINE
from data.intake.staging import StagedImport
from data.intake.staging_database import FILE, number
from data.sql import quoted

_COMMONEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccount:
    """One file: rows_read = accepted + duplicate + conflict + rejected.

    By column `blanked` counts values that were dropped while their row was kept, `tidied` members' numbers
    that were brought to their plain form (`data.intake.member_numbers`), and `united` those of them that
    other rows of such files write in another form.
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
    tidied: dict[str, int] = field(default_factory=dict)
    united: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    rejects_path: Path | None = None
    conflicts_path: Path | None = None

    def __post_init__(self) -> None:
        total = self.accepted + self.duplicate + self.conflict + self.rejected
        if self.rows_read != total or min(self.accepted, self.duplicate, self.conflict, self.rejected) < 0:
            raise AssertionError(f"{self.file_name}: {self.rows_read} rows read, {total} accounted for")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or with `dry_run` would do; `snapshot` is what readers see afterwards, and `apart`
    which of the days that came in stand apart from all others."""

    mapping: str
    dry_run: bool
    files: tuple[FileAccount, ...]
    rows_written: dict[str, int]
    rows_derived: dict[str, int] = field(default_factory=dict)
    snapshot: int | None = None
    apart: DaysApart | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, paths and days as texts."""
        document = asdict(self)
        if self.apart is not None:
            days = {name: getattr(self.apart, name).isoformat() for name in ("first", "last", "before")}
            document["apart"] |= days
        for file in document["files"]:
            for name in ("rejects_path", "conflicts_path"):
                file[name] = None if file[name] is None else str(file[name])
        return document


def accounts_of(staged: StagedImport, lists: Path | None) -> tuple[FileAccount, ...]:
    """The account of each file; its lists of rejects and conflicts are written where a folder is given."""
    return tuple(account_of(staged, file, lists) for file in range(len(staged.stages)))


def account_of(staged: StagedImport, file: int, lists: Path | None) -> FileAccount:
    """The account of one file, by its number."""
    stage = staged.stages[file]
    kind, digest = stage.source.kind, stage.source.sha256()
    fates = _fates(staged, file)
    rejected = len(stage.bad) + _lines(staged, "rejected", file)
    again = _lines(staged, "repeated", file)
    # Lines that feed no row of their own (a lookup's) are new with their file.
    rest = stage.rows_read - rejected - sum(fates.values()) - again
    duplicate = fates.get(DUPLICATE, 0) + again + (rest if digest in staged.known else 0)
    conflict = fates.get(CONFLICT, 0)
    outputs = [output for output in staged.outputs if output.kind == kind]
    duck = staged.duck
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
        **{told: _commonest(staged, told, "source_column", file) for told in ("blanked", "tidied", "united")},
        reasons=_reasons(staged, file),
        rejects_path=write_rejects(duck, stage, file, lists) if lists and rejected else None,
        conflicts_path=write_conflicts(duck, stage, file, outputs, lists) if lists and conflict else None,
    )


def _of(staged: StagedImport, file: int) -> str:
    return f"kind = {quoted(staged.stages[file].source.kind)} AND {FILE} = {file}"


def _fates(staged: StagedImport, file: int) -> dict[int, int]:
    """How many lines met each fate."""
    sql = f"SELECT fate, count(*) FROM line_fate WHERE {_of(staged, file)} GROUP BY fate"
    return dict(staged.duck.execute(sql).fetchall())


def _lines(staged: StagedImport, table: str, file: int) -> int:
    return number(staged.duck, f"SELECT count(DISTINCT {LINE}) FROM {table} WHERE {_of(staged, file)}")


def _commonest(staged: StagedImport, table: str, by: str, file: int) -> dict[str, int]:
    sql = f"SELECT {by}, count(*) FROM {table} WHERE {_of(staged, file)} GROUP BY ALL ORDER BY 2 DESC, 1"
    return dict(staged.duck.execute(f"{sql} LIMIT {_COMMONEST}").fetchall())


def _reasons(staged: StagedImport, file: int) -> dict[str, int]:
    """The commonest reasons without the values that met them, and how many rows have each."""
    general = r"trim(source_column || ' ' || regexp_replace(reason, '^\".*\" ', ''))"
    found = _commonest(staged, "rejected", general, file)
    for bad in staged.stages[file].bad:
        found[bad.reason] = found.get(bad.reason, 0) + 1
    return found
