"""One look for all charts: quiet axes, direct labels, exact figures on hover, colours by meaning.

A chart is drawn over points that are already words in the reader's language: `figures.closes` for time, or
plain texts. The figure itself has no title, because the sentence above it says what it shows.
"""

from __future__ import annotations

from dashboard.charts.axes import all_named, closes, drawn, framed, scale, spread, steps
from dashboard.charts.bars import ranks, shifts
from dashboard.charts.courses import alone, columns, lines, stacked, steps_between
from dashboard.charts.crossings import Flow, flows, heat
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import (
    CONFIG,
    FONT_SIZE,
    HEIGHT,
    TEXT,
    Series,
    Written,
    enlarged,
    line_at,
    note,
    show,
    width_of,
)
from dashboard.charts.stretches import Stretch, calendar

__all__ = [
    "CONFIG",
    "FONT_SIZE",
    "HEIGHT",
    "TEXT",
    "Figure",
    "Flow",
    "Part",
    "Series",
    "Stretch",
    "Written",
    "all_named",
    "alone",
    "calendar",
    "closes",
    "columns",
    "drawn",
    "enlarged",
    "flows",
    "framed",
    "heat",
    "line_at",
    "lines",
    "note",
    "ranks",
    "scale",
    "shifts",
    "show",
    "spread",
    "stacked",
    "steps",
    "steps_between",
    "width_of",
]
