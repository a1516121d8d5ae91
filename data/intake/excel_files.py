"""Excel workbooks as sheets of texts."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pyarrow as pa

from data.intake.mapping import FileRule
from data.intake.sheets import LINE, Sheet, assert_count, cell, text_table, unique_names
from loyalty_core.errors import InputError

Row = tuple[int, list[str]]


def excel_sheet(source: str | io.BytesIO, rule: FileRule, name: str) -> Sheet:
    """The rows with any content of one sheet of the workbook, the first one if the rule names none."""
    title, rows = _filled_rows(source, rule, name)
    assert_count(name, len(rows), _filled_count(source, title, name) - rule.skip_lines)
    if not rule.header:
        names = list(rule.names)
    elif rows:
        names = unique_names(["".join(text.splitlines()) for text in rows.pop(0)[1]], name)
    else:
        raise InputError(f"{name}: has no header line")
    columns = {column: [texts[place] or None for _, texts in rows] for place, column in enumerate(names)}
    lines = pa.array([line for line, _ in rows], pa.int64())
    table = text_table(columns).append_column(LINE, lines)
    return Sheet(rows=table, rows_read=len(rows), encoding="excel", typed=names)


def _filled_rows(source: str | io.BytesIO, rule: FileRule, name: str) -> tuple[str, list[Row]]:
    """The sheet's title, and its rows as texts with their lines."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_object(source)
        title = rule.sheet or book.sheet_names[0]
        if title not in book.sheet_names:
            raise InputError(f"{name}: has no sheet {title}; it has {', '.join(book.sheet_names)}")
        sheet = book.get_sheet_by_name(title)
        above = sheet.start[0] if sheet.start else 0
        lines = list(enumerate(sheet.to_python(skip_empty_area=True), above + 1))
    except InputError:
        raise
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise _unreadable(name) from error
    rows = [(line, [cell(value) for value in values]) for line, values in lines[rule.skip_lines :]]
    return title, [(line, texts) for line, texts in rows if any(texts)]


def _filled_count(source: str | io.BytesIO, title: str, name: str) -> int:
    """Rows with any content, by another library than the one that reads them."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(source, read_only=True, data_only=True)
        return sum(_is_filled(row) for row in book[title].iter_rows(values_only=True))
    except Exception as error:  # openpyxl raises what its parts raise
        raise _unreadable(name) from error


def _is_filled(row: tuple[Any, ...]) -> bool:
    return any(value not in (None, "") for value in row)


def _unreadable(name: str) -> InputError:
    return InputError(f"{name}: not a readable Excel workbook; save it as .xlsx again")
