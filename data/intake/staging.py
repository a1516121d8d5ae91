"""An import between reading and writing: its files staged, its rows in shape and compared with the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from data.days_apart import DATED, by_day
from data.intake.comparing import compare, new_rows
from data.intake.mapping import Mapping
from data.intake.reading import Stage, read
from data.intake.shaping import shape
from data.intake.sources import SourceFile
from data.intake.staging_database import Duck, Output, number, staging_database
from data.snapshots import Snapshot
from loyalty_core.facts import TABLES
from loyalty_core.rules.programme import Programme

Progress = Callable[[float, str], None]
READ, CHECKED, COMPARED = 0.45, 0.65, 0.75


@dataclass(frozen=True, slots=True)
class StagedImport:
    """Staged files and the DuckDB in which their rows took shape; `known` has the digests of the files
    that were imported before."""

    duck: Duck
    stages: list[Stage]
    outputs: list[Output]
    known: frozenset[str]

    @property
    def tables(self) -> list[str]:
        """The fact tables that the files feed."""
        return [name for name in TABLES if any(output.rule.table == name for output in self.outputs)]

    def new_rows(self, table: str) -> Iterator[pa.Table]:
        """The rows to write, in the order of their files and lines, some at a time."""
        return new_rows(self.duck, table)

    def new_counts(self) -> dict[str, int]:
        """How many rows there are to write, by table; tables without any left out."""
        counted = {
            table: number(
                self.duck, f"SELECT count(*) FROM incoming_{table} ANTI JOIN fate USING (number, _row)"
            )
            for table in self.tables
        }
        return {table: count for table, count in counted.items() if count}

    def rows_by_day(self, zone: ZoneInfo) -> pd.Series[int]:
        """How many rows of events came in of each business day, by day."""
        dated = [f"incoming_{name}" for name in self.tables if name in DATED]
        return by_day(lambda sql: self.duck.sql(sql).to_arrow_table(), dated, zone)


@contextmanager
def staged_import(
    files: Sequence[SourceFile],
    mapping: Mapping,
    programme: Programme,
    before: Snapshot | None,
    known: frozenset[str],
    folder: Path,
    progress: Progress,
) -> Iterator[StagedImport]:
    """The staged files, against what the lake holds `before`; `folder` keeps the staged texts."""

    def reached(number: int) -> None:
        progress(READ * number / len(files), f"Reading {files[number].name}")

    stages = read(files, mapping, folder, reached)
    with staging_database(folder / "spill") as duck:
        progress(READ, "Checking")
        outputs = shape(duck, mapping, programme, stages)
        progress(CHECKED, "Comparing with what is there")
        compare(duck, outputs, before)
        progress(COMPARED, "Writing")
        yield StagedImport(duck, stages, outputs, known)
