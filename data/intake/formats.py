"""Files of every accepted format as sheets: which reader a file has, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.mapping import FileRule
from data.intake.reject_lists import REJECTS_SUFFIX, rejects_rule, without_guards
from data.intake.sheets import Sheet
from data.intake.unpacking import content, opened
from loyalty_core.errors import InputError


def read_sheet(path: str, inner: Sequence[str], rule: FileRule, name: str, limit_bytes: int) -> Sheet:
    """The rows of one file by its rule, their texts trimmed and NULL where nothing is left; InputError
    where the file as a whole cannot be read."""
    sheet = _read(path, inner, rule, name, limit_bytes)
    for place, column in enumerate(sheet.rows.schema):
        if pa.types.is_string(column.type):
            text = pc.utf8_trim_whitespace(sheet.rows.column(place))
            text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
            sheet.rows = sheet.rows.set_column(place, column.name, text)
    return sheet


def _read(path: str, inner: Sequence[str], rule: FileRule, name: str, limit_bytes: int) -> Sheet:
    # Each reader's libraries are loaded only for its own files: an import waits for them.
    if "://" in path:
        from data.intake.queries import query_sheet

        return query_sheet(path, rule, name)
    form = "rejects" if name.endswith(REJECTS_SUFFIX) else rule.format or _format_of(name)
    if form == "parquet":
        from data.intake.parquet_files import parquet_sheet

        return parquet_sheet(opened(path, inner, limit_bytes), name)
    if form == "excel":
        from data.intake.excel_files import excel_sheet

        return excel_sheet(opened(path, inner, limit_bytes), rule, name)
    from data.intake.text_files import delimited_sheet, fixed_sheet

    data = content(path, inner, limit_bytes)
    if form == "rejects":
        return without_guards(delimited_sheet(data, rejects_rule(rule), name))
    return fixed_sheet(data, rule, name) if rule.positions else delimited_sheet(data, rule, name)


def _format_of(name: str) -> str:
    ending = Path(name.removesuffix(".gz")).suffix.lower()
    if ending in (".xls", ".xlsb", ".ods"):
        raise InputError(f"{name}: save the workbook as .xlsx first")
    return {".parquet": "parquet", ".xlsx": "excel", ".xlsm": "excel"}.get(ending, "csv")
