"""From the texts of lines to values of the declared kinds, and what of them cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data.intake.casting import Units, reason, shortened, value
from data.intake.expressions import expression, joins, text
from data.intake.mapping import ColumnRule
from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Output, holds_any, number, run
from data.sql import quoted
from loyalty_core.facts import TABLES, Column, Kind

_LOOKED_AT = 50_000


@dataclass(frozen=True, slots=True)
class _Problem:
    """A way in which a line can fail: SQL for the condition and the reason, and the column's name for
    people. A value that is `blank`ed costs itself only, not its line."""

    condition: str
    shown: str
    reason: str
    blank: bool

    @property
    def sql(self) -> str:
        return (
            f"WHEN {self.condition} THEN "
            f"{{'shown': {quoted(self.shown)}, 'why': {self.reason}, 'blank': {str(self.blank).lower()}}}"
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column gets its values: SQL for the value, for what is worked out of each line's texts before,
    for a join to what is known of each text; and how a text can fail."""

    value: str
    of_line: str = ""
    join: str = ""
    problem: _Problem | None = None


def check_lines(duck: Duck, output: Output) -> None:
    """Make `checked_<n>`: each line's values; lines with a value that cannot be read go to `rejected`."""
    kept_as = _take_texts(duck, output)
    table = TABLES[output.rule.table]
    columns = [(table.column(name), rule) for name, rule in output.rule.columns.items()]
    readings = {column.name: _reading(duck, output, column, rule) for column, rule in columns}
    values = [f"{reading.value} AS {name}" for name, reading in readings.items()]
    lines = ", ".join(["*", *(reading.of_line for reading in readings.values() if reading.of_line)])
    joined = " ".join(reading.join for reading in readings.values())
    problems = [one for column, rule in columns for one in _problems(output, column, rule, readings)]
    run(
        duck,
        f"CREATE TABLE {output.checked} AS SELECT {FILE}, {LINE}, {', '.join([*output.groups, *values])}, "
        f"{_first(problems)} AS problem FROM (SELECT {lines} FROM texts) {joined}",
        output.where,
    )
    for target, blank in (("rejected", "false"), ("blanked", "true")):
        duck.execute(
            f"INSERT INTO {target} SELECT {quoted(output.kind)}, {FILE}, {LINE}, problem.shown, problem.why "
            f"FROM {output.checked} WHERE problem.blank = {blank}"
        )
    duck.execute(f"ALTER TABLE {output.checked} DROP COLUMN problem; DROP {kept_as} texts")


def _take_texts(duck: Duck, output: Output) -> str:
    """`texts`: what the rules take from each line, per column `t_<name>`, and the groups; TABLE or VIEW."""
    columns, rule = output.source.columns, output.rule
    taken = [
        f"{expression(part, columns)} AS {group}"
        for part, group in zip(rule.group_by, output.groups, strict=True)
    ]
    taken += [f"{text(column, columns)} AS t_{name}" for name, column in rule.columns.items()]
    condition = f"WHERE ({rule.when})" if rule.when else ""
    kept_as = "VIEW" if _is_as_read(output) else "TABLE"
    run(
        duck,
        f"CREATE TEMP {kept_as} texts AS SELECT {FILE}, {LINE}, {', '.join(taken)} "
        f"FROM facts_{output.kind} AS s {joins(duck, output)} {condition}",
        output.where,
    )
    return kept_as


def _is_as_read(output: Output) -> bool:
    """Whether the texts are columns of the file: then there is nothing to work out once and keep."""
    rule, file = output.rule, output.source.rule
    asked = rule.when or rule.group_by or file.lookups or file.rejects
    return not asked and all(one.source or one.value is not None for one in rule.columns.values())


def _reading(duck: Duck, output: Output, column: Column, rule: ColumnRule) -> _Reading:
    if _is_plain(duck, column, rule):
        return _Reading(f"t_{column.name}")
    money = _money(duck, column)
    if not money and _mostly_differ(duck, column, rule):
        return _read_in_lines(output, column, rule)
    _cast_texts(duck, output, column, rule, money)
    return _read_in_texts(duck, output, column, rule, money)


def _is_plain(duck: Duck, column: Column, rule: ColumnRule) -> bool:
    """Whether the text is the value: there is nothing to cast and nothing wrong with any of them."""
    if rule.attributes is not None:
        return True
    if column.kind is not Kind.TEXT or column.choices:
        return False
    return not (column.names_one and holds_any(duck, f"FROM texts WHERE {shortened(f't_{column.name}')}"))


