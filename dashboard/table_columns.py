"""How columns of tables stand: texts at the left, figures at the right, each below a header that does so."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

# Unseen: a mark of a script from right to left, by which alone the browser's table puts a header at the
# right, and one from left to right, so that the words after it stay as they are.
_RIGHT = "\u061c\u200e"


def column(
    label: str,
    *,
    is_figure: bool,
    width: int | Literal["small", "medium", "large"] | None = None,
    pinned: bool = False,
) -> ColumnConfig:
    """How the column of that name is drawn; a pinned one stays where the others are moved sideways."""
    return st.column_config.TextColumn(
        f"{_RIGHT}{label}" if is_figure else label,
        width=width,
        alignment="right" if is_figure else None,
        pinned=pinned,
    )
