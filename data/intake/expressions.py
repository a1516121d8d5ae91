"""SQL for the texts that a mapping's rules take from a line and from the lines of other files."""

from __future__ import annotations

from collections.abc import Sequence

from data.intake.mapping import ColumnRule, Lookup
from data.intake.sheets import LINE
from data.intake.staging_database import FILE, Duck, Output, content_of, number
from data.sql import identifier, quoted
from loyalty_core.errors import InputError


def expression(part: str, columns: Sequence[str]) -> str:
    """A column of the file by its name, or else an expression."""
    return f"s.{identifier(part)}" if part in columns else part


def text(rule: ColumnRule, columns: Sequence[str]) -> str:
    """The text that a column's rule takes from a line."""
    if rule.attributes is not None:
        return _attributes(rule.attributes, columns)
    if rule.content:
        content = content_of(list(rule.content) if isinstance(rule.content, tuple) else list(columns))
        place = f"row_number() OVER (PARTITION BY {FILE}, {content} ORDER BY {LINE})"
        return f"left({content}, 24) || '-' || {place}"
    if rule.value is not None:
        found = quoted(rule.value)
    elif rule.source is not None:
        found = expression(rule.source, columns)
    else:
        found = f"nullif(trim(CAST(({rule.sql}) AS TEXT)), '')"
    if not rule.values:
        return found
    pairs = [f"WHEN {quoted(a)} THEN {'NULL' if b is None else quoted(b)}" for a, b in rule.values.items()]
    return f"CASE {found} {' '.join(pairs)} ELSE {found} END"


def _attributes(parts: dict[str, str], columns: Sequence[str]) -> str:
    """The list of name=value for those that have a value; NULL where none has."""
    pairs = [
        f"CASE WHEN ({value}) IS NOT NULL THEN {quoted(name + '=')} || ({value}) END"
        for name, value in ((name, expression(part, columns)) for name, part in parts.items())
    ]
    some = f"list_filter([{', '.join(pairs)}], lambda pair: pair IS NOT NULL)"
    return f"CASE WHEN len({some}) > 0 THEN {some} END"


def joins(duck: Duck, output: Output) -> str:
    """The lookups of the output's file."""
    return " ".join(_join(duck, *named, output.where) for named in output.source.rule.lookups.items())


def _join(duck: Duck, name: str, lookup: Lookup, where: str) -> str:
    """The other file's lines, one per key; where that file is not in this import, nothing is found."""
    there = f"SELECT count(*) FROM duckdb_views() WHERE view_name = {quoted('facts_' + lookup.file)}"
    if not number(duck, there):
        if lookup.required:
            raise InputError(f"{where}: needs the file {lookup.file} in the same import; name it too")
        nothing = ", ".join(f"NULL::TEXT AS {identifier(column)}" for column in lookup.take)
        return f"LEFT JOIN (SELECT {nothing}) AS {name} ON false"
    keys = list(lookup.by.items())
    found = [f"{identifier(theirs)} AS _key_{place}" for place, (_, theirs) in enumerate(keys)]
    found += [f"{sql} AS {identifier(column)}" for column, sql in lookup.take.items()]
    by = ", ".join(identifier(theirs) for _, theirs in keys)
    on = " AND ".join(f"s.{identifier(ours)} = {name}._key_{place}" for place, (ours, _) in enumerate(keys))
    return f"LEFT JOIN (SELECT {', '.join(found)} FROM facts_{lookup.file} GROUP BY {by}) AS {name} ON {on}"
