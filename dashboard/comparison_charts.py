"""Charts of a what-if: the scenario in the accent beside the baseline in grey, intervals as pale bands."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import charts, figures, theme
from dashboard.comparison import Estimate

BAND = theme.accent_slot(1)


def difference(
    points: Sequence[str], estimates: Sequence[Estimate], exact: charts.Written, short: charts.Written
) -> go.Figure:
    """What the scenario adds to the baseline: a line within its 95 % band, and the zero line."""
    figure = go.Figure()
    _band(figure, points, estimates)
    figure.add_scatter(
        x=list(points),
        y=[estimate.mean for estimate in estimates],
        mode="lines+markers" if len(points) < 3 else "lines",
        line={"width": 2.4, "color": theme.slot("scenario")},
        customdata=[interval(estimate, exact) for estimate in estimates],
        hovertemplate="%{customdata}<extra></extra>",
    )
    known = [v for e in estimates for v in (e.mean, e.low, e.high) if v is not None]
    charts.scale(figure, min([0.0, *known]), max([0.0, *known]), short)
    figure.add_hline(y=0, line={"width": 1.2, "color": theme.slot("baseline")})
    return charts.framed(figure, points)


def distribution(
    tiers: Sequence[str],
    baseline: Sequence[Estimate],
    scenario: Sequence[Estimate],
    names: tuple[str, str],
) -> go.Figure:
    """Members per tier under both sets of rules, side by side, with their 95 % intervals."""
    figure = go.Figure()
    for name, estimates, colour in (
        (names[0], baseline, theme.slot("baseline")),
        (names[1], scenario, theme.slot("scenario")),
    ):
        figure.add_bar(
            x=list(tiers),
            y=[estimate.mean for estimate in estimates],
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            text=[figures.short(estimate.mean) for estimate in estimates],
            textposition="outside",
            textfont={"size": charts.FONT_SIZE, "color": charts.TEXT},
            cliponaxis=False,
            constraintext="none",
            error_y=_error_bars(estimates),
            customdata=[interval(estimate, figures.count) for estimate in estimates],
            hovertemplate="%{customdata}",
        )
    tops = [e.high if e.high is not None else e.mean or 0.0 for e in (*baseline, *scenario)]
    charts.scale(figure, 0.0, max([1.0, *tops]) * 1.12, figures.short)
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.08, showlegend=True)
    charts.framed(figure, tiers)
    return figure.update_xaxes(tickvals=list(tiers), ticktext=list(tiers))  # every tier has its name


def interval(estimate: Estimate, exact: charts.Written) -> str:
    """A number with its interval: "−312 (−337 … −287)"."""
    if estimate.low is None or estimate.high is None:
        return exact(estimate.mean)
    return f"{exact(estimate.mean)} ({exact(estimate.low)} … {exact(estimate.high)})"


def _band(figure: go.Figure, points: Sequence[str], estimates: Sequence[Estimate]) -> None:
    for values, fill in (
        ([estimate.low for estimate in estimates], "none"),
        ([estimate.high for estimate in estimates], "tonexty"),
    ):
        figure.add_scatter(
            x=list(points),
            y=values,
            mode="lines",
            line={"width": 0, "color": BAND},
            fill=fill,
            fillcolor=BAND,
            hoverinfo="skip",
        )


def _error_bars(estimates: Sequence[Estimate]) -> dict[str, object]:
    known = [(e.mean or 0.0, e.low, e.high) for e in estimates]
    return {
        "type": "data",
        "symmetric": False,
        "array": [0.0 if high is None else high - mean for mean, _, high in known],
        "arrayminus": [0.0 if low is None else mean - low for mean, low, _ in known],
        "color": charts.TEXT,
        "thickness": 1.2,
        "width": 3,
    }
