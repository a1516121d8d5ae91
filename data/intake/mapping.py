"""The mapping document: how the files of one source become rows of the fact tables.

A mapping is YAML. Nothing is guessed: every date has a declared form, every amount a unit, every text
an encoding that is checked. Expressions are DuckDB SQL over the texts of a line; `number(text)` gives
the exact decimal of a plain number and nothing for anything else.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from loyalty_core.documents import fields_of, validated
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES, Kind
from loyalty_core.rules.programme import Programme, programme_from_dict, programme_from_yaml, time_zones

SHIPPED = Path(__file__).parents[1] / "mappings"
PROGRAMMES = Path(__file__).parents[1] / "programmes"


def _texts(value: Any) -> Any:
    return (str(value),) if isinstance(value, str | int | float) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Constant = Annotated[str, BeforeValidator(_text)]


class Document(BaseModel):
    """A frozen part of the document; unknown fields are errors, so that a typo is not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ColumnRule(Document):
    """Where one fact column comes from, and how its text is read.

    `from`: a source column; `sql`: an expression; `value`: a constant; `content`: a name made of the
    line's content, for sources without ids; `attributes`: name=value texts from several columns.
    """

    source: str | None = Field(None, alias="from")
    sql: str | None = None
    value: Constant | None = None
    content: bool | tuple[str, ...] = False
    attributes: dict[str, str] | None = None
    values: dict[str, Constant | None] = {}
    format: Texts = ()
    time_zone: str | None = None
    unit: Literal["whole", "minor"] = "whole"
    round: Literal["half_up"] | None = None
    if_invalid: Literal["reject", "blank"] = "reject"
    of_group: Literal["same", "sum", "min", "max", "count", "all"] = "same"

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        origins = [self.source, self.sql, self.value, self.attributes, self.content or None]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("say exactly one of from, sql, value, content, attributes")
        return self

    @property
    def origin(self) -> str:
        """Where the value comes from, for people."""
        named = self.source or self.sql or self.value
        return named or ("content" if self.content else "several columns")


def _column_rule(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class RowRule(Document):
    """One fact row per line for which `when` holds, or per group of lines alike in `group_by`."""

    table: str
    when: str | None = None
    group_by: Texts = ()
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_column_rule)]]

    @model_validator(mode="after")
    def _known(self) -> RowRule:
        if self.table not in TABLES:
            raise ValueError(f"there is no table {self.table}; the tables are {', '.join(TABLES)}")
        table = TABLES[self.table]
        for name in self.columns:
            if name not in {column.name for column in table}:
                known = ", ".join(column.name for column in table)
                raise ValueError(f"{self.table} has no column {name}; it has {known}")
        for column in table:
            if column.required and column.name not in self.columns:
                raise ValueError(f"{self.table} needs a rule for {column.name} ({column.meaning.en})")
            rule = self.columns.get(column.name)
            if rule and column.kind in (Kind.DATE, Kind.INSTANT) and not rule.format and rule.value is None:
                raise ValueError(
                    f"{self.table}.{column.name}: declare the form of the date, like format: '%d/%m/%Y'"
                )
        return self

    @property
    def adds_up(self) -> bool:
        """Whether a group without one of its lines would be a wrong fact, not a poorer one."""
        return any(rule.of_group in ("sum", "count") for rule in self.columns.values())


class RejectRule(Document):
    """Lines for which `when` holds are no facts; they are rejected with the reason."""

    when: str
    reason: str


class Lookup(Document):
    """Columns taken over from another file of the source, by equal columns: `by` has ours and theirs.

    `take` names expressions over the lines found, aggregated where there are several:
    `start: min(start_date)`.
    """

    file: str
    by: dict[str, str]
    take: dict[str, str]
    required: bool = False


