"""A look at a file before it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from data.intake.accounts import FileAccount, account_of
from data.intake.importing import programme_for
from data.intake.mapping import Mapping
from data.intake.reading import Stage
from data.intake.sheets import LINE, START, STOP
from data.intake.sources import source_files
from data.intake.staging import staged_import
from data.intake.staging_database import Duck, Output, number
from data.sql import quoted
from loyalty_core.rules.programme import Programme


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
    applied, alone = programme_for(None, mapping, programme), _by_itself(mapping)
    with (
        TemporaryDirectory(prefix="loyalty-") as staging,
        staged_import(files, alone, applied, None, frozenset(), Path(staging), lambda *_: None) as staged,
    ):
        columns = [row for output in staged.outputs for row in _columns(staged.duck, output)]
        first = _first_rows(staged.stages[0], rows)
        return Preview(first, pd.DataFrame(columns), account_of(staged, 0, None))


def _by_itself(mapping: Mapping) -> Mapping:
    """The mapping for one file alone: what another file would complete stays empty."""
    files = {}
    for kind, rule in mapping.files.items():
        lookups = {name: found.model_copy(update={"required": False}) for name, found in rule.lookups.items()}
        files[kind] = rule.model_copy(update={"lookups": lookups})
    return mapping.model_copy(update={"files": files})


def _first_rows(stage: Stage, count: int) -> pd.DataFrame:
    """The first rows as the file has them, each with its line."""
    shown = stage.rows.slice(0, count).to_pandas().drop(columns=[START, STOP], errors="ignore")
    shown.insert(0, "line", shown.pop(LINE))
    return shown


def _columns(duck: Duck, output: Output) -> Iterator[dict[str, object]]:
    table = output.rule.table
    for name, rule in output.rule.columns.items():
        example, values, missing = duck.execute(
            f"SELECT min(CAST({name} AS TEXT)), count({name}), count(*) - count({name}) FROM {output.rows}"
        ).fetchall()[0]
        rejected = (
            f"SELECT count(*) FROM rejected WHERE kind = {quoted(output.kind)} "
            f"AND source_column = {quoted(output.shown(name))}"
        )
        yield {
            "table": table,
            "column": name,
            "source": rule.origin,
            "example": example,
            "values": values,
            "missing": missing,
            "rejected": number(duck, rejected),
        }
