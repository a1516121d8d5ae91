"""The DuckDB in which the rows of an import take shape, and what its tables are called.

`source_<kind>` has the texts of all files of a kind, `facts_<kind>` those lines of it that may be facts.
Each rule of the mapping becomes an output: `checked_<n>` has the values of its lines, `row_<n>` the rows
to come, `fed_<n>` the lines that they are made of, and `line_<n>` which row each of these feeds. What
cannot be a fact is in `rejected`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.intake.casting import MACROS, Units
from data.intake.mapping import FileRule, RowRule
from data.snapshots import SETTINGS
from data.sql import identifier, quoted
from loyalty_core.errors import InputError

MEMORY = "1500MB"
FILE = "_file"  # the number of the staged file, from 0

Duck = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of file in this import: its rule, the columns of its files and those that hold real dates
    or numbers."""

    kind: str
    rule: FileRule
    columns: tuple[str, ...]
    typed: frozenset[str]
    units: Units


@dataclass(frozen=True, slots=True)
class Output:
    """One rule of the mapping at work."""

    number: int
    source: Source
    rule: RowRule

    @property
    def kind(self) -> str:
        return self.source.kind

    @property
    def where(self) -> str:
        """Its place in the mapping, for people."""
        return f"files.{self.kind}.rows.{self.rule.table}"

    def shown(self, column: str) -> str:
        """What to call a fact column that cannot be filled: the source's own name for it if it has one."""
        return self.rule.columns[column].source or f"{self.rule.table}.{column}"

    @property
    def checked(self) -> str:
        return f"checked_{self.number}"

    @property
    def rows(self) -> str:
        return f"row_{self.number}"

    @property
    def lines(self) -> str:
        return f"line_{self.number}"

    @property
    def fed(self) -> str:
        return f"fed_{self.number}"

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns of `checked` that hold what lines of one fact have in common; none if a line is one."""
        return tuple(f"g_{place}" for place in range(len(self.rule.group_by)))


def staging_database(spill: Path | None = None) -> Duck:
    """A DuckDB in memory that reaches no file and no network, whatever an expression says; what passes
    `MEMORY` goes to the folder `spill`, if there is one."""
    room = {} if spill is None else {"temp_directory": str(spill), "memory_limit": MEMORY}
    duck = duckdb.connect(config=SETTINGS | {"enable_external_access": "false"} | room)
    duck.execute(
        "SET enable_progress_bar = false; SET TimeZone = 'UTC'; SET preserve_insertion_order = false"
    )
    for macro in MACROS:
        duck.execute(macro)
    duck.execute("CREATE TABLE repeated(kind TEXT, _file INTEGER, _line BIGINT)")
    for table in ("rejected", "blanked", "tidied", "united"):
        duck.execute(
            f"CREATE TABLE {table}(kind TEXT, _file INTEGER, _line BIGINT, source_column TEXT, reason TEXT)"
        )
    return duck


def run(duck: Duck, sql: str, where: str) -> None:
    """Execute what the mapping asks for; InputError naming the place where it is wrong."""
    try:
        duck.execute(sql)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        hint = "; check the mapping's columns and sql"
        raise InputError(f"{where}: {str(error).splitlines()[0]}{hint}") from error
    except duckdb.Error as error:
        raise InputError(f"{where}: {str(error).splitlines()[0]}") from error


def holds_any(duck: Duck, sql: str) -> bool:
    """Whether the query has an answer."""
    return bool(duck.execute(f"SELECT 1 FROM ({sql}) LIMIT 1").fetchall())


def number(duck: Duck, sql: str) -> int:
    """The one number that the query gives."""
    return int(duck.execute(sql).fetchall()[0][0])


def content_of(names: Sequence[str]) -> str:
    """SQL for a digest of these columns, missing ones told from empty ones."""
    parts = ", ".join(f"coalesce({identifier(name)}, chr(30))" for name in names)
    return f"md5(concat_ws(chr(31), {parts}))"


def without_lines(duck: Duck, table: str, kind: str, name: str) -> str:
    """SQL that leaves out the lines which `table` holds by now, kept as `name`; nothing if it holds none."""
    duck.execute(
        f"CREATE TABLE {name} AS SELECT DISTINCT {FILE}, _line FROM {table} WHERE kind = {quoted(kind)}"
    )
    return f"ANTI JOIN {name} USING ({FILE}, _line)" if holds_any(duck, f"FROM {name}") else ""
