"""Excel workbooks as sheets of texts."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.intake.mapping import FileRule
from data.intake.sheets import LINE, Sheet, assert_count, cell, text_table, unique_names
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Row = tuple[int, list[str]]
_HEADER_WITHIN = 50  # rows of a sheet


def excel_sheet(source: str | io.BytesIO, rule: FileRule, name: str) -> Sheet:
    """The rows with any content of one sheet of the workbook: the one that the rule names, else the only one
    with all columns that it takes by their names."""
    title, rows = _filled_rows(source, rule, name)
    assert_count(name, len(rows), _filled_count(source, title, name) - rule.skip_lines)
    if not rule.header:
        names = list(rule.names)
    elif rows:
        names = unique_names([_in_one_line(text) for text in rows.pop(0)[1]], name)
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
        title = rule.sheet or _sheet_of(book, rule, name)
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


def _sheet_of(book: CalamineWorkbook, rule: FileRule, name: str) -> str:
    """The sheet that holds the data; InputError where several do, or none of several."""
    from python_calamine import SheetTypeEnum

    titles = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    wanted = set(rule.columns) if rule.header else set()
    if len(titles) < 2 or not wanted:
        return (titles or book.sheet_names)[0]
    found = {title: _header(book, title, rule.skip_lines) for title in titles}
    fitting = [title for title in titles if wanted.issubset(found[title])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"{name}: several sheets have the columns that the mapping reads ({', '.join(fitting)}); "
            "name one with sheet: in the mapping"
        )
    nearest = max(titles, key=lambda title: len(wanted.intersection(found[title])))
    if not wanted.intersection(found[nearest]):
        raise InputError(
            f"{name}: none of its sheets ({', '.join(titles)}) has a column that the mapping reads "
            f"({', '.join(rule.columns)})"
        )
    lacking = [column for column in rule.columns if column not in found[nearest]]
    raise InputError(
        f"{name}: none of its sheets ({', '.join(titles)}) has all columns that the mapping reads; "
        f"{nearest} comes nearest and has no {', '.join(lacking)}; it has {', '.join(found[nearest])}"
    )


def _header(book: CalamineWorkbook, title: str, skip_lines: int) -> list[str]:
    """The columns that the first row with any content names, below the lines to skip."""
    rows = book.get_sheet_by_name(title).to_python(nrows=skip_lines + _HEADER_WITHIN)[skip_lines:]
    filled = ([_in_one_line(cell(value)).strip() for value in row] for row in rows)
    return [text for text in next(filter(any, filled), []) if text]


def _in_one_line(text: str) -> str:
    return "".join(text.splitlines())


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
