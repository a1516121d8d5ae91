"""Texts that a spreadsheet would take for formulas: a leading apostrophe says that they are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

GUARD = "'"
FIRST_OF_FORMULA = "[=+@\\t\\r\\-\uff1d\uff0b\uff20\uff0d']"
_FORMULA = re.compile(f"^{FIRST_OF_FORMULA}")
_NUMBER = re.compile(r"^[+-]?[0-9.,]+$")


def guarded(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.match(value):
        return GUARD + value
    return value


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table with no cell and no name of a column that a spreadsheet would take for a formula."""
    return table.rename(columns=guarded).map(guarded)
