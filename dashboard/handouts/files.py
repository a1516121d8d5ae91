"""A page as files for a spreadsheet: one workbook, or one text file for each table."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from openpyxl.styles import Font

from dashboard.handouts.lettering import letters
from dashboard.handouts.tables import Table, tables
from dashboard.handouts.units import written_as
from dashboard.i18n import _
from dashboard.page_record import PageRecord, Part
from data.formula_guard import guarded, harmless

LONGEST_SHEET_NAME = 31  # Excel's own bound
LONGEST_FILE_NAME = 60  # letters
NARROWEST, WIDEST = 12, 60  # letters of a column
HEAD = 3  # the row of a sheet that names its columns


def workbook(record: PageRecord) -> bytes:
    """An Excel workbook: a first sheet that says what is shown, then a sheet for each table."""
    stream = io.BytesIO()
    shown = list(tables(record))
    with pd.ExcelWriter(stream, engine="openpyxl") as writer:
        about = _("About")[:LONGEST_SHEET_NAME]
        _about(record, shown).to_excel(writer, sheet_name=about, index=False, header=False)
        _with_room(writer.sheets[about])
        for number, table in enumerate(shown, 1):
            name = sheet_name(number, table)
            harmless(table.values).to_excel(writer, sheet_name=name, index=False, startrow=HEAD - 1)
            _as_read(writer.sheets[name], table)
    return stream.getvalue()


def sheet_name(number: int, table: Table) -> str:
    """The number of a table and what it is, as far as Excel lets a sheet be called so."""
    return re.sub(r"[\[\]:*?/\\']", " ", f"{number} {table.what}")[:LONGEST_SHEET_NAME].strip()


def _as_read(sheet: Any, table: Table) -> None:
    """The sentence above the table and what it tells; room for its columns, numbers as people read them."""
    for row, units in zip(sheet.iter_rows(min_row=HEAD + 1), table.units.to_numpy(), strict=True):
        for cell, unit in zip(row, units, strict=True):
            if isinstance(cell.value, int | float):
                cell.number_format = written_as(cell.value, unit, cell.number_format)
    _with_room(sheet)
    sheet["A1"], sheet["A2"] = guarded(table.sentence), guarded(table.what)
    sheet["A1"].font = Font(name="Calibri", bold=True, size=12)
    sheet.freeze_panes = sheet.cell(HEAD + 1, 2)


def _with_room(sheet: Any) -> None:
    """Columns as wide as their texts, on paper one page wide."""
    for column in sheet.columns:
        longest = max(letters(str(cell.value)) for cell in column if cell.value is not None or cell.row == 1)
        sheet.column_dimensions[column[0].column_letter].width = min(max(longest + 2, NARROWEST), WIDEST)
    sheet.page_setup.orientation = "landscape"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0


def texts(record: PageRecord) -> bytes:
    """A zip archive with a CSV file for each table, in UTF-8 as Excel expects it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        shown = list(tables(record))
        about = _about(record, shown).to_csv(index=False, header=False)
        archive.writestr("about.csv", about.encode("utf-8-sig"))
        for number, table in enumerate(shown, 1):
            told = harmless(table.values).to_csv(index=False)
            archive.writestr(file_name(f"{number} {table.what}", "csv"), told.encode("utf-8-sig"))
    return stream.getvalue()


def file_name(told: str, ending: str) -> str:
    """A name that says what it is, in any language, and can be a file's."""
    name = re.sub(r"\W+", "-", told)[:LONGEST_FILE_NAME].strip("-").lower()
    return f"{name or 'page'}.{ending}"


def _of_answer(part: Part) -> Iterator[tuple[str, str]]:
    """What is told of an answer on the page: it, what it was computed from, and which tables are its."""
    yield _("Answer"), part.sentence
    yield _("Source"), part.provenance
    yield _("Tables"), _("; ").join(card.what for card in part.cards)


def _about(record: PageRecord, shown: Sequence[Table]) -> pd.DataFrame:
    rows = [
        (_("Page"), record.title),
        (_("In short"), record.sentence),
        (_("Shown"), record.choices),
        (_("Source"), record.provenance),
        *((str(number), table.what) for number, table in enumerate(shown, 1)),
        *(row for part in record.parts()[1:] for row in _of_answer(part)),
    ]
    return harmless(pd.DataFrame(rows))
