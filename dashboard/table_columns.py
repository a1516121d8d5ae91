"""How columns of tables stand: texts at the left, figures at the right, each below a header that does so;
and what the browser's table puts in order when a header is clicked: figures by number, not by their letters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard import figures
from dashboard.told import BLANK, numbers

# Unseen: a mark of a script from right to left, by which alone the browser's table puts a header at the
# right, and one from left to right, so that the words after it stay as they are.
_DECIMALS = 6  # of a number that is copied, taken along or read aloud
_RIGHT = "\u061c\u200e"


class _Cell(float):
    """A number as the browser's table gets it, and how it is read."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, number: float, text: str) -> Self:
        one = super().__new__(cls, number)
        one.text = text
        return one


def cells(texts: Sequence[str], values: Sequence[Any] | None = None) -> list[Any]:
    """The cells of a column: texts, which know their numbers where `values`, else they themselves, tell them
    and none that is unknown is written in words of its own."""
    found = numbers(texts if values is None else values)
    if found is None:
        return list(texts)
    said = list(zip(found, texts, strict=True))
    if any(math.isnan(number) and text not in BLANK for number, text in said):
        return list(texts)
    return [_Cell(round(number, _DECIMALS), text) for number, text in said]


def blank(columns: Mapping[str, Sequence[Any]]) -> str:
    """What stands where a figure is unknown, the same all over a table."""
    texts = (getattr(cell, "text", cell) for cells in columns.values() for cell in cells)
    return figures.UNKNOWN if figures.UNKNOWN in texts else ""


def written(columns: Mapping[str, Sequence[Any]]) -> Styler:
    """The columns as a table, every cell as it is read."""
    table = pd.DataFrame({label: pd.Series(values, dtype=object) for label, values in columns.items()})
    return table.style.format(lambda cell: getattr(cell, "text", cell))


def column(
    label: str,
    values: Sequence[Any],
    *,
    is_figure: bool,
    width: int | Literal["small", "medium", "large"] | None = None,
    pinned: bool = False,
) -> ColumnConfig:
    """How the column of that name is drawn, `values` being its cells; a pinned one stays where the others are
    moved sideways."""
    header = f"{_RIGHT}{label}" if is_figure else label
    if any(isinstance(one, _Cell) for one in values):
        side = "right" if is_figure else "left"
        return st.column_config.NumberColumn(header, width=width, alignment=side, pinned=pinned)
    side = "right" if is_figure else None
    return st.column_config.TextColumn(header, width=width, alignment=side, pinned=pinned)
