"""One look for all charts: quiet axes, direct labels, exact figures on hover, colours by meaning.

A chart is drawn over points that are already words in the reader's language: `figures.closes` for time, or
plain texts. The figure itself has no title, because the sentence above it says what it shows.
"""

from __future__ import annotations

import math
import textwrap
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
CLOSES = "closes"  # what a figure over time knows of its points: their words and their days

_SIZES = {"size", "l", "r", "t", "b", "width"}  # what is measured in pixels

Written = Callable[[float | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line, area or set of bars: a value per point (None where unknown) and the slot of its colour."""

    label: str
    values: Sequence[float | None]
    colour: str
    dashed: bool = False


def stacked(points: Sequence[str], series: Sequence[Series], exact: Written = figures.count) -> go.Figure:
    """Areas on top of one another, the first at the bottom, labelled at their right edge."""
    figure = go.Figure()
    for one in series:
        figure.add_scatter(
            x=list(points),
            y=_plain(one.values),
            name=one.label,
            stackgroup="all",
            mode="lines",
            line={"width": 0.8, "color": one.colour},
            fillcolor=one.colour,
            customdata=[exact(value) for value in one.values],
            hovertemplate="%{customdata}",
        )
    tops, total = [], 0.0
    for one in series:
        last = one.values[-1] or 0
        tops.append(total + last / 2)
        total += last
    peak = max(
        (sum(v or 0 for v in column) for column in zip(*(s.values for s in series), strict=True)), default=0
    )
    scale(figure, 0, peak, figures.short)
    _label_ends(figure, series, tops, peak)
    return framed(figure, points)


def lines(
    points: Sequence[str],
    series: Sequence[Series],
    exact: Written,
    short: Written,
    *,
    target: float | None = None,
    target_label: str = "",
) -> go.Figure:
    """Lines from a common nought, labelled at their right end; a target is a thin dashed line."""
    figure = go.Figure()
    for one in series:
        figure.add_scatter(
            x=list(points),
            y=_plain(one.values),
            name=one.label,
            mode="lines",
            connectgaps=False,
            line={"width": 2.2, "color": one.colour, "dash": "dot" if one.dashed else "solid"},
            customdata=[exact(value) for value in one.values],
            hovertemplate="%{customdata}",
        )
    known = [value for one in series for value in one.values if figures.known(value)]
    low, high = min([0.0, *known]), max([0.0, *known, target or 0.0])
    scale(figure, low, high, short)
    if target is not None:
        figure.add_hline(y=target, line={"width": 1, "dash": "dash", "color": theme.slot("baseline")})
        figure.add_annotation(
            x=1,
            xref="paper",
            y=target,
            text=target_label,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": FONT_SIZE, "color": TEXT},
        )
    ends = [next((v for v in reversed(one.values) if figures.known(v)), 0.0) or 0.0 for one in series]
    if len(series) > 1:
        _label_ends(figure, series, ends, high - low)
    return framed(figure, points)


def columns(points: Sequence[str], series: Sequence[Series], exact: Written, short: Written) -> go.Figure:
    """Bars side by side at each point; the legend stands above them."""
    figure = go.Figure()
    for one in series:
        figure.add_bar(
            x=list(points),
            y=_plain(one.values),
            name=one.label,
            marker={"color": one.colour, "line": {"width": 0}},
            customdata=[exact(value) for value in one.values],
            hovertemplate="%{customdata}",
        )
    known = [value for one in series for value in one.values if figures.known(value)]
    scale(figure, min([0.0, *known]), max([0.0, *known]), short)
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.08, showlegend=len(series) > 1)
    return framed(figure, points)


def ranks(
    labels: Sequence[str],
    values: Sequence[float | None],
    colours: Sequence[str],
    texts: Sequence[str],
    notes: Sequence[str],
) -> go.Figure:
    """Horizontal bars, the first on top, each with its words at its end and a note at the right edge."""
    figure = go.Figure()
    figure.add_bar(
        x=_plain(values),
        y=list(labels),
        orientation="h",
        marker={"color": list(colours), "line": {"width": 0}},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
        textfont={"size": FONT_SIZE, "color": TEXT},
    )
    for label, note in zip(labels, notes, strict=True):
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=label,
            text=note,
            showarrow=False,
            font={"size": FONT_SIZE, "color": TEXT},
        )
    most = max([value for value in values if figures.known(value)] or [1.0])
    figure.update_xaxes(visible=False, range=[0, most * 2.8 or 1], fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, zeroline=False, ticks="", automargin=True, fixedrange=True
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        bargap=0.42,
        showlegend=False,
        dragmode=False,
        font={"size": FONT_SIZE},
    )
    return figure


def shifts(labels: Sequence[str], series: Sequence[Series], exact: Written) -> go.Figure:
    """Horizontal bars to both sides of nought, the first on top, those of a row end to end; in words at the
    right edge what they come to."""
    figure = go.Figure()
    for one in series:
        figure.add_bar(
            x=_plain(one.values),
            y=list(labels),
            orientation="h",
            name=one.label,
            marker={"color": one.colour, "line": {"width": 0}},
            customdata=[exact(value) for value in one.values],
            hovertemplate="%{y}: %{customdata}",
        )
    for place, label in enumerate(labels):
        total = sum(one.values[place] or 0.0 for one in series)
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=label,
            text=exact(total),
            showarrow=False,
            font={"size": FONT_SIZE, "color": TEXT},
        )
    reach = max((abs(value) for one in series for value in one.values if figures.known(value)), default=1.0)
    figure.update_xaxes(visible=False, range=[-1.3 * reach, 2.2 * reach], fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, ticks="", automargin=True, fixedrange=True, type="category"
    )
    figure.add_vline(x=0, line={"width": 1, "color": TEXT})
    figure.update_layout(
        barmode="relative",
        height=max(180, 70 + 34 * len(labels)),
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        bargap=0.4,
        showlegend=len(series) > 1,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"},
        dragmode=False,
        font={"size": FONT_SIZE},
    )
    return figure


def heat(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[float | None]],
    written: Written,
    titles: tuple[str, str] = ("", ""),
) -> go.Figure:
    """A field for each row and column, the darker the more; what is unknown stays empty.

    `titles` say what the columns and the rows are.
    """
    figure = go.Figure()
    figure.add_heatmap(
        x=list(columns),
        y=list(rows),
        z=[_plain(row) for row in values],
        text=[[written(value) if figures.known(value) else "" for value in row] for row in values],
        texttemplate="%{text}",
        textfont={"size": FONT_SIZE - 1},
        hovertemplate="%{y} · %{x}: %{text}<extra></extra>",
        colorscale=[[step / 9, theme.accent_slot(step)] for step in range(10)],
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure.update_layout(
        height=max(HEIGHT, 60 + 26 * len(rows)),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        font={"size": FONT_SIZE},
        hoverlabel={"font": {"size": FONT_SIZE}},
    )
    quiet = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True, "fixedrange": True}
    quiet |= {"type": "category", "tickfont": {"color": TEXT}}
    for title, update in zip(titles, (figure.update_xaxes, figure.update_yaxes), strict=True):
        update(title={"text": title, "font": {"size": FONT_SIZE, "color": TEXT}}, tickangle=0, **quiet)
    figure.update_yaxes(autorange="reversed")
    return figure


def steps_between(
    labels: Sequence[str], changes: Sequence[float | None], exact: Written, short: Written
) -> go.Figure:
    """From the first amount to the last: what was added and taken away on the way, each in a column.

    The first is the amount at the start; the column of the last follows from all the others.
    """
    ends = ["absolute", *["relative"] * (len(changes) - 2), "total"]
    known = [value or 0.0 for value in changes]
    levels = [sum(known[: place + 1]) for place in range(len(known) - 1)]
    figure = go.Figure()
    figure.add_waterfall(
        x=list(labels),
        y=known,
        measure=ends,
        text=[short(value) for value in changes],
        textposition="outside",
        textfont={"size": FONT_SIZE, "color": TEXT},
        cliponaxis=False,
        customdata=[exact(value) for value in changes],
        hovertemplate="%{customdata}<extra></extra>",
        connector={"line": {"width": 1, "color": theme.slot("quiet")}},
        increasing={"marker": {"color": theme.slot("scenario")}},
        decreasing={"marker": {"color": theme.slot("silent")}},
        totals={"marker": {"color": theme.slot("baseline")}},
    )
    scale(figure, min([0.0, *levels]), max([0.0, *levels]) * 1.08, short)
    framed(figure, labels)
    figure.update_xaxes(
        tickvals=list(labels), ticktext=["<br>".join(textwrap.wrap(one, 12)) for one in labels]
    )
    figure.update_layout(hovermode="closest", margin={"t": 24})
    return figure


def show(figure: go.Figure, *, alt: str, key: str) -> None:
    """Draw a figure in the reader's mode; `alt` says in words what it shows."""
    st.plotly_chart(figure, theme="streamlit", config=CONFIG, alt=alt, key=key)


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


def _label_ends(figure: go.Figure, series: Sequence[Series], heights: Sequence[float], reach: float) -> None:
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


def _plain(values: Sequence[float | None]) -> list[float | None]:
    return [float(value) if figures.known(value) else None for value in values]
