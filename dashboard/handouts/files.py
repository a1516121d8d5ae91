"""A page as files for a spreadsheet: one workbook, or one text file for each table."""

from __future__ import annotations

import io
import re
import zipfile

import pandas as pd

from dashboard.handouts.tables import tables
from dashboard.i18n import _
from dashboard.seen import Sight
from data.reject_lists import guarded, harmless

LONGEST_SHEET_NAME = 31  # Excel's own bound


def workbook(sight: Sight) -> bytes:
    """An Excel workbook: a first sheet that says what is shown, then a sheet for each table."""
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="openpyxl") as writer:
        _about(sight).to_excel(writer, sheet_name=_("About")[:LONGEST_SHEET_NAME], index=False, header=False)
        for name, title, table in tables(sight):
            sheet = name[:LONGEST_SHEET_NAME]
            harmless(table).to_excel(writer, sheet_name=sheet, index=False, startrow=2)
            writer.sheets[sheet]["A1"] = guarded(title)
            for column in writer.sheets[sheet].columns:
                writer.sheets[sheet].column_dimensions[column[0].column_letter].width = 18
    return stream.getvalue()


def texts(sight: Sight) -> bytes:
    """A zip archive with a CSV file for each table, in UTF-8 as Excel expects it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.csv", _about(sight).to_csv(index=False, header=False).encode("utf-8-sig"))
        for name, _title, table in tables(sight):
            archive.writestr(f"{name}.csv", harmless(table).to_csv(index=False).encode("utf-8-sig"))
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
