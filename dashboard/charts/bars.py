"""Horizontal bars with their words beside them: ranks from nought, shifts to both sides of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import figures
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import FONT_SIZE, HEIGHT, LEGEND, TEXT, Series, Written, line_at, note, plain


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
    most = max([value for value in values if figures.known(value)] or [1.0])
    return _framed([bars], labels, notes, [0, most * 2.8 or 1], yaxis={"zeroline": False}, bargap=0.42)


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
    reach = max((abs(value) for one in series for value in one.values if figures.known(value)), default=1.0)
    return _framed(
        bars,
        labels,
        totals,
        [-1.3 * reach, 2.2 * reach],
        yaxis={"type": "category"},
        shapes=[line_at(x=0, line={"width": 1, "color": TEXT})],
        barmode="relative",
        height=max(180, 70 + 34 * len(labels)),
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        bargap=0.4,
        showlegend=len(series) > 1,
        legend=LEGEND | {"y": 1.0},
    )


def _bars(labels: Sequence[str], values: Sequence[float | None]) -> Part:
    return {"type": "bar", "x": plain(values), "y": list(labels), "orientation": "h"}


def _framed(
    bars: Sequence[Part],
    labels: Sequence[str],
    notes: Sequence[str],
    reach: Sequence[float],
    yaxis: Part,
    **layout: Any,
) -> Figure:
    """Bars in their quiet frame, each row with a note at the right edge."""
    beside = {"x": 1, "xref": "paper", "xanchor": "right"}
    rows = {"autorange": "reversed", "showgrid": False, "ticks": "", "automargin": True, "fixedrange": True}
    frame = {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "dragmode": False,
        "font": {"size": FONT_SIZE},
        "annotations": [note(text, y=label, **beside) for label, text in zip(labels, notes, strict=True)],
        "xaxis": {"visible": False, "range": list(reach), "fixedrange": True},
        "yaxis": rows | yaxis,
    }
    return Figure(bars, frame | layout)
