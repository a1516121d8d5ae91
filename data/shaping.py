"""From texts to rows: lookups, reject rules, casting, and lines that together make one fact.

Everything happens in DuckDB over whole columns. Each output of the mapping becomes a table
`row_<n>` (the fact columns, `_row`, and the `_file` and `_line` of its first line); what cannot be a
fact is in `rejected`, one row per line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from data.casting import MACROS, Units, number_macro, quoted, reason, value
from data.formats import LINE
from data.mapping import ColumnRule, FileRule, Lookup, Mapping, RowRule
from data.reading import Stage
from data.snapshots import SETTINGS
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES, Kind
from loyalty_core.programme import Programme

FILE = "_file"


@dataclass(frozen=True, slots=True)
class Output:
    """One rule of the mapping at work: its table is `row_<number>`, its lines `line_<number>`."""

    number: int
    kind: str
    rule: RowRule

    @property
    def rows(self) -> str:
        return f"row_{self.number}"

    @property
    def lines(self) -> str:
        return f"line_{self.number}"


def workbench() -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that reaches no file and no network, whatever an expression says."""
    duck = duckdb.connect(config=SETTINGS | {"enable_external_access": "false"})
    duck.execute(
        "SET enable_progress_bar = false; SET TimeZone = 'UTC'; SET preserve_insertion_order = false"
    )
    for macro in MACROS:
        duck.execute(macro)
    duck.execute(
        "CREATE TABLE rejected(kind TEXT, _file INTEGER, _line BIGINT, source_column TEXT, reason TEXT);"
        "CREATE TABLE blanked(kind TEXT, _file INTEGER, _line BIGINT, source_column TEXT, reason TEXT);"
        "CREATE TABLE repeated(kind TEXT, _file INTEGER, _line BIGINT)"
    )
    return duck


def shape(
    duck: duckdb.DuckDBPyConnection, mapping: Mapping, programme: Programme, stages: Sequence[Stage]
) -> list[Output]:
    """Make the rows of every output that the staged files feed; `_file` counts the stages from 0."""
    kinds = [kind for kind in mapping.files if any(stage.source.kind == kind for stage in stages)]
    for kind in kinds:
        _source_view(duck, kind, mapping.files[kind], stages)
    for kind in kinds:
        duck.execute(number_macro(_units(mapping, programme, kind)))
        _apply_rejects(duck, kind, mapping.files[kind])
    outputs: list[Output] = []
    for kind in kinds:
        rows = mapping.files[kind].rows
        outputs += _shaped(
            duck,
            [Output(len(outputs) + place, kind, row) for place, row in enumerate(rows)],
            mapping,
            _units(mapping, programme, kind),
            stages,
        )
    return outputs


def _shaped(
    duck: duckdb.DuckDBPyConnection,
    outputs: list[Output],
    mapping: Mapping,
    units: Units,
    stages: Sequence[Stage],
) -> list[Output]:
    """The outputs of one kind of file: all are checked before any takes shape, for a line stands or falls
    as a whole."""
    duck.execute(number_macro(units))
    for output in outputs:
        mine = [stage for stage in stages if stage.source.kind == output.kind]
        typed = frozenset[str]().union(*(stage.typed for stage in mine))
        columns = _columns(stages, output.kind)
        _check_lines(duck, output, mapping.files[output.kind], mapping, units, typed, columns)
    for output in outputs:
        _gather(duck, output)
    for output in outputs:
        _settle(duck, output)
    return outputs


def _units(mapping: Mapping, programme: Programme, kind: str) -> Units:
    return Units(
        programme.currency,
        programme.currency_decimals,
        programme.point_decimals,
        mapping.time_zone,
        mapping.files[kind].decimal,
        mapping.files[kind].thousands,
    )


def run(duck: duckdb.DuckDBPyConnection, sql: str, where: str) -> None:
    """Execute what the mapping asks for; InputError naming the place where it is wrong."""
    try:
        duck.execute(sql)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise InputError(
            f"{where}: {str(error).splitlines()[0]}; check the mapping's columns and sql"
        ) from error
    except duckdb.Error as error:
        raise InputError(f"{where}: {str(error).splitlines()[0]}") from error


