"""What becomes of each row: new, a duplicate of what is there, or in conflict with it.

The same key with the same content is a duplicate, however often and in whichever file it comes. The
same key with other content is a conflict in an immutable table, and a new version in a versioned one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Output, holds_any
from data.snapshots import Snapshot
from loyalty_core.facts import TABLES, Table

DUPLICATE, NEW, CONFLICT = 1, 2, 3
LINES_AT_ONCE = 1_500_000  # of a file are written together, so that memory holds no table twice


def compare(duck: Duck, outputs: Sequence[Output], before: Snapshot | None) -> None:
    """Make `fate(number, _row, fate)` for the rows of all outputs that are not simply new, `incoming_<table>`
    with all rows, and `line_fate(kind, _file, _line, fate)` for their lines."""
    duck.execute("CREATE TABLE fate(number INTEGER, _row BIGINT, fate INTEGER)")
    for name in dict.fromkeys(output.rule.table for output in outputs):
        table = TABLES[name]
        _incoming(duck, table, [output for output in outputs if output.rule.table == name])
        _existing(duck, table, before)
        _fates(duck, table)
    _line_fates(duck, outputs)
    for output in outputs:
        if not output.rule.group_by and holds_any(duck, _in_conflict(output)):
            _hold_back(duck, output)


def new_rows(duck: Duck, table: str) -> Iterator[pa.Table]:
    """The rows to write, in the order of their files and lines, some lines at a time: of two versions the
    later line is later."""
    names = ", ".join(column.name for column in TABLES[table])
    files = duck.execute(
        f"SELECT {FILE}, max({LINE}) FROM incoming_{table} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for file, last in files:
        for line in range(0, last + 1, LINES_AT_ONCE):
            rows = duck.sql(
                f"SELECT {names} FROM incoming_{table} ANTI JOIN fate USING (number, _row) "
                f"WHERE {FILE} = {file} AND {LINE} >= {line} AND {LINE} < {line + LINES_AT_ONCE} "
                f"ORDER BY {LINE}, number"
            ).to_arrow_table()
            if len(rows):
                yield rows


def _incoming(duck: Duck, table: Table, outputs: Sequence[Output]) -> None:
    parts = [
        f"SELECT {output.number} AS number, _row, {FILE}, {LINE}, "
        + ", ".join(c.name if c.name in output.rule.columns else f"NULL AS {c.name}" for c in table)
        + f" FROM {output.rows}"
        for output in outputs
    ]
    duck.execute(f"CREATE VIEW incoming_{table.name} AS {' UNION ALL '.join(parts)}")


def _existing(duck: Duck, table: Table, before: Snapshot | None) -> None:
    """`existing_<table>`: the facts in the lake, in all versions, whose keys come again."""
    key = ", ".join(table.key)
    columns = ", ".join(column.name for column in table)
    if before is None or not before.files(table.name):
        duck.execute(
            f"CREATE VIEW existing_{table.name} AS SELECT {columns} FROM incoming_{table.name} LIMIT 0"
        )
        return
    keys = duck.sql(f"SELECT DISTINCT {key} FROM incoming_{table.name}").to_arrow_table()
    duck.register(f"existing_{table.name}", before.written(table.name, keys))


def _fates(duck: Duck, table: Table) -> None:
    """Of rows with one key the first in the order of files and lines counts."""
    key = ", ".join(table.key)
    content = f"row({', '.join(column.name for column in table)})"
    order = f"ORDER BY {FILE}, {LINE}, number, _row"
    incoming, existing = f"incoming_{table.name}", f"existing_{table.name}"
    suspects = (
        f"SELECT {key} FROM {incoming} GROUP BY {key} HAVING count(*) > 1 UNION SELECT {key} FROM {existing}"
    )
    other = (
        f"WHEN place_of_content > 1 THEN {DUPLICATE}"
        if table.versioned
        else f"WHEN in_lake OR place > 1 THEN CASE WHEN NOT in_lake AND content = first_content "
        f"THEN {DUPLICATE} ELSE {CONFLICT} END"
    )
    duck.execute(
        f"INSERT INTO fate SELECT number, _row, fate FROM (SELECT *, "
        f"CASE WHEN known THEN {DUPLICATE} {other} END AS fate "
        f"FROM (SELECT number, _row, {content} AS content, "
        f"row_number() OVER (PARTITION BY {key} {order}) AS place, "
        f"row_number() OVER (PARTITION BY {key}, {content} {order}) AS place_of_content, "
        f"first_value({content}) OVER (PARTITION BY {key} {order}) AS first_content, "
        f"({key}) IN (SELECT ({key}) FROM {existing}) AS in_lake, "
        f"content IN (SELECT {content} FROM {existing}) AS known "
        f"FROM {incoming} SEMI JOIN ({suspects}) USING ({key}))) WHERE fate IS NOT NULL"
    )


def _line_fates(duck: Duck, outputs: Sequence[Output]) -> None:
    """A line that feeds several rows is in conflict if one of them is, else new if one of them is.

    Lines that feed nothing (a lookup's) have no fate here.
    """
    judged = {number for (number,) in duck.execute("SELECT DISTINCT number FROM fate").fetchall()}
    kinds = dict.fromkeys(output.kind for output in outputs)
    for kind in kinds:
        mine = [output for output in outputs if output.kind == kind]
        lines = " UNION ALL ".join(_lines_with_fate(output, output.number in judged) for output in mine)
        # One output has each line once; of several the worst fate counts.
        worst = "fate" if len(mine) == 1 else "max(fate) AS fate"
        group = "" if len(mine) == 1 else "GROUP BY ALL"
        kept_as = "TABLE" if group or mine[0].number in judged else "VIEW"
        duck.execute(
            f"CREATE {kept_as} line_fate_{kind} AS SELECT '{kind}' AS kind, {FILE}, {LINE}, {worst} "
            f"FROM ({lines}) {group}"
        )
    every = " UNION ALL ".join(f"FROM line_fate_{kind}" for kind in kinds)
    duck.execute(f"CREATE VIEW line_fate AS {every}")


def _lines_with_fate(output: Output, judged: bool) -> str:
    """SQL for the fates of the lines of one output, all of them new if none was `judged`."""
    if not judged:
        return f"SELECT {FILE}, {LINE}, {NEW} AS fate FROM {output.fed}"
    return (
        f"SELECT {FILE}, {LINE}, coalesce(fate, {NEW}) AS fate FROM {output.lines} "
        f"LEFT JOIN (SELECT _row, fate FROM fate WHERE number = {output.number}) USING (_row)"
    )


def _hold_back(duck: Duck, output: Output) -> None:
    """A line in conflict brings nothing: its other rows would be half a fact."""
    duck.execute(
        f"INSERT INTO fate SELECT {output.number}, _row, {CONFLICT} FROM {output.rows} "
        f"SEMI JOIN ({_in_conflict(output)}) USING ({FILE}, {LINE}) "
        f"ANTI JOIN (SELECT _row FROM fate WHERE number = {output.number}) USING (_row)"
    )


def _in_conflict(output: Output) -> str:
    """SQL for the lines of the output's files that are in conflict."""
    return f"SELECT {FILE}, {LINE} FROM line_fate WHERE kind = '{output.kind}' AND fate = {CONFLICT}"
