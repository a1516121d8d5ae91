"""Charts over points in an order, time above all: areas, lines, columns, and what was added on the way."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import figures, theme
from dashboard.charts.axes import all_named, framed, label_ends, scale
from dashboard.charts.look import FONT_SIZE, TEXT, Series, Written, plain


def stacked(points: Sequence[str], series: Sequence[Series], exact: Written = figures.count) -> go.Figure:
    """Areas on top of one another, the first at the bottom, labelled at their right edge."""
    figure = go.Figure()
    for one in series:
        figure.add_scatter(
            x=list(points),
            y=plain(one.values),
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
    label_ends(figure, series, tops, peak)
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
            y=plain(one.values),
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
        label_ends(figure, series, ends, high - low)
    return framed(figure, points)


def columns(points: Sequence[str], series: Sequence[Series], exact: Written, short: Written) -> go.Figure:
    """Bars side by side at each point; the legend stands above them."""
    figure = go.Figure()
    for one in series:
        figure.add_bar(
            x=list(points),
            y=plain(one.values),
            name=one.label,
            marker={"color": one.colour, "line": {"width": 0}},
            customdata=[exact(value) for value in one.values],
            hovertemplate="%{customdata}",
        )
    known = [value for one in series for value in one.values if figures.known(value)]
    scale(figure, min([0.0, *known]), max([0.0, *known]), short)
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.08, showlegend=len(series) > 1)
    return framed(figure, points)


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
    all_named(figure, labels)
    figure.update_layout(hovermode="closest", margin={"t": 24})
    return figure
