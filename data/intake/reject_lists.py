"""The form of a list of rejects, as it is written and as it is read again once corrected.

It holds the line, column, reason and original text, and then the source's own columns, so that the same
mapping reads the corrected file. It is CSV in UTF-8 with a byte-order mark, which spreadsheets open as it
is; a text they would take for a formula gets a leading apostrophe, which is taken off again on reading.
"""

from __future__ import annotations

import pyarrow.compute as pc

from data.formula_guard import FIRST_OF_FORMULA, GUARD
from data.intake.mapping import FileRule
from data.intake.sheets import LINE, START, STOP, Sheet

REJECTS_SUFFIX = ".rejects.csv"
REJECT_COLUMNS = ("rejected_line", "rejected_column", "rejected_reason", "original_text")


def without_guards(sheet: Sheet) -> Sheet:
    """Corrected rejects without the columns and the guards that the product added."""
    for place, name in enumerate(sheet.rows.column_names):
        if name not in (LINE, START, STOP, *REJECT_COLUMNS):
            guard = f"^{GUARD}({FIRST_OF_FORMULA})"
            plain = pc.replace_substring_regex(sheet.rows.column(place), guard, r"\1")
            sheet.rows = sheet.rows.set_column(place, name, plain)
    present = [name for name in REJECT_COLUMNS if name in sheet.rows.column_names]
    sheet.rows = sheet.rows.drop_columns(present)
    return sheet


def rejects_rule(rule: FileRule) -> FileRule:
    """Corrected rejects are read as the product wrote them, whatever the form of the source."""
    plain = {"format": None, "encoding": "utf-8", "delimiter": ",", "quote": '"', "header": True}
    return rule.model_copy(update=plain | {"skip_lines": 0, "names": (), "positions": {}})
