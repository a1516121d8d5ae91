"""From the texts of lines to values of the declared kinds, and what of them cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.casting import reason, value
from data.expressions import expression, joins, text
from data.mapping import ColumnRule
from data.sheets import LINE
from data.sql import quoted
from data.workbench import FILE, Duck, Output, holds_any, run
from loyalty_core.facts import TABLES, Column, Kind


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


def check_lines(duck: Duck, output: Output) -> None:
    """Make `checked_<n>`: each line's values; lines with a value that cannot be read go to `rejected`."""
    _take_texts(duck, output)
    table = TABLES[output.rule.table]
    values, casts, problems = [], [], list[_Problem]()
    for name, rule in output.rule.columns.items():
        column = table.column(name)
        if _is_plain(column, rule):
            values.append(f"t_{name} AS {name}")
        else:
            money = _money(duck, column)
            _cast_texts(duck, output, column, rule, money)
            if _is_joined(column, rule):
                values.append(f"v_{name}.value AS {name}")
                casts.append(f"LEFT JOIN v_{name} ON t_{name} = v_{name}.text")
                casts += [f"AND v_{name}.money = ({money})"] if money else []
            else:
                values.append(f"(SELECT value FROM v_{name}) AS {name}")
        problems += _problems(duck, output, column, rule)
    run(
        duck,
        f"CREATE TABLE {output.checked} AS SELECT {FILE}, {LINE}, {', '.join([*output.groups, *values])}, "
        f"{_first(problems)} AS problem FROM texts {' '.join(casts)}",
        output.where,
    )
    for target, blank in (("rejected", "false"), ("blanked", "true")):
        duck.execute(
            f"INSERT INTO {target} SELECT {quoted(output.kind)}, {FILE}, {LINE}, problem.shown, problem.why "
            f"FROM {output.checked} WHERE problem.blank = {blank}"
        )


def _take_texts(duck: Duck, output: Output) -> None:
    """`texts`: what the rules take from each line, per column `t_<name>`, and the groups."""
    columns, rule = output.source.columns, output.rule
    taken = [
        f"{expression(part, columns)} AS {group}"
        for part, group in zip(rule.group_by, output.groups, strict=True)
    ]
    taken += [f"{text(column, columns)} AS t_{name}" for name, column in rule.columns.items()]
    condition = f"WHERE ({rule.when})" if rule.when else ""
    run(
        duck,
        f"CREATE OR REPLACE TEMP TABLE texts AS SELECT {FILE}, {LINE}, {', '.join(taken)} "
        f"FROM facts_{output.kind} AS s {joins(duck, output)} {condition}",
        output.where,
    )


def _is_plain(column: Column, rule: ColumnRule) -> bool:
    """Whether the text is the value: there is nothing to cast and nothing that can be wrong with it."""
    return (column.kind is Kind.TEXT and not column.choices) or rule.attributes is not None


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


def _cast_texts(duck: Duck, output: Output, column: Column, rule: ColumnRule, money: str) -> None:
    """`v_<name>`: each text once, with its value or why it has none, and once more as money where asked.
    Values repeat, and checking digits costs more than joining."""
    typed = output.source.typed
    known = rule.source in typed or (rule.sql is not None and bool(typed))
    # What an expression or a constant gives is in plain form, whatever the form of the file.
    units = output.source.units if rule.source else replace(output.source.units, decimal=".", thousands="")
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


def _problems(duck: Duck, output: Output, column: Column, rule: ColumnRule) -> list[_Problem]:
    """The ways in which this column fails: what no text in it does is not asked of every line."""
    found = []
    shown = output.shown(column.name)
    if not _is_plain(column, rule) and holds_any(duck, f"FROM v_{column.name} WHERE why IS NOT NULL"):
        why = f"v_{column.name}.why" if _is_joined(column, rule) else f"(SELECT why FROM v_{column.name})"
        blank = rule.if_invalid == "blank" and not column.required
        found.append(_Problem(f"{why} IS NOT NULL", shown, why, blank))
    if column.required and rule.value is None:
        empty = quoted(f"is empty, and {column.name} is required")
        found.append(_Problem(f"t_{column.name} IS NULL", shown, empty, False))
    return found


def _first(problems: Sequence[_Problem]) -> str:
    """SQL for a line's first problem as {shown, why, blank}: what rejects comes before what blanks."""
    cases = [problem.sql for problem in sorted(problems, key=lambda problem: problem.blank)]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::STRUCT(shown TEXT, why TEXT, blank BOOLEAN)"
