"""What all charts share: one height, one size of letters, and values as they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from plotly.basedatatypes import BaseFigure

from dashboard import figures, theme
from dashboard.charts.figure import Figure, Part

HEIGHT = 300  # charts in a row share it
CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": False}
FONT_SIZE = 12
TEXT = theme.slot("baseline")
# Above the chart, from its left edge on.
LEGEND = {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "bottom", "font": {"size": FONT_SIZE}}

_SIZES = {"size", "l", "r", "t", "b", "width", "xshift"}  # what is measured in pixels

Written = Callable[[float | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line, area or set of bars: a value per point (None where unknown) and the slot of its colour; the
    metric that it draws, under filters of its own, where the members behind it can be asked for."""

    label: str
    values: Sequence[float | None]
    colour: str
    dashed: bool = False
    metric: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


class _AsItIs(BaseFigure):
    """A figure as Streamlit takes one that is made up already: it is asked for its parts and nothing else."""

    def __init__(self, parts: Part) -> None:
        self._parts = parts

    def to_dict(self) -> Part:
        return self._parts


def show(figure: Figure, *, alt: str, key: str, clicked: Callable[[], None] | None = None) -> None:
    """Draw a figure in the reader's mode; `alt` says in words what it shows, `clicked` what a click does."""
    st.plotly_chart(
        _AsItIs(figure.parts),
        theme="streamlit",
        config=CONFIG,
        alt=alt,
        key=key,
        on_select=clicked or "ignore",
        selection_mode="points",
    )


def width_of(text: str) -> int:
    """About how many pixels words take, the widest of their lines."""
    lines = text.split("<br>")
    return max(sum(13 if ord(letter) > 0x2E80 else 7 for letter in line) for line in lines)


def note(text: str, **place: Any) -> Part:
    """Words at a place of a chart."""
    return {"text": text, "showarrow": False, "font": {"size": FONT_SIZE, "color": TEXT}} | place


def line_at(*, x: Any = None, y: Any = None, line: Part) -> Part:
    """A line across the whole chart, upright at `x` or level at `y`."""
    if y is None:
        return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain", "line": line}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "line": line}


def enlarged(figure: Figure, height: int, times: float) -> Figure:
    """The same chart for a larger stage: every letter, margin and line so many times its size."""
    parts = _enlarged(figure.parts, times)
    large = Figure(parts["data"], parts["layout"])
    letters = {"tickfont": {"size": FONT_SIZE * times}}
    axes = {name: letters for name in large.layout if name.startswith(("xaxis", "yaxis"))}
    return large.laid_out(height=height, **axes)


def _enlarged(part: Any, times: float, name: str = "") -> Any:
    if isinstance(part, dict):
        return {key: _enlarged(value, times, key) for key, value in part.items()}
    if isinstance(part, list | tuple) and name in ("data", "annotations", "shapes"):
        return [_enlarged(one, times) for one in part]
    return part * times if name in _SIZES and isinstance(part, int | float) else part


def plain(values: Sequence[float | None]) -> list[float | None]:
    """The values as they are drawn: none where unknown."""
    return [float(value) if figures.known(value) else None for value in values]
