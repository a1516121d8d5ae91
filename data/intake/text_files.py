"""Text files as sheets: delimited and fixed width; what cannot be split into columns is kept aside."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.intake import records as found
from data.intake.mapping import FileRule
from data.intake.sheets import LINE, START, STOP, Sheet, assert_count, text_table, unique_names
from data.intake.unpacking import decoded
from loyalty_core.errors import InputError

_PROBLEMS = {
    found.TOO_FEW: "has {fields} fields, {expected} are expected",
    found.TOO_MANY: "has {fields} fields, {expected} are expected; quote values that hold the delimiter",
    found.STRAY_QUOTE: "has a quote inside a value; double it and quote the value",
    found.OPEN_QUOTE: "opens a quote that is never closed",
    found.CONTROL: "holds a NUL byte",
}
_NO_DELIMITER = "\x01"


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in UTF-8, where its records lie, and how many of them are a header: one or none."""

    data: bytes
    encoding: str
    records: found.Records
    headers: int

    @property
    def good(self) -> found.Ints:
        """The records below the header that can be split into columns."""
        good = np.flatnonzero(self.records.problem == found.GOOD)
        return good[good >= self.headers]

    def record(self, place: int) -> bytes:
        return self.data[self.records.start[place] : self.records.stop[place]]

    def sheet(self, rows: pa.Table, problems: dict[int, str], expected: str) -> Sheet:
        """The good records' `rows` with their places, and the others with their problems."""
        lines, good = self.records, self.good
        for name, values in ((LINE, lines.line), (START, lines.start), (STOP, lines.stop)):
            rows = rows.append_column(name, pa.array(values[good]))
        sheet = Sheet(rows=rows, rows_read=len(lines) - self.headers, encoding=self.encoding, text=self.data)
        for place in np.flatnonzero(lines.problem[self.headers :] != found.GOOD) + self.headers:
            problem = problems[int(lines.problem[place])]
            sheet.bad_line.append(int(lines.line[place]))
            sheet.bad_reason.append(
                f"the line {problem.format(fields=lines.fields[place], expected=expected)}"
            )
            sheet.bad_text.append(self.record(place).decode("utf-8"))
        return sheet


def _decoded(data: bytes, rule: FileRule, name: str) -> tuple[bytes, str]:
    """The text with line feeds and without the lines to skip, and its encoding."""
    text, encoding = decoded(data, rule.encoding, name)
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    for _ in range(rule.skip_lines):
        # Emptied, not removed: line numbers stay those of the file.
        at = re.match(rb"\n*[^\n]*", text).end()  # type: ignore[union-attr]
        text = re.sub(rb"[^\n]", b"", text[:at]) + text[at:]
    return text, encoding


# Delimited --------------------------------------------------------------------------------------------


def delimited_sheet(data: bytes, rule: FileRule, name: str) -> Sheet:
    """The records of a delimited text, each line or quoted run of lines that has all its fields."""
    plain, encoding = _decoded(data, rule, name)
    width = None if rule.header else len(rule.names)
    lines = found.records(np.frombuffer(plain, np.uint8), rule.delimiter, rule.quote, width)
    text = _Text(plain, encoding, lines, int(rule.header))
    if not len(lines) or (rule.header and lines.problem[0] != found.GOOD):
        raise InputError(f"{name}: has no readable header line")
    names = _header(text.record(0), rule, name) if rule.header else list(rule.names)
    rows = _parsed(text, names, rule, name)
    assert_count(name, len(rows), len(text.good))
    return text.sheet(rows, _PROBLEMS, str(len(names)))


def _header(line: bytes, rule: FileRule, name: str) -> list[str]:
    quote = rule.quote or '"'
    quoting = csv.QUOTE_MINIMAL if rule.quote else csv.QUOTE_NONE
    texts = line.decode("utf-8").splitlines()
    names = next(csv.reader(texts, delimiter=rule.delimiter, quotechar=quote, quoting=quoting))
    return unique_names(names, name)


def _parsed(text: _Text, names: list[str], rule: FileRule, name: str) -> pa.Table:
    """The good records as columns of texts."""
    import pyarrow.csv as arrow_csv

    if not len(text.good):
        return text_table(dict.fromkeys(names, ()))
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(_cut(text)),
            arrow_csv.ReadOptions(column_names=names, block_size=1 << 22),
            arrow_csv.ParseOptions(
                delimiter=rule.delimiter,
                quote_char=rule.quote or False,
                newlines_in_values=text.records.spans_lines,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{name}: {str(error).splitlines()[0]}") from error


def _cut(text: _Text) -> pa.Buffer:
    """The text of the good records alone; runs of good lines are copied as one."""
    good = text.good
    start, stop = text.records.start[good], text.records.stop[good]
    run = np.flatnonzero(np.diff(good) != 1)
    first, last = np.append(0, run + 1), np.append(run, len(good) - 1)
    if len(first) == 1:
        return pa.py_buffer(text.data).slice(int(start[0]), int(stop[-1] - start[0]))
    return pa.py_buffer(b"\n".join(text.data[start[a] : stop[b]] for a, b in zip(first, last, strict=True)))


# Fixed width ------------------------------------------------------------------------------------------


def fixed_sheet(data: bytes, rule: FileRule, name: str) -> Sheet:
    """Lines cut at the declared positions; a line that is too short or too long is bad."""
    plain, encoding = _decoded(data, rule, name)
    lines = found.records(np.frombuffer(plain, np.uint8), _NO_DELIMITER, "", 1)
    whole = _whole(plain, lines)
    longest = max(last for _, last in rule.positions.values())
    needed = max(start for start, _ in rule.positions.values())
    length = pc.utf8_length(whole).to_numpy()
    lines.problem[length < needed] = found.TOO_FEW
    lines.problem[length > longest] = found.TOO_MANY
    lines.fields[:] = length
    text = _Text(plain, encoding, lines, int(rule.header))
    kept = whole.take(pa.array(text.good))
    columns = {
        column: pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(kept, start - 1, stop))
        for column, (start, stop) in rule.positions.items()
    }
    problem = "has {fields} characters, {expected} are expected"
    return text.sheet(pa.table(columns), dict.fromkeys(_PROBLEMS, problem), f"{needed} to {longest}")


def _whole(text: bytes, lines: found.Records) -> pa.Array:
    """Each record as one text, without copying: line endings are trimmed away afterwards."""
    if not len(lines):
        return pa.array([], pa.large_string())
    offsets = np.append(lines.start, len(text)).astype(np.int64)
    raw = pa.LargeStringArray.from_buffers(len(lines), pa.py_buffer(offsets), pa.py_buffer(text))
    return pc.utf8_rtrim(raw, " \t\r\n")
