"""Charts over points in an order, time above all: areas, lines, columns, and what was added on the way."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import figures, theme
from dashboard.charts.axes import METRIC, WHERE, all_named, at_end, framed, named_ends, scale
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import FONT_SIZE, TEXT, Series, Written, line_at, plain

# Of the highest value: how low the lowest may be that is far above nought, and where the axis then begins.
FAR, LOWEST = 0.7, 0.8


def stacked(
    points: Sequence[str],
    series: Sequence[Series],
    exact: Written = figures.count,
    short: Written = figures.short,
) -> Figure:
    """Areas on top of one another, the first at the bottom, labelled at their right edge; none for what is
    nought throughout. A single point, which has no area, is a column."""
    series = [one for one in series if any(one.values)] or series
    drawn_as = _area if len(points) > 1 else _bar
    traces = [_trace(points, one, exact) | drawn_as(one) for one in series]
    tops, total = [], 0.0
    for one in series:
        last = one.values[-1] or 0
        tops.append(total + last / 2)
        total += last
    peak = max(
        (sum(v or 0 for v in column) for column in zip(*(s.values for s in series), strict=True)), default=0
    )
    scaled = scale(0, peak, short)
    return framed(points, traces, scaled, named_ends(series, tops, scaled), barmode="stack", bargap=0.7)


def _area(one: Series) -> Part:
    line = {"width": 0.8, "color": one.colour}
    return {"type": "scatter", "stackgroup": "all", "mode": "lines", "line": line, "fillcolor": one.colour}


def _bar(one: Series) -> Part:
    return {"type": "bar", "marker": {"color": one.colour, "line": {"width": 0}}}


def lines(
    points: Sequence[str],
    series: Sequence[Series],
    exact: Written,
    short: Written,
    *,
    target: float | None = None,
    target_label: str = "",
) -> Figure:
    """Lines labelled at their right end, from nought unless all of them run far above it; a target is a thin
    dashed line. A point without neighbours, to which no line leads, is a dot."""
    traces = [_line(points, one, exact) for one in series]
    known = [value for one in series for value in one.values if figures.known(value)]
    scaled = scale(*_ends([*known, *([] if target is None else [target])]), short)
    notes, shapes = [], []
    if target is not None:
        dashed = {"width": 1, "dash": "dash", "color": theme.slot("baseline")}
        shapes, notes = [line_at(y=target, line=dashed)], [at_end(target_label, target)]
    if len(series) > 1:
        ends = [next((v for v in reversed(one.values) if figures.known(v)), 0.0) or 0.0 for one in series]
        notes += named_ends(series, ends, scaled)
    return framed(points, traces, scaled, notes, shapes=shapes)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Where the axis of lines begins and ends: at nought, or, where that is far below all of them, so far
    down that a small change looks small."""
    high, low = max([0.0, *values]), min(values, default=0.0)
    return (min(low, LOWEST * high) if low > FAR * high else min(0.0, low)), high


def columns(points: Sequence[str], series: Sequence[Series], exact: Written, short: Written) -> Figure:
    """Bars side by side at each point; the legend stands above them."""
    traces = [_trace(points, one, exact) | _bar(one) for one in series]
    known = [value for one in series for value in one.values if figures.known(value)]
    scaled = scale(min([0.0, *known]), max([0.0, *known]), short)
    bars = {"barmode": "group", "bargap": 0.35, "bargroupgap": 0.08, "showlegend": len(series) > 1}
    return framed(points, traces, scaled, **bars)


def _line(points: Sequence[str], one: Series, exact: Written) -> Part:
    drawn = {
        "type": "scatter",
        "mode": "lines",
        "connectgaps": False,
        "line": {"width": 2.2, "color": one.colour, "dash": "dot" if one.dashed else "solid"},
    }
    return _trace(points, one, exact) | drawn | _dots(one)


def _dots(one: Series) -> Part:
    """Dots where no line leads; the other points of such a line are there to be hit, and not seen."""
    dots = alone(one.values)
    if not any(dots):
        return {}
    size, opacity = [7 if dot else 12 for dot in dots], [1 if dot else 0 for dot in dots]
    return {"mode": "lines+markers", "marker": {"size": size, "opacity": opacity, "color": one.colour}}


def alone(values: Sequence[float | None]) -> list[bool]:
    """Which of the values are known between two that are not, or that are not there."""
    known = [False, *map(figures.known, values), False]
    around = zip(known[:-2], known[1:-1], known[2:], strict=True)
    return [here and not (before or after) for before, here, after in around]


def _trace(points: Sequence[str], one: Series, exact: Written) -> Part:
    """What the traces of a series have in common, whatever they are drawn as."""
    return {
        "x": list(points),
        "y": plain(one.values),
        "name": one.label,
        "customdata": [exact(value) for value in one.values],
        "hovertemplate": "%{customdata}",
        "meta": {METRIC: one.metric, WHERE: dict(one.where)},
    }


def steps_between(
    labels: Sequence[str], changes: Sequence[float | None], exact: Written, short: Written
) -> Figure:
    """From the first amount to the last: what was added and taken away on the way, each in a column.

    The first is the amount at the start; the column of the last follows from all the others.
    """
    ends = ["absolute", *["relative"] * (len(changes) - 2), "total"]
    known = [value or 0.0 for value in changes]
    levels = [sum(known[: place + 1]) for place in range(len(known) - 1)]
    moved = {
        "type": "waterfall",
        "x": list(labels),
        "y": known,
        "measure": ends,
        "text": [short(value) for value in changes],
        "textposition": "outside",
        "textfont": {"size": FONT_SIZE, "color": TEXT},
        "cliponaxis": False,
        "customdata": [exact(value) for value in changes],
        "hovertemplate": "%{customdata}<extra></extra>",
        "connector": {"line": {"width": 1, "color": theme.slot("quiet")}},
        "increasing": {"marker": {"color": theme.slot("scenario")}},
        "decreasing": {"marker": {"color": theme.slot("silent")}},
        "totals": {"marker": {"color": theme.slot("baseline")}},
    }
    low, high = min([0.0, *levels]), max([0.0, *levels])
    scaled = scale(low, high, short) | {"range": [low, high + 0.1 * ((high - low) or 1.0)]}
    figure = all_named(framed(labels, [moved], scaled, hovermode="closest"), labels)
    # Each column says what it comes to: neither an axis nor its lines are needed.
    return figure.laid_out(margin={"t": 24}, yaxis={"visible": False})
