"""What all charts share: one height, one size of letters, and values as they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import figures, theme

HEIGHT = 300  # charts in a row share it
CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": False}
FONT_SIZE = 12
TEXT = theme.slot("baseline")

_SIZES = {"size", "l", "r", "t", "b", "width"}  # what is measured in pixels

Written = Callable[[float | None], str]
Part = dict[str, Any]  # a trace, an axis, a note … in Plotly's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line, area or set of bars: a value per point (None where unknown) and the slot of its colour."""

    label: str
    values: Sequence[float | None]
    colour: str
    dashed: bool = False


def show(figure: go.Figure, *, alt: str, key: str, clicked: Callable[[], None] | None = None) -> None:
    """Draw a figure in the reader's mode; `alt` says in words what it shows, `clicked` what a click does."""
    st.plotly_chart(
        figure,
        theme="streamlit",
        config=CONFIG,
        alt=alt,
        key=key,
        on_select=clicked or "ignore",
        selection_mode="points",
    )


def note(text: str, **place: Any) -> Part:
    """Words at a place of a chart."""
    return {"text": text, "showarrow": False, "font": {"size": FONT_SIZE, "color": TEXT}} | place


def line_at(*, x: Any = None, y: Any = None, line: Part) -> Part:
    """A line across the whole chart, upright at `x` or level at `y`."""
    if y is None:
        return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain", "line": line}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "line": line}


def enlarged(figure: go.Figure, height: int, times: float) -> go.Figure:
    """The same chart for a larger stage: every letter, margin and line so many times its size."""
    large = go.Figure(_enlarged(figure.to_plotly_json(), times)).update_layout(height=height)
    large.update_xaxes(tickfont_size=FONT_SIZE * times)
    return large.update_yaxes(tickfont_size=FONT_SIZE * times)


def _enlarged(part: Any, times: float, name: str = "") -> Any:
    if isinstance(part, dict):
        return {key: _enlarged(value, times, key) for key, value in part.items()}
    if isinstance(part, list | tuple) and name in ("data", "annotations", "shapes"):
        return [_enlarged(one, times) for one in part]
    return part * times if name in _SIZES and isinstance(part, int | float) else part


def plain(values: Sequence[float | None]) -> list[float | None]:
    """The values as they are drawn: none where unknown."""
    return [float(value) if figures.known(value) else None for value in values]
