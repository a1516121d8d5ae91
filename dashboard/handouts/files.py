"""A page as files for a spreadsheet: one workbook, or one text file for each table."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pandas as pd

from dashboard.handouts.native_charts import PERCENT
from dashboard.handouts.tables import Table, tables
from dashboard.i18n import _
from dashboard.seen import Sight
from data.reject_lists import guarded, harmless

LONGEST_SHEET_NAME = 31  # Excel's own bound
HEAD = 3  # the row of a sheet that names its columns


def workbook(sight: Sight) -> bytes:
    """An Excel workbook: a first sheet that says what is shown, then a sheet for each table."""
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="openpyxl") as writer:
        _about(sight).to_excel(writer, sheet_name=_("About")[:LONGEST_SHEET_NAME], index=False, header=False)
        for table in tables(sight):
            name = table.name[:LONGEST_SHEET_NAME]
            harmless(table.values).to_excel(writer, sheet_name=name, index=False, startrow=HEAD - 1)
            _as_read(writer.sheets[name], table)
    return stream.getvalue()


def _as_read(sheet: Any, table: Table) -> None:
    """The sentence above the table, room for its columns, and numbers as people read them."""
    sheet["A1"] = guarded(table.sentence)
    for column in sheet.columns:
        sheet.column_dimensions[column[0].column_letter].width = 18
    for row, in_percent in zip(sheet.iter_rows(min_row=HEAD + 1), table.in_percent.to_numpy(), strict=True):
        for cell, is_share in zip(row, in_percent, strict=True):
            if isinstance(cell.value, int | float):
                whole = float(cell.value).is_integer()
                cell.number_format = PERCENT if is_share else "#,##0" if whole else cell.number_format


def texts(sight: Sight) -> bytes:
    """A zip archive with a CSV file for each table, in UTF-8 as Excel expects it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.csv", _about(sight).to_csv(index=False, header=False).encode("utf-8-sig"))
        for table in tables(sight):
            told = harmless(table.values).to_csv(index=False)
            archive.writestr(f"{table.name}.csv", told.encode("utf-8-sig"))
    return stream.getvalue()


def file_name(sight: Sight, ending: str) -> str:
    """A name that says which page it is, in any language, and can be a file's."""
    name = re.sub(r"\W+", "-", sight.title).strip("-").lower()
    return f"{name or 'page'}.{ending}"


def _about(sight: Sight) -> pd.DataFrame:
    rows = [
        (_("Page"), sight.title),
        (_("In short"), sight.sentence),
        (_("Shown"), sight.choices),
        (_("Source"), sight.provenance),
        *((card.key, card.what) for card in sight.cards),
    ]
    return harmless(pd.DataFrame(rows))