# Sources ----------------------------------------------------------------------------------------------


def _source_view(duck: duckdb.DuckDBPyConnection, kind: str, rule: FileRule, stages: Sequence[Stage]) -> None:
    """`source_<kind>`: the texts of all files of the kind, NULL where the mapping calls them missing."""
    tables = []
    for number, stage in enumerate(stages):
        if stage.source.kind == kind:
            _assert_columns(kind, rule, stage)
            tables.append(
                stage.rows.append_column(FILE, pa.repeat(pa.scalar(number, pa.int32()), len(stage.rows)))
            )
    duck.register(f"stage_{kind}", pa.concat_tables(tables, promote_options="default"))
    missing = ", ".join(quoted(text) for text in rule.missing)
    columns = []
    for name in _columns(stages, kind):
        columns.append(f"{_without(identifier(name), missing)} AS {identifier(name)}")
    duck.execute(
        f"CREATE VIEW source_{kind} AS SELECT {FILE}, {LINE}, {', '.join(columns)} FROM stage_{kind}"
    )


def _without(text: str, missing: str) -> str:
    return f"CASE WHEN {text} NOT IN ({missing}) THEN {text} END" if missing else text


def identifier(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _columns(stages: Sequence[Stage], kind: str) -> list[str]:
    names = [name for stage in stages if stage.source.kind == kind for name in stage.rows.column_names]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def _assert_columns(kind: str, rule: FileRule, stage: Stage) -> None:
    """Every column that the mapping names is in the file; otherwise say which it has."""
    wanted = [column.source for row in rule.rows for column in row.columns.values() if column.source]
    wanted += [name for lookup in rule.lookups.values() for name in lookup.by]
    taken = {f"{lookup}.{name}" for lookup, found in rule.lookups.items() for name in found.take}
    for name in wanted:
        if name not in stage.rows.column_names and name not in taken:
            has = ", ".join(column for column in stage.rows.column_names if not column.startswith("_"))
            raise InputError(
                f"{stage.source.name}: has no column {name}, which mapping file {kind} reads; it has {has}"
            )


def _apply_rejects(duck: duckdb.DuckDBPyConnection, kind: str, rule: FileRule) -> None:
    """`facts_<kind>`: the lines that no reject rule takes out and no other file of this import repeats."""
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
        _find_repeated(duck, kind)
    out = " ".join(
        _without_lines(duck, table, kind, f"{table}_by_rule_{kind}") for table in ("rejected", "repeated")
    )
    duck.execute(f"CREATE VIEW facts_{kind} AS SELECT * FROM source_{kind} {out}")


def _without_lines(duck: duckdb.DuckDBPyConnection, table: str, kind: str, name: str) -> str:
    """SQL that leaves out the lines which `table` holds by now, kept as `name`; nothing if it holds none."""
    duck.execute(
        f"CREATE TABLE {name} AS SELECT DISTINCT {FILE}, {LINE} FROM {table} WHERE kind = {quoted(kind)}"
    )
    return f"ANTI JOIN {name} USING ({FILE}, {LINE})" if _any(duck, f"FROM {name}") else ""


def _find_repeated(duck: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Lines of one file that another file of this import brings too, each as often as in any one file."""
    files = duck.execute(f"SELECT count(DISTINCT {FILE}) FROM source_{kind}").fetchall()[0][0]
    if files > 1:
        names = [row[0] for row in duck.execute(f"DESCRIBE source_{kind}").fetchall()]
        content = content_of([name for name in names if name not in (FILE, LINE)])
        duck.execute(
            f"INSERT INTO repeated SELECT {quoted(kind)}, {FILE}, {LINE} FROM "
            f"(SELECT {FILE}, {LINE}, content, row_number() "
            f"OVER (PARTITION BY content, {FILE} ORDER BY {LINE}) AS place FROM "
            f"(SELECT {FILE}, {LINE}, {content} AS content FROM source_{kind})) "
            f"QUALIFY row_number() OVER (PARTITION BY content, place ORDER BY {FILE}) > 1"
        )


def content_of(names: Sequence[str]) -> str:
    """SQL for a digest of these columns, missing ones told from empty ones."""
    parts = ", ".join(f"coalesce({identifier(name)}, chr(30))" for name in names)
    return f"md5(concat_ws(chr(31), {parts}))"


# Lines ------------------------------------------------------------------------------------------------


def _check_lines(
    duck: duckdb.DuckDBPyConnection,
    output: Output,
    rule: FileRule,
    mapping: Mapping,
    units: Units,
    typed: frozenset[str],
    columns: Sequence[str],
) -> None:
    """`checked_<n>`: each line's values; lines with a value that cannot be read go to `rejected`."""
    where = f"files.{output.kind}.rows.{output.rule.table}"
    table = TABLES[output.rule.table]
    groups = [f"{_expression(part, columns)} AS g_{place}" for place, part in enumerate(output.rule.group_by)]
    texts = [f"{_text(column, columns)} AS t_{name}" for name, column in output.rule.columns.items()]
    condition = f"WHERE ({output.rule.when})" if output.rule.when else ""
    run(
        duck,
        f"CREATE OR REPLACE TEMP TABLE texts AS SELECT {FILE}, {LINE}, {', '.join([*groups, *texts])} "
        f"FROM facts_{output.kind} AS s {_joins(duck, rule, mapping, where)} {condition}",
        where,
    )
    values, joins, problems = [], [], []
    for name, column_rule in output.rule.columns.items():
        column = table.column(name)
        plain = (column.kind is Kind.TEXT and not column.choices) or column_rule.attributes is not None
        values.append(f"t_{name} AS {name}" if plain else f"v_{name}.value AS {name}")
        if not plain:
            known = column_rule.source in typed or (column_rule.sql is not None and bool(typed))
            # What an expression or a constant gives is in plain form, whatever the form of the file.
            form = units if column_rule.source else replace(units, decimal=".", thousands="")
            cast = value(column, column_rule, "text", form, known)
            # Each text once: values repeat, and checking digits costs more than joining.
            run(
                duck,
                f"CREATE OR REPLACE TEMP TABLE v_{name} AS SELECT text, value, "
                f"CASE WHEN value IS NULL THEN {reason(column, column_rule, 'text', form, known)} END AS why "
                f"FROM (SELECT text, {cast} AS value FROM (SELECT DISTINCT t_{name} AS text FROM texts "
                f"WHERE t_{name} IS NOT NULL))",
                where,
            )
            joins.append(f"LEFT JOIN v_{name} ON t_{name} = v_{name}.text")
        problems += _problems(output, name, column_rule, None if plain else f"v_{name}.why")
    names = [f"g_{place}" for place in range(len(groups))]
    run(
        duck,
        f"CREATE TABLE checked_{output.number} AS SELECT {FILE}, {LINE}, {', '.join([*names, *values])}, "
        f"{_first(problems)} AS problem FROM texts {' '.join(joins)}",
        where,
    )
    for target, blank in (("rejected", False), ("blanked", True)):
        _collect(duck, output, target, blank)


def _problems(
    output: Output, name: str, rule: ColumnRule, why: str | None
) -> list[tuple[str, str, str, bool]]:
    """The ways in which this column can fail: condition, its name for people, the reason, blank or not."""
    column = TABLES[output.rule.table].column(name)
    shown = rule.source or f"{output.rule.table}.{name}"
    blank = rule.if_invalid == "blank" and not column.required
    found = [(f"{why} IS NOT NULL", shown, why, blank)] if why else []
    if column.required and rule.value is None:
        found.append((f"t_{name} IS NULL", shown, quoted(f"is empty, and {column.name} is required"), False))
    return found


def _first(problems: Sequence[tuple[str, str, str, bool]]) -> str:
    """SQL for a line's first problem as {shown, why, blank}: what rejects comes before what blanks."""
    cases = [
        f"WHEN {condition} THEN {{'shown': {quoted(shown)}, 'why': {why}, 'blank': {str(blank).lower()}}}"
        for condition, shown, why, blank in sorted(problems, key=lambda problem: problem[3])
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::STRUCT(shown TEXT, why TEXT, blank BOOLEAN)"


def _collect(duck: duckdb.DuckDBPyConnection, output: Output, target: str, blank: bool) -> None:
    duck.execute(
        f"INSERT INTO {target} SELECT {quoted(output.kind)}, {FILE}, {LINE}, problem.shown, problem.why "
        f"FROM checked_{output.number} WHERE problem.blank = {str(blank).lower()}"
    )


def _text(rule: ColumnRule, columns: Sequence[str]) -> str:
    """SQL for the text that a column's rule takes from a line."""
    if rule.attributes is not None:
        pairs = [
            f"CASE WHEN ({text}) IS NOT NULL THEN {quoted(name + '=')} || ({text}) END"
            for name, text in ((name, _expression(part, columns)) for name, part in rule.attributes.items())
        ]
        some = f"list_filter([{', '.join(pairs)}], lambda pair: pair IS NOT NULL)"
        return f"CASE WHEN len({some}) > 0 THEN {some} END"
    if rule.content:
        names = list(rule.content) if isinstance(rule.content, tuple) else list(columns)
        content = content_of(names)
        place = f"row_number() OVER (PARTITION BY {FILE}, {content} ORDER BY {LINE})"
        return f"left({content}, 24) || '-' || {place}"
    if rule.value is not None:
        text = quoted(rule.value)
    elif rule.source is not None:
        text = _expression(rule.source, columns)
    else:
        text = f"nullif(trim(CAST(({rule.sql}) AS TEXT)), '')"
    if not rule.values:
        return text
    pairs = [f"WHEN {quoted(a)} THEN {'NULL' if b is None else quoted(b)}" for a, b in rule.values.items()]
    return f"CASE {text} {' '.join(pairs)} ELSE {text} END"


def _expression(part: str, columns: Sequence[str]) -> str:
    """A column of the file by its name, or else an expression."""
    return f"s.{identifier(part)}" if part in columns else part


def _joins(duck: duckdb.DuckDBPyConnection, rule: FileRule, mapping: Mapping, where: str) -> str:
    return " ".join(_join(duck, name, lookup, where) for name, lookup in rule.lookups.items())


def _join(duck: duckdb.DuckDBPyConnection, name: str, lookup: Lookup, where: str) -> str:
    """The other file's lines, one per key; where that file is not in this import, nothing is found."""
    there = duck.execute(
        "SELECT count(*) FROM duckdb_views() WHERE view_name = ?", [f"facts_{lookup.file}"]
    ).fetchall()[0][0]
    if not there:
        if lookup.required:
            raise InputError(f"{where}: needs the file {lookup.file} in the same import; name it too")
        nothing = ", ".join(f"NULL::TEXT AS {identifier(column)}" for column in lookup.take)
        return f"LEFT JOIN (SELECT {nothing}) AS {name} ON false"
    keys = list(lookup.by.items())
    found = [f"{identifier(theirs)} AS _key_{place}" for place, (_, theirs) in enumerate(keys)]
    found += [f"{expression} AS {identifier(column)}" for column, expression in lookup.take.items()]
    by = ", ".join(identifier(theirs) for _, theirs in keys)
    on = " AND ".join(f"s.{identifier(ours)} = {name}._key_{place}" for place, (ours, _) in enumerate(keys))
    return f"LEFT JOIN (SELECT {', '.join(found)} FROM facts_{lookup.file} GROUP BY {by}) AS {name} ON {on}"


# Groups -----------------------------------------------------------------------------------------------


def _gather(duck: duckdb.DuckDBPyConnection, output: Output) -> None:
    """Lines that make one fact stand or fall together: a sum without one of its lines would be wrong."""
    if not output.rule.group_by:
        return
    keys = [f"g_{place}" for place in range(len(output.rule.group_by))]
    key = ", ".join(keys)
    same = [
        name for name, rule in output.rule.columns.items() if rule.of_group == "same" and rule.value is None
    ]
    differs = " ".join(f"WHEN min({name}) <> max({name}) THEN {quoted(name)}" for name in same)
    bad = f"SELECT DISTINCT {key} FROM checked_{output.number} SEMI JOIN rejected_now USING ({FILE}, {LINE})"
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE rejected_now AS SELECT DISTINCT {FILE}, {LINE} FROM rejected "
        f"WHERE kind = {quoted(output.kind)}"
    )
    if output.rule.adds_up and _any(duck, bad):
        _reject_groups(
            duck,
            output,
            bad,
            keys,
            f"'another line of the same ' || {quoted(output.rule.table.removesuffix('s'))} || ' is rejected'",
        )
    if differs:
        odd = (
            f"SELECT {key}, CASE {differs} END AS name FROM checked_{output.number} GROUP BY {key} "
            "HAVING name IS NOT NULL"
        )
        if _any(duck, odd):
            _reject_groups(
                duck,
                output,
                odd,
                keys,
                f"'its lines differ in ' || bad.name || ', which belongs to the "
                f"{output.rule.table.removesuffix('s')} as a whole'",
            )


def _any(duck: duckdb.DuckDBPyConnection, sql: str) -> bool:
    return bool(duck.execute(f"SELECT 1 FROM ({sql}) LIMIT 1").fetchall())


def _reject_groups(
    duck: duckdb.DuckDBPyConnection, output: Output, bad: str, keys: Sequence[str], why: str
) -> None:
    on = " AND ".join(f"c.{key} IS NOT DISTINCT FROM bad.{key}" for key in keys)
    duck.execute(
        f"INSERT INTO rejected SELECT {quoted(output.kind)}, c.{FILE}, c.{LINE}, '', {why} "
        f"FROM checked_{output.number} AS c JOIN ({bad}) AS bad ON {on}"
    )


_OF_GROUP = {
    "same": "any_value({0})",
    "sum": "CAST(sum({0}) AS BIGINT)",
    "min": "min({0})",
    "max": "max({0})",
    "count": "count({0})",
    "all": "list_sort(list_distinct(flatten(list({0}))))",
}


def _settle(duck: duckdb.DuckDBPyConnection, output: Output) -> None:
    """`row_<n>` and `line_<n>`: the rows to come, and which lines each of them is made of."""
    out = _without_lines(duck, "rejected", output.kind, f"rejected_for_{output.number}")
    lines = f"(SELECT * FROM checked_{output.number} {out})"
    names = list(output.rule.columns)
    if not output.rule.group_by:
        duck.execute(
            f"CREATE TABLE {output.rows} AS SELECT row_number() OVER () AS _row, {FILE}, {LINE}, "
            f"{', '.join(names)} FROM {lines}; DROP TABLE checked_{output.number};"
            f"CREATE VIEW {output.lines} AS SELECT {FILE}, {LINE}, _row FROM {output.rows}"
        )
        return
    keys = [f"g_{place}" for place in range(len(output.rule.group_by))]
    parts = [_OF_GROUP[output.rule.columns[name].of_group].format(name) + f" AS {name}" for name in names]
    duck.execute(
        f"CREATE TABLE {output.rows} AS SELECT row_number() OVER () AS _row, * FROM (SELECT "
        f"min({FILE}) AS {FILE}, arg_min({LINE}, ({FILE}, {LINE})) AS {LINE}, "
        f"{', '.join([*keys, *parts])} FROM {lines} GROUP BY {', '.join(keys)})"
    )
    on = " AND ".join(f"c.{key} IS NOT DISTINCT FROM r.{key}" for key in keys)
    duck.execute(
        f"CREATE VIEW {output.lines} AS SELECT c.{FILE}, c.{LINE}, r._row FROM {lines} AS c "
        f"JOIN {output.rows} AS r ON {on}"
    )