class FileRule(Document):
    """How one kind of file is read, and what each of its lines is."""

    match: Texts
    format: Literal["csv", "fixed", "excel", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1)
    header: bool = True
    skip_lines: int = Field(0, ge=0)
    names: Texts = ()
    positions: dict[str, tuple[int, int]] = {}
    sheet: str | None = None
    query: str | None = None
    missing: Texts = ()
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    rejects: tuple[RejectRule, ...] = ()
    lookups: dict[str, Lookup] = {}
    rows: tuple[RowRule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> FileRule:
        if self.format == "fixed" and not self.positions:
            raise ValueError("fixed width needs positions, like customer: [1, 6]")
        for name, (first, last) in self.positions.items():
            if not 1 <= first <= last:
                raise ValueError(f"positions of {name}: write first and last character, counted from 1")
        if not self.header and not (self.names or self.positions):
            raise ValueError("a file without header needs names for its columns")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's own columns that the rows and lookups take by their names, each once."""
        named = [column.source for row in self.rows for column in row.columns.values() if column.source]
        taken = {f"{lookup}.{name}" for lookup, found in self.lookups.items() for name in found.take}
        by = [name for lookup in self.lookups.values() for name in lookup.by]
        return tuple(dict.fromkeys(name for name in (*named, *by) if name not in taken))

    def reads(self, name: str) -> bool:
        """Whether a file of that name is of this kind."""
        return any(fnmatch(name.lower(), pattern.lower()) for pattern in self.match)


class Sample(Document):
    """The installed package that brings the data, and the folder in it."""

    package: str
    folder: str = ""
    install: str = "pip install 'loyalty-dashboard[samples]'"


class Mapping(Document):
    """One source: its files, and the programme it starts with."""

    name: str
    about: str = ""
    time_zone: str = "UTC"
    programme: str | dict[str, Any] | None = None
    sample: Sample | None = None
    opening_balances: bool = False
    files: dict[str, FileRule]

    @model_validator(mode="after")
    def _consistent(self) -> Mapping:
        if self.time_zone not in time_zones():
            raise ValueError(f"{self.time_zone} is no time zone; write one like Asia/Shanghai")
        for kind, file in self.files.items():
            for name, lookup in file.lookups.items():
                if lookup.file not in self.files:
                    raise ValueError(f"files.{kind}.lookups.{name}: there is no file kind {lookup.file}")
        return self

    def kind_of(self, name: str) -> str | None:
        """The first kind of file that reads a file of that name; None if none does."""
        return next((kind for kind, file in self.files.items() if file.reads(name)), None)

    def starting_programme(self, beside: Path = PROGRAMMES) -> Programme | None:
        """The programme that the mapping brings; a file name is looked for among those shipped."""
        if self.programme is None:
            return None
        if isinstance(self.programme, dict):
            return programme_from_dict(self.programme, f"programme of mapping {self.name}")
        for path in (PROGRAMMES / f"{self.programme}.yaml", beside / self.programme, Path(self.programme)):
            if path.is_file():
                return programme_from_yaml(path.read_text("utf-8"), str(path))
        raise InputError(
            f"mapping {self.name}: programme {self.programme} not found; write a YAML file's path"
        )


def list_mappings() -> list[Mapping]:
    """The shipped mappings by name."""
    return [load_mapping(path.stem) for path in sorted(SHIPPED.glob("*.yaml"))]


def load_mapping(name_or_path: str | Path) -> Mapping:
    """The mapping of a shipped name or of a YAML file; InputError naming the field that is wrong."""
    shipped = SHIPPED / f"{name_or_path}.yaml"
    path = shipped if shipped.is_file() else Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(known.stem for known in SHIPPED.glob("*.yaml")))
        raise InputError(f"mapping {name_or_path}: neither a file nor one of {names}")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"mapping {path}: not readable as UTF-8 text") from error
    return mapping_from_yaml(text, str(path))


class _Loader(yaml.SafeLoader):
    """YAML in which no, on, 007 and 2018-11-22 are the texts they look like; pydantic makes the numbers."""


_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in found
        if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
    ]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mapping_from_yaml(text: str, where: str = "mapping") -> Mapping:
    """The mapping that the document declares; InputError naming the field otherwise."""
    return validated(Mapping, fields_of(text, where, "name: …, files: …", _Loader), where)
