"""From checked lines to rows: one row per line, or one per group of lines that together are one fact."""

from __future__ import annotations

from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Output, holds_any, without_lines
from data.sql import quoted

_OF_GROUP = {
    "same": "any_value({0})",
    "sum": "CAST(sum({0}) AS BIGINT)",
    "min": "min({0})",
    "max": "max({0})",
    "count": "count({0})",
    "all": "list_sort(list_distinct(flatten(list({0}))))",
}


def reject_broken_groups(duck: Duck, output: Output) -> None:
    """Lines that make one fact stand or fall together: a sum without one of its lines would be wrong."""
    if not output.rule.group_by:
        return
    key = ", ".join(output.groups)
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE rejected_now AS SELECT DISTINCT {FILE}, {LINE} FROM rejected "
        f"WHERE kind = {quoted(output.kind)}"
    )
    if output.rule.adds_up:
        bad = f"SELECT DISTINCT {key} FROM {output.checked} SEMI JOIN rejected_now USING ({FILE}, {LINE})"
        _reject_groups(duck, output, bad, quoted("another line of the same group is rejected"))
    differs = " ".join(f"WHEN min({name}) <> max({name}) THEN {quoted(name)}" for name in _same(output))
    if differs:
        odd = (
            f"SELECT {key}, CASE {differs} END AS name FROM {output.checked} GROUP BY {key} "
            "HAVING name IS NOT NULL"
        )
        _reject_groups(duck, output, odd, "'the lines of its group differ in ' || bad.name")


def _same(output: Output) -> list[str]:
    """The columns in which the lines of a fact may not differ, those left out that cannot."""
    return [
        name
        for name, rule in output.rule.columns.items()
        if rule.of_group == "same" and rule.value is None and rule.source not in output.rule.group_by
    ]


def _reject_groups(duck: Duck, output: Output, bad: str, why: str) -> None:
    if holds_any(duck, bad):
        duck.execute(
            f"INSERT INTO rejected SELECT {quoted(output.kind)}, c.{FILE}, c.{LINE}, '', {why} "
            f"FROM {output.checked} AS c JOIN ({bad}) AS bad ON {_same_group(output, 'bad')}"
        )


def _same_group(output: Output, other: str) -> str:
    return " AND ".join(f"c.{group} IS NOT DISTINCT FROM {other}.{group}" for group in output.groups)


def make_rows(duck: Duck, output: Output) -> None:
    """Make `row_<n>`, `line_<n>` and `fed_<n>`: the rows to come, and which lines they are made of."""
    out = without_lines(duck, "rejected", output.kind, f"rejected_for_{output.number}")
    lines = f"(SELECT * FROM {output.checked} {out})"
    if output.rule.group_by:
        _make_grouped_rows(duck, output, lines)
        return
    # A line that is a row is known by its place, and is kept once.
    duck.execute(
        f"CREATE VIEW {output.rows} AS SELECT ({FILE}::BIGINT << 40) + {LINE} AS _row, {FILE}, {LINE}, "
        f"{', '.join(output.rule.columns)} FROM {lines};"
        f"CREATE VIEW {output.lines} AS SELECT {FILE}, {LINE}, _row FROM {output.rows};"
        f"CREATE VIEW {output.fed} AS SELECT {FILE}, {LINE} FROM {output.rows}"
    )


def _make_grouped_rows(duck: Duck, output: Output, lines: str) -> None:
    parts = [
        f"{_OF_GROUP[rule.of_group].format(name)} AS {name}" for name, rule in output.rule.columns.items()
    ]
    duck.execute(
        f"CREATE TABLE {output.rows} AS SELECT row_number() OVER () AS _row, * FROM (SELECT "
        f"min({FILE}) AS {FILE}, arg_min({LINE}, ({FILE}, {LINE})) AS {LINE}, "
        f"{', '.join([*output.groups, *parts])} FROM {lines} GROUP BY {', '.join(output.groups)})"
    )
    duck.execute(
        f"CREATE VIEW {output.lines} AS SELECT c.{FILE}, c.{LINE}, r._row FROM {lines} AS c "
        f"JOIN {output.rows} AS r ON {_same_group(output, 'r')};"
        f"CREATE VIEW {output.fed} AS SELECT {FILE}, {LINE} FROM {lines}"
    )
