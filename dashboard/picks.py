"""What a click chooses: the bar or row that is clicked becomes a filter, which its chip takes away again.

The chart that is clicked is not filtered by its own slice (`Watched` sees to that): its other bars stay to be
chosen, and the chosen ones stand out. Every chart over time can be clicked: its page is then seen as of that
month. The same can be chosen in the bar of filters with the keys alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from dashboard import address, theme
from dashboard.charts import Figure, Part, closes
from dashboard.filters import AS_OF, CUTS, spoken
from loyalty_core.rules.programme import Programme

ENROLLED = "members_enrolled"
FIELD_SIZE = 34  # pixels of what can be clicked of a field
BEHIND = "behind"  # in the address: the metric whose members the reader asks for


@dataclass(frozen=True, slots=True)
class Pick:
    """A filter by its name in the address, the value of each text that can be clicked, and the metric that
    is drawn."""

    name: str
    values: Mapping[str, str]
    metric: str = ""

    @property
    def chosen(self) -> list[str]:
        """The texts whose values are chosen."""
        now = address.values(self.name, set(self.values.values()))
        return [text for text, value in self.values.items() if value in now]


def of_slice(programme: Programme, slice_name: str, labels: Iterable[Any], metric: str = "") -> Pick | None:
    """The pick of a slice of members ("" for what is missing); None where no filter takes it."""
    name = next((name for name, (one, _everything) in CUTS.items() if one == slice_name), None)
    if name is None:
        return None
    known = [label if isinstance(label, str) else "" for label in labels]
    return Pick(name, {spoken(programme, slice_name, label): label for label in known}, metric)


def of_time(figure: Figure, until: date) -> Pick | None:
    """The pick of the close as of which the page is seen; None where the figure is not over time."""
    days = {point: day for point, day in closes(figure) if date.fromisoformat(day) <= until}
    return Pick(AS_OF, days) if days else None


def field_text(column: str, row: str) -> str:
    """What the field of a grid is called by which it can be picked."""
    return f"{row} · {column}"


def clickable(figure: Figure, pick: Pick) -> Figure:
    """The figure with what a click can hit: bars as they are, points on lines and fields that nobody sees;
    what is chosen stands out."""
    chosen = pick.chosen
    fields = [_fields(trace, chosen) for trace in figure.traces if trace["type"] == "heatmap"]
    return replace(figure, traces=[*(_to_hit(trace, chosen) for trace in figure.traces), *fields])


def _to_hit(trace: Part, chosen: Sequence[str]) -> Part:
    """The trace, a line with points that nobody sees, bars with the chosen ones standing out."""
    if trace["type"] == "bar" and chosen:
        texts = trace["y"] if trace.get("orientation") == "h" else trace["x"]
        return trace | {"selectedpoints": [place for place, text in enumerate(texts) if text in chosen]}
    if trace["type"] == "scatter" and trace["mode"] == "lines":
        return trace | {"mode": "lines+markers", "marker": {"size": 12, "opacity": 0}}
    return trace


def _fields(heat: Part, chosen: Sequence[str]) -> Part:
    """A point in the middle of each field of a heat map, framed where it is chosen."""
    known = [
        (column, row, heat["text"][place][at])
        for place, row in enumerate(heat["y"])
        for at, column in enumerate(heat["x"])
        if heat["z"][place][at] is not None
    ]
    columns, rows, texts = zip(*known, strict=True)
    framed = [field_text(column, row) in chosen or column in chosen for column, row, _text in known]
    return {
        "type": "scatter",
        "x": columns,
        "y": rows,
        "text": texts,
        "mode": "markers",
        "hovertemplate": "%{y} · %{x}: %{text}<extra></extra>",
        "marker": {
            "symbol": "square",
            "size": FIELD_SIZE,
            "color": "rgba(0,0,0,0)",
            "line": {"width": [2 if one else 0 for one in framed], "color": theme.slot("silent")},
        },
        "unselected": {"marker": {"opacity": 1}},
        "showlegend": False,
    }


def on_chart(key: str, pick: Pick) -> partial[None]:
    """What to do when a point of the chart of that key is clicked."""
    return partial(_chart_clicked, key, pick)


def on_table(key: str, pick: Pick, texts: Sequence[str]) -> partial[None]:
    """What to do when a cell of the table of that key is clicked, its rows being called so."""
    return partial(_table_clicked, key, pick, tuple(texts))


def _chart_clicked(key: str, pick: Pick) -> None:
    for point in st.session_state[key].selection.points:
        column, row = str(point.get("x")), str(point.get("y"))
        for text in (point.get("legendgroup"), column, row, field_text(column, row)):
            if text in pick.values:
                _choose(pick, text)
                return


def _table_clicked(key: str, pick: Pick, texts: tuple[str, ...]) -> None:
    for row, _column in st.session_state[key].selection.cells:
        if texts[row] in pick.values:
            _choose(pick, texts[row])


def _choose(pick: Pick, text: str) -> None:
    address.put(pick.name, pick.values[text])
    if pick.metric:
        address.put(BEHIND, pick.metric)
