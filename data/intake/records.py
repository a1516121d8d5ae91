"""Where the records of a delimited text lie, found by counting bytes and not by parsing.

This is the independent count that every parser is held to. A record is a line, or several lines
held together by one quoted value. A quote that is opened and never closed costs its own line only,
never the lines after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

GOOD, TOO_FEW, TOO_MANY, STRAY_QUOTE, OPEN_QUOTE, CONTROL = range(6)
LONGEST_RECORD_LINES = 1000
_BLOCK_BYTES, _TAIL_BYTES = 1 << 24, 1 << 16
_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True, slots=True)
class Lines:
    """Per line: byte span without its ending, quotes, fields, and whether a quote stands inside a value."""

    start: Ints
    stop: Ints
    quotes: Ints
    fields: Ints
    stray: npt.NDArray[np.bool_]
    control: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Records:
    """Per record: byte span, number of its first line (from 1) and what is wrong with it, if anything."""

    start: Ints
    stop: Ints
    line: Ints
    problem: Ints
    fields: Ints
    spans_lines: bool

    def __len__(self) -> int:
        return len(self.start)


def records(data: Bytes, delimiter: str, quote: str, width: int | None = None) -> Records:
    """The records of the text; `width` is the number of fields of a good one, the first line's if unset.

    Blank lines are no records.
    """
    lines = _all_lines(data, ord(delimiter), ord(quote) if quote else None)
    if width is None:
        filled = np.flatnonzero(lines.stop > lines.start)
        width = int(lines.fields[filled[0]]) if len(filled) else 0
    problem = np.select(
        [lines.quotes % 2 == 1, lines.stray, lines.control, lines.fields < width, lines.fields > width],
        [OPEN_QUOTE, STRAY_QUOTE, CONTROL, TOO_FEW, TOO_MANY],
        GOOD,
    ).astype(np.int64)
    stop, keep = lines.stop.copy(), lines.stop > lines.start
    joined = _joined(data, lines, width, delimiter, quote)
    for first, last in joined:
        stop[first], problem[first] = lines.stop[last], GOOD
        keep[first], keep[first + 1 : last + 1] = True, False
    number = np.arange(1, len(stop) + 1)
    return Records(
        lines.start[keep], stop[keep], number[keep], problem[keep], lines.fields[keep], bool(joined)
    )


def _all_lines(data: Bytes, delimiter: int, quote: int | None) -> Lines:
    """The lines of the whole text, block by block so that memory stays bounded."""
    # Blocks know nothing of each other, and numpy lets other threads work meanwhile.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        parts = list(
            pool.map(lambda span: _lines(data[slice(*span)], span[0], delimiter, quote), _blocks(data))
        )
    if not parts:
        nothing = np.empty(0, np.int64)
        return Lines(nothing, nothing, nothing, nothing, nothing > 0, nothing > 0)
    return Lines(*(np.concatenate([getattr(part, name) for part in parts]) for name in Lines.__slots__))


def _blocks(data: Bytes) -> Iterator[tuple[int, int]]:
    """Spans of whole lines."""
    begin = 0
    while begin < len(data):
        end = min(begin + _BLOCK_BYTES, len(data))
        if end < len(data):
            end = _line_end(data, begin, end)
        yield begin, end
        begin = end


def _line_end(data: Bytes, begin: int, end: int) -> int:
    """Where the last line that ends in the span ends, or else the line that the span begins."""
    for start in (max(end - _TAIL_BYTES, begin), begin):
        breaks = np.flatnonzero(data[start:end] == _NEWLINE)
        if len(breaks):
            return start + int(breaks[-1]) + 1
    return _next_line(data, end)


def _next_line(data: Bytes, begin: int) -> int:
    while begin < len(data):
        end = min(begin + _BLOCK_BYTES, len(data))
        breaks = np.flatnonzero(data[begin:end] == _NEWLINE)
        if len(breaks):
            return begin + int(breaks[0]) + 1
        begin = end
    return len(data)


def _lines(data: Bytes, offset: int, delimiter: int, quote: int | None) -> Lines:
    """The lines of one block, which ends at a line's end; offsets are those of the whole text."""
    ends = np.flatnonzero(data == _NEWLINE)
    if not len(data) or data[-1] != _NEWLINE:
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    stops = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _RETURN))
    count = len(ends)
    control = np.zeros(count, np.bool_)
    nul = np.flatnonzero(data == 0)
    control[np.searchsorted(ends, nul)] = True
    delimiters = np.flatnonzero(data == delimiter)
    quotes = np.zeros(count, np.int64)
    stray = np.zeros(count, np.bool_)
    where = np.zeros(0, np.int64) if quote is None else np.flatnonzero(data == quote)
    if quote is not None and len(where):
        parity = np.zeros(len(data), np.uint8)
        parity[where] = 1
        np.cumsum(parity, out=parity)  # wraps at 256, which keeps the parity
        before = np.where(starts > 0, parity[np.maximum(starts - 1, 0)], 0).astype(np.uint8)
        line_of = _line_of(delimiters, ends)
        outside = ((parity[delimiters] - before[line_of]) & 1) == 0
        delimiters = delimiters[outside]
        holder = _line_of(where, ends)
        quotes = np.bincount(holder, minlength=count).astype(np.int64)
        opening = ((parity[where] - before[holder]) & 1) == 1
        stray[holder[_stray(data, where, opening, starts[holder], stops[holder], delimiter, quote)]] = True
    fields = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
    return Lines(starts + offset, stops + offset, quotes, fields, stray, control)


def _line_of(positions: Ints, ends: Ints) -> Ints:
    """The line of each position; both sorted, so counting is enough."""
    upto = np.searchsorted(positions, ends)
    return np.repeat(np.arange(len(ends)), np.diff(upto, prepend=0))


def _stray(
    data: Bytes,
    where: Ints,
    opening: npt.NDArray[np.bool_],
    starts: Ints,
    stops: Ints,
    delimiter: int,
    quote: int,
) -> npt.NDArray[np.bool_]:
    """Quotes that neither open a value, nor close one, nor are doubled inside one."""
    left = data[np.maximum(where - 1, 0)]
    right = data[np.minimum(where + 1, len(data) - 1)]
    opens = (where == starts) | (left == delimiter) | (left == quote)
    closes = (where + 1 == stops) | (right == delimiter) | (right == quote)
    return ~np.where(opening, opens, closes)


def _joined(data: Bytes, lines: Lines, width: int, delimiter: str, quote: str) -> list[tuple[int, int]]:
    """Runs of lines that one quoted value holds together, as first and last line."""
    odd = np.flatnonzero(lines.quotes % 2 == 1)
    found: list[tuple[int, int]] = []
    at = 0
    while at + 1 < len(odd):
        first, last = int(odd[at]), int(odd[at + 1])
        if last - first < LONGEST_RECORD_LINES and _is_record(
            data[lines.start[first] : lines.stop[last]], width, delimiter, quote
        ):
            found.append((first, last))
            at += 2
        else:
            at += 1
    return found


def _is_record(data: Bytes, width: int, delimiter: str, quote: str) -> bool:
    """Whether the lines read as one good record, their endings inside a quoted value."""
    as_one = data.copy()
    as_one[(as_one == _NEWLINE) | (as_one == _RETURN)] = ord(" ")
    line = _lines(as_one, 0, ord(delimiter), ord(quote))
    return not line.stray[0] and not line.control[0] and int(line.fields[0]) == width