def _mostly_differ(duck: Duck, column: Column, rule: ColumnRule) -> bool:
    """Whether hardly any text comes twice, by the first of them."""
    if rule.value is not None:
        return False
    some = f"(SELECT t_{column.name} AS text FROM texts LIMIT {_LOOKED_AT})"
    return number(duck, f"SELECT 2 * count(DISTINCT text) - count(*) FROM {some}") > _LOOKED_AT // 4


def _read_in_lines(output: Output, column: Column, rule: ColumnRule) -> _Reading:
    """Each line's text is cast for itself."""
    units, known = _form(output, rule)
    name, text = column.name, f"t_{column.name}"
    problem = _problem(
        output,
        column,
        rule,
        f"{text} IS NOT NULL AND c_{name} IS NULL",
        reason(column, rule, text, units, known),
    )
    return _Reading(f"c_{name}", f"{value(column, rule, text, units, known)} AS c_{name}", "", problem)


def _read_in_texts(duck: Duck, output: Output, column: Column, rule: ColumnRule, money: str) -> _Reading:
    """What is known of each text in `v_<name>`: what no text does is not asked of every line."""
    name = column.name
    fails, joined = holds_any(duck, f"FROM v_{name} WHERE why IS NOT NULL"), _is_joined(column, rule)
    why = f"v_{name}.why" if joined else f"(SELECT why FROM v_{name})"
    problem = _problem(output, column, rule, f"{why} IS NOT NULL", why) if fails else None
    if not joined:
        return _Reading(f"(SELECT value FROM v_{name})", problem=problem)
    join = f"LEFT JOIN v_{name} ON t_{name} = v_{name}.text"
    return _Reading(
        f"v_{name}.value", "", f"{join} AND v_{name}.money = ({money})" if money else join, problem
    )


def _money(duck: Duck, column: Column) -> str:
    """SQL over `texts` for the lines in which the column's points are money; empty where none are."""
    if column.money_where is None:
        return ""
    other, words = column.money_where
    condition = f"coalesce(t_{other} IN ({', '.join(quoted(word) for word in words)}), false)"
    return condition if holds_any(duck, f"FROM texts WHERE {condition}") else ""


def _is_joined(column: Column, rule: ColumnRule) -> bool:
    """Whether lines differ in the column's value, be it for the value of another column."""
    return rule.value is None or column.money_where is not None


def _form(output: Output, rule: ColumnRule) -> tuple[Units, bool]:
    """How the column's texts write numbers, and whether dates in them may be real ones."""
    typed = output.source.typed
    known = rule.source in typed or (rule.sql is not None and bool(typed))
    # What an expression or a constant gives is in plain form, whatever the form of the file.
    units = output.source.units if rule.source else replace(output.source.units, decimal=".", thousands="")
    return units, known


def _cast_texts(duck: Duck, output: Output, column: Column, rule: ColumnRule, money: str) -> None:
    """`v_<name>`: each text once, with its value or why it has none, and once more as money where asked.
    Values repeat, and checking digits costs more than joining."""
    units, known = _form(output, rule)
    name = column.name
    kinds = [(f"AND NOT {money}", column)] if money else [("", column)]
    kinds += [(f"AND {money}", replace(column, kind=Kind.MONEY))] if money else []
    cast = " UNION ALL ".join(
        f"SELECT text, {kind.kind is Kind.MONEY} AS money, value, "
        f"CASE WHEN value IS NULL THEN {reason(kind, rule, 'text', units, known)} END AS why "
        f"FROM (SELECT text, {value(kind, rule, 'text', units, known)} AS value "
        f"FROM (SELECT DISTINCT t_{name} AS text FROM texts WHERE t_{name} IS NOT NULL {lines}))"
        for lines, kind in kinds
    )
    run(duck, f"CREATE OR REPLACE TEMP TABLE v_{name} AS {cast}", output.where)


def _problem(output: Output, column: Column, rule: ColumnRule, condition: str, why: str) -> _Problem:
    blank = rule.if_invalid == "blank" and not column.required
    return _Problem(condition, output.shown(column.name), why, blank)


def _problems(
    output: Output, column: Column, rule: ColumnRule, readings: Mapping[str, _Reading]
) -> Iterator[_Problem]:
    """The ways in which this column fails."""
    if readings[column.name].problem:
        yield readings[column.name].problem
    if column.required and rule.value is None:
        empty = quoted(f"is empty, and {column.name} is required")
        yield _Problem(f"t_{column.name} IS NULL", output.shown(column.name), empty, False)


def _first(problems: Sequence[_Problem]) -> str:
    """SQL for a line's first problem as {shown, why, blank}: what rejects comes before what blanks."""
    cases = [problem.sql for problem in sorted(problems, key=lambda problem: problem.blank)]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::STRUCT(shown TEXT, why TEXT, blank BOOLEAN)"
