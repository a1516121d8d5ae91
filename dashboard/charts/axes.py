"""Quiet axes: a few round steps in the reader's language, labels beside the lines that do not touch."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.charts.look import FONT_SIZE, HEIGHT, TEXT, Series, Written

CLOSES = "closes"  # what a figure over time knows of its points: their words and their days


def framed(figure: go.Figure, points: Sequence[str]) -> go.Figure:
    """The quiet frame of every chart over labelled points: few labels below, one height, exact on hover."""
    every = max(1, math.ceil(len(points) / 4))
    shown = list(points[::-1][::every][::-1])
    words = [getattr(point, "tick", point) for point in shown]
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "t": 28 if figure.layout.showlegend else 12, "b": 8, **_right(figure)},
        hovermode="x unified",
        hoverlabel={"font": {"size": FONT_SIZE}},
        font={"size": FONT_SIZE},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        dragmode=False,
    )
    if figure.layout.showlegend is None:
        figure.update_layout(showlegend=False)
    if all(hasattr(point, "day") for point in points):
        figure.update_layout(meta={CLOSES: [[str(point), point.day.isoformat()] for point in points]})
    figure.update_xaxes(
        type="category",
        tickmode="array",
        tickvals=shown,
        ticktext=words,
        tickangle=0,
        showgrid=False,
        zeroline=False,
        ticks="",
        tickfont={"color": TEXT},
        automargin=True,
        fixedrange=True,
    )
    figure.update_yaxes(zeroline=False, ticks="", tickfont={"color": TEXT}, automargin=True, fixedrange=True)
    return figure


def all_named(figure: go.Figure, points: Sequence[str]) -> go.Figure:
    """Every point of the axis with its name: upright where there is room, turned on a phone."""
    names = ["<br>".join(textwrap.wrap(one, 12)) for one in points]
    return figure.update_xaxes(tickvals=list(points), ticktext=names, tickangle=None, autotickangles=[0, 90])


def _right(figure: go.Figure) -> dict[str, int]:
    """Room for the labels at the right end of the lines."""
    names = [note.text.split("</span>")[-1] for note in figure.layout.annotations if note.x == 1]
    lines = [line for name in names for line in name.split("<br>")]
    return {"r": int(max(map(_width, lines), default=0) + 26)}


def _width(text: str) -> float:
    return sum(13 if ord(letter) > 0x2E80 else 7 for letter in text)


def scale(figure: go.Figure, low: float, high: float, written: Written) -> None:
    """Four or five round steps, written in the reader's language."""
    values, ends = steps(low, high)
    figure.update_yaxes(
        tickmode="array",
        tickvals=values,
        ticktext=[written(value) for value in values],
        range=ends,
    )


def steps(low: float, high: float) -> tuple[list[float], list[float]]:
    """Four or five round values that span those two, and the range of the axis that shows them."""
    reach = (high - low) or 1.0
    magnitude = 10 ** math.floor(math.log10(reach / 4))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude * 5 >= reach)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [number * step for number in range(first, last + 1)]
    return values, [values[0], max(values[-1], high + reach * 0.04)]


def label_ends(figure: go.Figure, series: Sequence[Series], heights: Sequence[float], reach: float) -> None:
    """The name of each line at its right end, moved apart where two would touch."""
    texts = [textwrap.wrap(one.label, 13) or [""] for one in series]
    line = (reach or 1.0) * 16 / (HEIGHT - 50)
    bottom, top = figure.layout.yaxis.range
    places = spread(heights, [line * len(lines) for lines in texts], bottom, top)
    for one, lines, place in zip(series, texts, places, strict=True):
        figure.add_annotation(
            x=1,
            xref="paper",
            y=place,
            text=f'<span style="color:{one.colour}">■</span> {"<br>   ".join(lines)}',
            align="left",
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": FONT_SIZE, "color": TEXT},
        )


def spread(heights: Sequence[float], rooms: Sequence[float], bottom: float, top: float) -> list[float]:
    """Where labels of those heights stand so that none touches the next or leaves the chart at its top."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    places = list(heights)
    floor = bottom
    for index in order:
        places[index] = max(places[index], floor + rooms[index] / 2)
        floor = places[index] + rooms[index] / 2
    ceiling = top
    for index in reversed(order):
        places[index] = min(places[index], ceiling - rooms[index] / 2)
        ceiling = places[index] - rooms[index] / 2
    return places
