"""Horizontal bars with their words beside them: ranks from nought, shifts to both sides of it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import figures
from dashboard.charts.look import FONT_SIZE, HEIGHT, TEXT, Series, Written, plain


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
        x=plain(values),
        y=list(labels),
        orientation="h",
        marker={"color": list(colours), "line": {"width": 0}},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="none",
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
            x=plain(one.values),
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
