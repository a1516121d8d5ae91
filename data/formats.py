"""Files of every accepted format as one table of texts, each row with its line, and what could not be read.

Nothing is converted here: a number stays the text that the source wrote. Every format has two readers,
one that parses and one that only counts, and they must agree.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data import records as found
from data.mapping import FileRule
from loyalty_core.errors import InputError

LINE, START, STOP = "_line", "_start", "_stop"
REJECTS_SUFFIX = ".rejects.csv"
REJECT_COLUMNS = ("rejected_line", "rejected_column", "rejected_reason", "original_text")
GUARD = "'"  # stands before a text that a spreadsheet would take for a formula
_EXPANSION_LIMIT, _SMALL_BYTES = 200, 100 << 20

_PROBLEMS = {
    found.TOO_FEW: "has {fields} fields, {width} are expected",
    found.TOO_MANY: "has {fields} fields, {width} are expected; quote values that hold the delimiter",
    found.STRAY_QUOTE: "has a quote inside a value; double it and quote the value",
    found.OPEN_QUOTE: "opens a quote that is never closed",
    found.CONTROL: "holds a NUL byte",
}


@dataclass(slots=True)
class Sheet:
    """What a file holds: rows as texts, records that could not be read, and the count of both."""

    rows: pa.Table
    bad_line: list[int] = field(default_factory=list)
    bad_reason: list[str] = field(default_factory=list)
    bad_text: list[str] = field(default_factory=list)
    rows_read: int = 0
    encoding: str = ""
    text: bytes | None = None
    typed: list[str] = field(default_factory=list)


def read_sheet(path: str, inner: Sequence[str], rule: FileRule, name: str, limit_bytes: int) -> Sheet:
    """The rows of one file by its rule, their texts trimmed and NULL where nothing is left; InputError
    where the file as a whole cannot be read."""
    sheet = _read(path, inner, rule, name, limit_bytes)
    for place, column in enumerate(sheet.rows.column_names):
        if pa.types.is_string(sheet.rows.schema.field(place).type):
            text = pc.utf8_trim_whitespace(sheet.rows.column(place))
            text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
            sheet.rows = sheet.rows.set_column(place, column, text)
    return sheet


def _read(path: str, inner: Sequence[str], rule: FileRule, name: str, limit_bytes: int) -> Sheet:
    if "://" in path:
        return _query(path, rule, name)
    if name.endswith(REJECTS_SUFFIX):
        return _unguarded(_delimited(_bytes(path, inner, limit_bytes), _rejects_rule(rule), name))
    form = rule.format or _format_of(name)
    if form == "parquet":
        return _parquet(_source(path, inner, limit_bytes), name)
    if form == "excel":
        return _excel(_source(path, inner, limit_bytes), rule, name)
    data = _bytes(path, inner, limit_bytes)
    return _fixed(data, rule, name) if rule.positions else _delimited(data, rule, name)


def _format_of(name: str) -> str:
    ending = Path(name.removesuffix(".gz")).suffix.lower()
    if ending in (".xls", ".xlsb", ".ods"):
        raise InputError(f"{name}: save the workbook as .xlsx first")
    return {".parquet": "parquet", ".xlsx": "excel", ".xlsm": "excel"}.get(ending, "csv")


def _rejects_rule(rule: FileRule) -> FileRule:
    """Corrected rejects are read as the product wrote them, whatever the form of the source."""
    plain = {"format": None, "encoding": "utf-8", "delimiter": ",", "quote": '"', "header": True}
    return rule.model_copy(update=plain | {"skip_lines": 0, "names": (), "positions": {}})


# Bytes ------------------------------------------------------------------------------------------------


def _source(path: str, inner: Sequence[str], limit_bytes: int) -> str | io.BytesIO:
    return io.BytesIO(_bytes(path, inner, limit_bytes)) if inner else path


def _bytes(path: str, inner: Sequence[str], limit_bytes: int) -> bytes:
    """The content of a file, or of a member of an archive (of an archive …), within the limit."""
    if Path(path).stat().st_size > limit_bytes:
        raise InputError(f"{Path(path).name}: larger than {limit_bytes >> 20} MiB; split it into parts")
    data = Path(path).read_bytes()
    for member in inner:
        data = _unpacked(data, member, limit_bytes)
    return (
        _expanded(gzip.GzipFile(fileobj=io.BytesIO(data)), len(data), path, limit_bytes)
        if (data[:2] == b"\x1f\x8b")
        else data
    )


def _unpacked(data: bytes, member: str, limit_bytes: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = archive.getinfo(member)
            with archive.open(info) as packed:
                return _expanded(packed, info.compress_size, member, limit_bytes)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(f"{member}: the archive is damaged or locked; pack it again") from error


def _expanded(packed: Any, packed_bytes: int, name: str, limit_bytes: int) -> bytes:
    bound = min(limit_bytes, max(_SMALL_BYTES, packed_bytes * _EXPANSION_LIMIT))
    try:
        data: bytes = packed.read(bound + 1)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{Path(name).name}: the archive is damaged; pack it again") from error
    if len(data) > bound:
        raise InputError(f"{Path(name).name}: unpacks to more than {bound >> 20} MiB; split it into parts")
    return data


def decoded(data: bytes, declared: str | None, name: str) -> tuple[bytes, str]:
    """The text as UTF-8 and its encoding: as declared, else UTF-8, else GB18030, each strictly."""
    if declared is None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: looks like UTF-16; declare encoding: utf-16 in the mapping")
    for encoding in (declared,) if declared else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except LookupError:
            raise InputError(f"{name}: there is no encoding {encoding}; write one like gb18030") from None
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} is not {encoding}"
            continue
        same = encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig")
        return (data if same else text.encode("utf-8")).removeprefix(b"\xef\xbb\xbf"), encoding
    tried = f"as declared ({problem})" if declared else "as UTF-8 or GB18030"
    raise InputError(f"{name}: not readable {tried}; declare the right encoding: in the mapping")


# Delimited and fixed-width text -----------------------------------------------------------------------


def _delimited(data: bytes, rule: FileRule, name: str) -> Sheet:
    import pyarrow.csv as arrow_csv

    text, encoding = _text(data, rule, name)
    width = len(rule.names) if not rule.header else None
    lines = found.records(np.frombuffer(text, np.uint8), rule.delimiter, rule.quote, width)
    first = 1 if rule.header else 0
    if not len(lines) or (rule.header and lines.problem[0] != found.GOOD):
        raise InputError(f"{name}: has no readable header line")
    names = _header(text[lines.start[0] : lines.stop[0]], rule, name) if rule.header else list(rule.names)
    good = np.flatnonzero(lines.problem == found.GOOD)
    good = good[good >= first]
    parse = arrow_csv.ParseOptions(
        delimiter=rule.delimiter, quote_char=rule.quote or False, newlines_in_values=lines.spans_lines
    )
    convert = arrow_csv.ConvertOptions(
        column_types={column: pa.string() for column in names}, strings_can_be_null=False
    )
    if len(good):
        reading = arrow_csv.ReadOptions(column_names=names, block_size=1 << 22)
        try:
            rows = arrow_csv.read_csv(pa.BufferReader(_cut(text, lines, good)), reading, parse, convert)
        except pa.ArrowInvalid as error:
            raise InputError(f"{name}: {str(error).splitlines()[0]}") from error
    else:
        rows = pa.table({column: pa.array([], pa.string()) for column in names})
    if len(rows) != len(good):
        raise InputError(f"{name}: one reader finds {len(rows)} rows, another {len(good)}; nothing was taken")
    return _sheet(rows, text, lines, good, first, encoding, len(names))


def _text(data: bytes, rule: FileRule, name: str) -> tuple[bytes, str]:
    text, encoding = decoded(data, rule.encoding, name)
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    for _ in range(rule.skip_lines):
        # Emptied, not removed: line numbers stay those of the file.
        at = re.match(rb"\n*[^\n]*", text).end()  # type: ignore[union-attr]
        text = re.sub(rb"[^\n]", b"", text[:at]) + text[at:]
    return text, encoding


def _header(line: bytes, rule: FileRule, name: str) -> list[str]:
    quote = rule.quote or '"'
    quoting = csv.QUOTE_MINIMAL if rule.quote else csv.QUOTE_NONE
    texts = line.decode("utf-8").splitlines()
    names = next(csv.reader(texts, delimiter=rule.delimiter, quotechar=quote, quoting=quoting))
    names = [column.strip() or f"column {place}" for place, column in enumerate(names, 1)]
    twice = {column for column in names if names.count(column) > 1}
    if twice:
        raise InputError(f"{name}: the column {min(twice)} stands twice in the header; rename one")
    return names


def _cut(text: bytes, lines: found.Records, good: found.Ints) -> pa.Buffer:
    """The text of the good records alone; runs of good lines are copied as one."""
    start, stop = lines.start[good], lines.stop[good]
    run = np.flatnonzero(np.diff(good) != 1)
    first, last = np.append(0, run + 1), np.append(run, len(good) - 1)
    if len(first) == 1:
        return pa.py_buffer(text).slice(int(start[0]), int(stop[-1] - start[0]))
    return pa.py_buffer(b"\n".join(text[start[a] : stop[b]] for a, b in zip(first, last, strict=True)))


def _sheet(
    rows: pa.Table, text: bytes, lines: found.Records, good: found.Ints, first: int, encoding: str, width: int
) -> Sheet:
    sheet = Sheet(rows=rows, rows_read=len(lines) - first, encoding=encoding, text=text)
    for name, values in ((LINE, lines.line), (START, lines.start), (STOP, lines.stop)):
        sheet.rows = sheet.rows.append_column(name, pa.array(values[good]))
    for at in np.flatnonzero(lines.problem != found.GOOD):
        reason = _PROBLEMS[int(lines.problem[at])].format(fields=lines.fields[at], width=width)
        sheet.bad_line.append(int(lines.line[at]))
        sheet.bad_reason.append(f"the line {reason}")
        sheet.bad_text.append(text[lines.start[at] : lines.stop[at]].decode("utf-8"))
    return sheet


def _fixed(data: bytes, rule: FileRule, name: str) -> Sheet:
    """Lines cut at the declared positions; a line that is too short or too long is bad."""
    text, encoding = _text(data, rule, name)
    lines = found.records(np.frombuffer(text, np.uint8), "\x01", "", 1)
    first = 1 if rule.header else 0
    whole = _strings(text, lines)
    longest = max(last for _, last in rule.positions.values())
    needed = max(start for start, _ in rule.positions.values())
    length = pc.utf8_length(whole).to_numpy()
    lines.problem[length < needed] = found.TOO_FEW
    lines.problem[length > longest] = found.TOO_MANY
    lines.fields[:] = length
    good = np.flatnonzero(lines.problem == found.GOOD)
    good = good[good >= first]
    kept = whole.take(pa.array(good))
    columns = {
        column: pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(kept, start - 1, stop))
        for column, (start, stop) in rule.positions.items()
    }
    sheet = _sheet(pa.table(columns), text, lines, good, first, encoding, longest)
    ahead = np.flatnonzero(lines.problem[first:] != found.GOOD) + first
    sheet.bad_reason = [
        f"the line has {length[at]} characters, {needed} to {longest} are expected" for at in ahead
    ]
    header_is_bad = first and lines.problem[0] != found.GOOD
    if header_is_bad:
        sheet.bad_line, sheet.bad_text = sheet.bad_line[1:], sheet.bad_text[1:]
    return sheet


def _strings(text: bytes, lines: found.Records) -> pa.Array:
    """Each record as one text, without copying: line endings are trimmed away afterwards."""
    if not len(lines):
        return pa.array([], pa.large_string())
    offsets = np.append(lines.start, len(text)).astype(np.int64)
    raw = pa.LargeStringArray.from_buffers(len(lines), pa.py_buffer(offsets), pa.py_buffer(text))
    return pc.utf8_rtrim(raw, " \t\r\n")


def _unguarded(sheet: Sheet) -> Sheet:
    """Corrected rejects without the columns and the guards that the product added."""
    for place, name in enumerate(sheet.rows.column_names):
        values = sheet.rows.column(name)
        if name not in (LINE, START, STOP, *REJECT_COLUMNS):
            plain = pc.replace_substring_regex(values, "^'([=+@\\t\\r\\-\uff1d\uff0b\uff20\uff0d'])", r"\1")
            sheet.rows = sheet.rows.set_column(place, name, plain)
    present = [name for name in REJECT_COLUMNS if name in sheet.rows.column_names]
    sheet.rows = sheet.rows.drop_columns(present)
    return sheet


# Parquet, Excel, databases ----------------------------------------------------------------------------


def _parquet(source: str | io.BytesIO, name: str) -> Sheet:
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(source, memory_map=True)
        table, counted = file.read(), file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name}: not a readable Parquet file; write it again") from error
    # The footer's count against the rows that the pages hold.
    if counted != len(table):
        raise InputError(f"{name}: one reader finds {len(table)} rows, another {counted}; nothing was taken")
    flat = [
        column for column in table.column_names if not pa.types.is_nested(table.schema.field(column).type)
    ]
    typed = [column for column in flat if pa.types.is_temporal(table.schema.field(column).type)]
    texts = {column: _as_text(table.column(column)) for column in flat}
    rows = pa.table(texts).append_column(LINE, pa.array(np.arange(1, len(table) + 1)))
    return Sheet(rows=rows, rows_read=int(counted), encoding="parquet", typed=typed)


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Typed values as the plainest text: no exponent, no trailing .0, instants in ISO form."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _as_text(values.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.string())
    # Values repeat: each is written out once.
    coded = pa.chunked_array(values, kind).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = _written_out(pa.chunked_array([coded.dictionary], kind)).combine_chunks()
    return pa.chunked_array([texts.take(coded.indices)], pa.string())


def _written_out(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return values.cast(pa.binary()).cast(pa.string())
    if pa.types.is_timestamp(kind):
        zoned = kind.tz is not None
        plain = values.cast(pa.timestamp("us", "UTC" if zoned else None), safe=False)
        return pc.strftime(plain, "%Y-%m-%d %H:%M:%SZ" if zoned else "%Y-%m-%d %H:%M:%S").cast(pa.string())
    texts = values.cast(pa.string())
    if pa.types.is_floating(kind):
        exponent = pc.any(pc.match_substring(texts, "e")).as_py()
        return (
            pa.chunked_array([[_plain(text) for text in texts.to_pylist()]], pa.string())
            if exponent
            else texts
        )
    return texts


def _plain(text: str | None) -> str | None:
    return format(Decimal(text), "f") if text and "e" in text else text


def _excel(source: str | io.BytesIO, rule: FileRule, name: str) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_object(source)
        title = rule.sheet or book.sheet_names[0]
        if title not in book.sheet_names:
            raise InputError(f"{name}: has no sheet {title}; it has {', '.join(book.sheet_names)}")
        sheet = book.get_sheet_by_name(title)
        above = sheet.start[0] if sheet.start else 0
        lines = list(enumerate(sheet.to_python(skip_empty_area=True), above + 1))
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name}: not a readable Excel workbook; save it as .xlsx again") from error
    texts = [(line, [_cell(value) for value in row]) for line, row in lines[rule.skip_lines :]]
    texts = [(line, row) for line, row in texts if any(row)]
    counted = _excel_count(source, title, name) - rule.skip_lines
    if counted != len(texts):
        raise InputError(f"{name}: one reader finds {len(texts)} rows, another {counted}; nothing was taken")
    names = _excel_names(texts, rule, name)
    texts = texts[1:] if rule.header else texts
    columns = {column: [row[place] or None for _, row in texts] for place, column in enumerate(names)}
    table = pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()})
    table = table.append_column(LINE, pa.array([line for line, _ in texts], pa.int64()))
    return Sheet(rows=table, rows_read=len(texts), encoding="excel", typed=list(names))


def _excel_names(texts: list[tuple[int, list[str]]], rule: FileRule, name: str) -> list[str]:
    if not rule.header:
        return list(rule.names)
    if not texts:
        raise InputError(f"{name}: has no header line")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts[0][1])
    return _header(line.getvalue().encode("utf-8"), FileRule(match=rule.match), name)


def _cell(value: Any) -> str:
    """A cell as text; numbers with the 15 digits that Excel itself holds for true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _excel_count(source: str | io.BytesIO, title: str, name: str) -> int:
    """Rows with any content, by another library than the one that reads them."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(source, read_only=True, data_only=True)
        return sum(
            any(value not in (None, "") for value in row) for row in book[title].iter_rows(values_only=True)
        )
    except Exception as error:  # openpyxl raises what its parts raise
        raise InputError(f"{name}: not a readable Excel workbook; save it as .xlsx again") from error


def _query(url: str, rule: FileRule, name: str) -> Sheet:
    """The rows of the declared query on a database, in the order it gives them."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_engine(url).connect() as connection:
            counted = connection.execute(text(f"select count(*) from ({rule.query}) as counted")).scalar_one()
            result = connection.execution_options(stream_results=True).execute(text(rule.query or ""))
            names = list(result.keys())
            tables = list(_row_batches(result, names))
    except SQLAlchemyError as error:
        raise InputError(f"{name}: {str(error).splitlines()[0]}") from error
    rows = (
        pa.concat_tables(tables)
        if tables
        else pa.table({column: pa.array([], pa.string()) for column in names})
    )
    if counted != len(rows):
        raise InputError(f"{name}: counted {counted} rows, read {len(rows)}: it changed meanwhile; try again")
    rows = rows.append_column(LINE, pa.array(np.arange(1, len(rows) + 1)))
    return Sheet(rows=rows, rows_read=len(rows), encoding="database", typed=names)


def _row_batches(result: Any, names: list[str]) -> Iterator[pa.Table]:
    for batch in result.partitions(50_000):
        columns = list(zip(*batch, strict=True))
        texts = [[None if value is None else _cell(value) for value in column] for column in columns]
        yield pa.table(dict(zip(names, (pa.array(column, pa.string()) for column in texts), strict=True)))
