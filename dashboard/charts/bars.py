"""Horizontal bars with their words beside them: ranks from nought, shifts to both sides of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import figures
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import (
    FONT_SIZE,
    HEIGHT,
    LEGEND,
    TEXT,
    Series,
    Written,
    line_at,
    note,
    plain,
    width_of,
)

PHONE, APART = 330, 24  # pixels of a chart on a phone, and between a bar, its words and the note
THICKEST, ALONE = 40, 120  # pixels of a bar, and of the chart of a single one
MOST_WORDS = 0.65  # of the width of a phone, beside the longest bar
EDGE = 8  # pixels around a chart


def ranks(
    labels: Sequence[str],
    values: Sequence[float | None],
    colours: Sequence[str],
    texts: Sequence[str],
    notes: Sequence[str],
) -> Figure:
    """Horizontal bars, the first on top, each with its words at its end and a note at the right edge."""
    bars = _bars(labels, values) | {
        "marker": {"color": list(colours), "line": {"width": 0}},
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "none",
        "textfont": {"size": FONT_SIZE, "color": TEXT},
    }
    most = max([value for value in values if figures.known(value)] or [1.0]) or 1
    words = max(map(width_of, texts), default=0) + max(map(width_of, notes), default=0)
    height = HEIGHT if len(labels) > 1 else ALONE
    return _framed(
        [bars],
        labels,
        notes,
        words,
        [0, most],
        yaxis={"zeroline": False},
        height=height,
        bargap=gap(len(labels), height),
    )


def gap(rows: int, height: int) -> float:
    """The part of each row that is left free, so that few bars are no thicker than many."""
    return max(0.42, 1 - THICKEST * rows / height)


def _beside(labels: Sequence[str], words: int) -> int:
    """The pixels right of the longest bar that words of so many need; on a phone the bar keeps some."""
    plot = PHONE - max(map(width_of, labels), default=0)
    return int(min(words + APART, MOST_WORDS * plot))


def shifts(labels: Sequence[str], series: Sequence[Series], exact: Written) -> Figure:
    """Horizontal bars to both sides of nought, the first on top, those of a row end to end; in words at the
    right edge what they come to."""
    bars = [
        _bars(labels, one.values)
        | {
            "name": one.label,
            "marker": {"color": one.colour, "line": {"width": 0}},
            "customdata": [exact(value) for value in one.values],
            "hovertemplate": "%{y}: %{customdata}",
        }
        for one in series
    ]
    totals = [exact(sum(one.values[place] or 0.0 for one in series)) for place in range(len(labels))]
    ends = [0.0, *_ends(series, len(labels))]
    low, reach = min(ends), (max(ends) - min(ends)) or 1.0
    height = max(140, 70 + 34 * len(labels))
    return _framed(
        bars,
        labels,
        totals,
        max(map(width_of, totals), default=0),
        [low - 0.02 * reach, low + reach],
        yaxis={"type": "category"},
        shapes=[line_at(x=0, line={"width": 1, "color": TEXT})],
        barmode="relative",
        height=height,
        above=28,
        bargap=gap(len(labels), height),
        showlegend=len(series) > 1,
        legend=LEGEND | {"y": 1.0},
    )


def _ends(series: Sequence[Series], rows: int) -> list[float]:
    """How far the bars of each row reach to both sides of nought."""
    known = [[one.values[row] or 0.0 for one in series] for row in range(rows)]
    return [sum(side(value, 0.0) for value in row) for row in known for side in (min, max)]


def _bars(labels: Sequence[str], values: Sequence[float | None]) -> Part:
    return {"type": "bar", "x": plain(values), "y": list(labels), "orientation": "h"}


def _framed(
    bars: Sequence[Part],
    labels: Sequence[str],
    notes: Sequence[str],
    words: int,
    reach: Sequence[float],
    yaxis: Part,
    above: int = EDGE,
    **layout: Any,
) -> Figure:
    """Bars in their quiet frame, each row with a note at the right edge; words of so many pixels fit beside
    the longest bar however wide the chart is, since the margin is told in pixels and the bars are not."""
    room = _beside(labels, words)
    beside = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": room}
    rows = {"autorange": "reversed", "showgrid": False, "ticks": "", "automargin": True, "fixedrange": True}
    rows |= {"tickfont": {"color": TEXT}}
    frame = {
        "height": HEIGHT,
        "margin": {"l": EDGE, "r": EDGE + room, "t": above, "b": EDGE},
        "showlegend": False,
        "dragmode": False,
        "font": {"size": FONT_SIZE},
        "annotations": [note(text, y=label, **beside) for label, text in zip(labels, notes, strict=True)],
        "xaxis": {"visible": False, "range": list(reach), "fixedrange": True},
        "yaxis": rows | yaxis,
    }
    return Figure(bars, frame | layout)
