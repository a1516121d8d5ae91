"""Rows of marks with their intervals on one axis, beside nought or another line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import charts, theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """One kind of mark: a value for each row, how far its interval reaches to both sides, and its colour."""

    label: str
    values: Sequence[float]
    below: Sequence[float]
    above: Sequence[float]
    slot: str
    hollow: bool = False


def dots(
    rows: Sequence[str],
    marks: Sequence[Marks],
    exact: charts.Written,
    short: charts.Written,
    line: float | None = 0,
) -> charts.Figure:
    """The rows from the top, those marks upon each; an upright line where one is wanted."""
    ends = [end for one in marks for pair in zip(one.values, one.below, one.above, strict=True)
            for end in (pair[0] - pair[1], pair[0] + pair[2])]  # fmt: skip
    ends += [] if line is None else [line]
    across = charts.scale(min(ends), max(ends), short)
    if len(across["tickvals"]) > 4:  # on a phone every step would touch the next
        across |= {name: across[name][::2] for name in ("tickvals", "ticktext")}
    shapes = [] if line is None else [charts.line_at(x=line, line={"width": 1.2, "color": charts.TEXT})]
    upright = {"type": "category", "autorange": "reversed", "showgrid": False}
    traces = [_trace(rows, one, exact) for one in marks]
    figure = charts.framed(rows, traces, upright, shapes=shapes, showlegend=True, hovermode="closest")
    return figure.laid_out(xaxis=across | {"type": "linear", "zeroline": False})


def _trace(rows: Sequence[str], one: Marks, exact: charts.Written) -> charts.Part:
    colour = theme.slot(one.slot)
    reach = {"type": "data", "symmetric": False, "array": list(one.above), "arrayminus": list(one.below)}
    reach |= {"visible": any([*one.above, *one.below])}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": one.label,
        "x": list(one.values),
        "y": list(rows),
        "marker": {"size": 10, "color": colour, "symbol": "circle-open" if one.hollow else "circle"},
        "error_x": reach | {"color": colour, "thickness": 1.6, "width": 4},
        "customdata": [exact(value) for value in one.values],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }
