"""Which lines of the staged files may be facts: those that no reject rule takes out and no file repeats."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from data.intake.mapping import FileRule
from data.intake.member_numbers import tidy_numbers
from data.intake.reading import Stage
from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Source, content_of, number, run, without_lines
from data.sql import identifier, quoted
from loyalty_core.errors import InputError

OTHER_DELIMITERS = {";": ";", "\t": "\\t", "|": "|"}  # that files come with, and as a mapping writes them


def register_source(duck: Duck, source: Source, stages: Sequence[Stage]) -> None:
    """Make `source_<kind>`: the texts of all files of the kind, NULL where the mapping calls them missing,
    numbers of members tidied."""
    tables = []
    for place, stage in enumerate(stages):
        if stage.source.kind == source.kind:
            _assert_columns(source.kind, source.rule, stage)
            file = pa.repeat(pa.scalar(place, pa.int32()), len(stage.rows))
            tables.append(stage.rows.append_column(FILE, file))
    duck.register(f"stage_{source.kind}", pa.concat_tables(tables, promote_options="default"))
    missing = ", ".join(quoted(text) for text in source.rule.missing)
    tidied = tidy_numbers(duck, source)
    texts = {name: tidied.get(name, identifier(name)) for name in source.columns}
    columns = [f"{_without(text, missing)} AS {identifier(name)}" for name, text in texts.items()]
    duck.execute(
        f"CREATE VIEW source_{source.kind} AS "
        f"SELECT {FILE}, {LINE}, {', '.join(columns)} FROM stage_{source.kind}"
    )


def _without(text: str, missing: str) -> str:
    return f"CASE WHEN {text} NOT IN ({missing}) THEN {text} END" if missing else text


def _assert_columns(kind: str, rule: FileRule, stage: Stage) -> None:
    """Every column that the mapping names is in the file; otherwise say which it has."""
    for name in rule.columns:
        if name not in stage.rows.column_names:
            found = [column for column in stage.rows.column_names if not column.startswith("_")]
            _assert_parted(kind, stage.source.name, found)
            has = ", ".join(found)
            where = f"the mapping reads (files.{kind})"
            raise InputError(f"{stage.source.name}: has no column {name}, which {where}; it has {has}")


def _assert_parted(kind: str, file: str, found: Sequence[str]) -> None:
    """A header is not read as one column though it seems to be several."""
    for mark, written in OTHER_DELIMITERS.items():
        if len(found) == 1 and mark in found[0]:
            raise InputError(
                f"{file}: its columns seem to be parted by {written}, not as the mapping says; "
                f'write delimiter: "{written}" under files.{kind}'
            )


def choose_candidates(duck: Duck, source: Source) -> None:
    """Make `facts_<kind>`; lines that are taken out go to `rejected` and `repeated`."""
    kind, rule = source.kind, source.rule
    if rule.rejects:
        cases = " ".join(f"WHEN ({reject.when}) THEN {quoted(reject.reason)}" for reject in rule.rejects)
        run(
            duck,
            f"INSERT INTO rejected SELECT {quoted(kind)}, {FILE}, {LINE}, '', reason FROM "
            f"(SELECT {FILE}, {LINE}, CASE {cases} END AS reason FROM source_{kind}) "
            "WHERE reason IS NOT NULL",
            f"files.{kind}.rejects",
        )
    if any(row.group_by and row.adds_up for row in rule.rows):
        _find_repeated(duck, source)
    out = [without_lines(duck, table, kind, f"{table}_by_rule_{kind}") for table in ("rejected", "repeated")]
    duck.execute(f"CREATE VIEW facts_{kind} AS SELECT * FROM source_{kind} {' '.join(out)}")


def _find_repeated(duck: Duck, source: Source) -> None:
    """Lines of one file that another file of this import brings too, each as often as in any one file."""
    if number(duck, f"SELECT count(DISTINCT {FILE}) FROM source_{source.kind}") > 1:
        duck.execute(
            f"INSERT INTO repeated SELECT {quoted(source.kind)}, {FILE}, {LINE} FROM "
            f"(SELECT {FILE}, {LINE}, content, row_number() "
            f"OVER (PARTITION BY content, {FILE} ORDER BY {LINE}) AS place FROM "
            f"(SELECT {FILE}, {LINE}, {content_of(source.columns)} AS content FROM source_{source.kind})) "
            f"QUALIFY row_number() OVER (PARTITION BY content, place ORDER BY {FILE}) > 1"
        )
