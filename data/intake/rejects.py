"""The lists that an import leaves: rejected rows, to be corrected and read again, and conflicts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from data.formula_guard import guarded
from data.intake.casting import Units
from data.intake.comparing import CONFLICT
from data.intake.reading import Stage
from data.intake.reject_lists import REJECT_COLUMNS, REJECTS_SUFFIX
from data.intake.sheets import LINE, START, STOP
from data.intake.staging_database import FILE, Output
from data.sql import identifier, quoted
from loyalty_core.facts import TABLES, Column, Kind

CONFLICT_COLUMNS = ("line", "table", "key", "column", "kept", "not_taken")
_BATCH = 10_000


def write_rejects(duck: duckdb.DuckDBPyConnection, stage: Stage, number: int, folder: Path) -> Path | None:
    """The list of one file's rejected rows, in the order of their lines; None where there are none."""
    rows = sorted([*_unread(stage), *_refused(duck, stage, number)], key=lambda row: row[0])
    if not rows:
        return None
    path = folder / f"{stage.source.name}.{stage.source.sha256()[:8]}{REJECTS_SUFFIX}"
    _write(path, (*REJECT_COLUMNS, *_own_columns(stage)), rows)
    return path


def write_conflicts(
    duck: duckdb.DuckDBPyConnection, stage: Stage, number: int, outputs: Sequence[Output], folder: Path
) -> Path | None:
    """The list of one file's rows whose key is taken by another content, value by value."""
    rows = [row for output in outputs for row in _conflicts(duck, output, number)]
    if not rows:
        return None
    path = folder / f"{stage.source.name}.{stage.source.sha256()[:8]}.conflicts.csv"
    _write(path, CONFLICT_COLUMNS, sorted(rows))
    return path


def _own_columns(stage: Stage) -> list[str]:
    return [name for name in stage.rows.column_names if not name.startswith("_")]


def _unread(stage: Stage) -> list[list[Any]]:
    blank = [None] * len(_own_columns(stage))
    return [[bad.line, "", bad.reason, bad.text, *blank] for bad in stage.bad]


def _refused(duck: duckdb.DuckDBPyConnection, stage: Stage, number: int) -> list[list[Any]]:
    names = _own_columns(stage)
    spans = f"s.{START}, s.{STOP}" if stage.text is not None else "NULL, NULL"
    found = duck.execute(
        f"SELECT {LINE}, r.source_column, r.reason, {spans}, "
        f"{', '.join(f's.{identifier(name)}' for name in names)} "
        f"FROM (SELECT {LINE}, any_value(source_column) AS source_column, any_value(reason) AS reason FROM "
        f"(SELECT * FROM rejected WHERE kind = {quoted(stage.source.kind)} AND {FILE} = {number} "
        f"ORDER BY source_column DESC) GROUP BY {LINE}) AS r "
        f"JOIN stage_{stage.source.kind} AS s USING ({LINE}) WHERE s.{FILE} = {number}"
    )
    rows: list[list[Any]] = []
    while batch := found.fetchmany(_BATCH):
        for line, column, why, start, stop, *texts in batch:
            original = (
                ",".join(text or "" for text in texts) if start is None else stage.original(start, stop)
            )
            rows.append([line, column, why, original, *texts])
    return rows


def _conflicts(duck: duckdb.DuckDBPyConnection, output: Output, number: int) -> list[list[Any]]:
    """For each row in conflict the columns that differ, what is kept and what was not taken: money and
    points in whole units, as in files."""
    table = TABLES[output.rule.table]
    on = " AND ".join(f"i.{name} = kept.{name}" for name in table.key)
    key = " || ' ' || ".join(f"CAST(i.{name} AS TEXT)" for name in table.key)
    units = output.source.units
    pairs = ", ".join(
        f"{{'c': {quoted(column.name)}, 'a': {_as_told(column, 'kept', units)}, "
        f"'b': {_as_told(column, 'i', units)}}}"
        for column in table
    )
    kept = (
        f"SELECT * FROM existing_{table.name} UNION ALL BY NAME "
        f"SELECT * EXCLUDE (number, _row, {FILE}, {LINE}) FROM incoming_{table.name} "
        f"ANTI JOIN fate USING (number, _row)"
    )
    sql = (
        f"SELECT {LINE}, {quoted(table.name)}, key, pair.c, pair.a, pair.b FROM "
        f"(SELECT i.{LINE}, {key} AS key, "
        f"unnest([{pairs}]) AS pair FROM incoming_{table.name} AS i JOIN fate USING (number, _row) "
        f"JOIN ({kept}) AS kept ON {on} WHERE i.number = {output.number} AND i.{FILE} = {number} "
        f"AND fate = {CONFLICT}) WHERE pair.a IS DISTINCT FROM pair.b"
    )
    return [list(row) for row in duck.execute(sql).fetchall()] if not table.versioned else []


def _as_told(column: Column, row: str, units: Units) -> str:
    """SQL for the text of a row's value, as people write it."""
    value = f"{row}.{column.name}"
    if column.kind is Kind.MONEY:
        return _in_units(value, units.currency_decimals)
    if column.kind is not Kind.POINTS:
        return f"CAST({value} AS TEXT)"
    points = _in_units(value, units.point_decimals)
    if column.money_where is None:
        return points
    other, words = column.money_where
    money = f"coalesce({row}.{other} IN ({', '.join(map(quoted, words))}), false)"
    return f"CASE WHEN {money} THEN {_in_units(value, units.currency_decimals)} ELSE {points} END"


def _in_units(value: str, decimals: int) -> str:
    """SQL for the exact text of a whole number of units of which 10**decimals are one."""
    one = f"CAST({quoted(f'{10**-decimals:.{decimals}f}')} AS DECIMAL({decimals + 1}, {decimals}))"
    return f"CAST(CAST({value} AS DECIMAL(19, 0)) * {one} AS TEXT)" if decimals else f"CAST({value} AS TEXT)"


def _write(path: Path, names: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([guarded(value) for value in row] for row in rows)
