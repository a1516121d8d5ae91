"""What a click chooses: the bar or row that is clicked becomes a filter, which its chip takes away again; the
field of a grid whose members no filter names opens the drawer with them.

The chart that is clicked is not filtered by its own slice (`WatchPage` sees to that): its other bars stay to
be chosen, and the chosen ones stand out. Every chart over time can be clicked: it opens the drawer with those
behind that month, from which its close can be looked at; one that is not made up of members is then seen as
of that month. The same can be chosen with the keys alone, in the bar of filters and in the drawer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from dashboard import address, theme
from dashboard.address import AS_OF
from dashboard.charts import Figure, Part, closes
from dashboard.filters import CUTS, spoken
from loyalty_core.rules.programme import Programme

ENROLLED = "members_enrolled"
FIELD_SIZE = 34  # pixels of what can be clicked of a field
BEHIND = "behind"  # in the address: the metric whose members the reader asks for
ASKED, _CLICKS = "crowd:asked", "crowd:clicks"


@dataclass(frozen=True, slots=True)
class Pick:
    """A filter by its name in the address, the value of each text that can be clicked, and the metric that
    is drawn."""

    name: str
    values: Mapping[str, str]
    metric: str = ""

    @property
    def metrics(self) -> list[str]:
        """The metric that is drawn, where it is known."""
        return [self.metric] if self.metric else []

    @property
    def chosen(self) -> list[str]:
        """The texts whose values are chosen."""
        now = address.values(self.name, set(self.values.values()))
        return [text for text, value in self.values.items() if value in now]

    def key(self, key: str) -> str:
        """The key of a table as it is chosen from now: what was clicked is forgotten with the other."""
        return ":".join([key, *self.chosen])

    def choose(self, text: str) -> None:
        """Make what is called so a filter."""
        address.put(self.name, self.values[text])
        if self.metric:
            address.put(BEHIND, self.metric)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Members whom no filter names: who they are in words, the metric that counts them, and the question
    about the facts that finds them, with its arguments; the day at whose close they are looked at where it
    need not be that of the page."""

    told: str
    metric: str
    question: Callable[..., Any]
    arguments: tuple[Any, ...]
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Crowds:
    """The members of each field of a grid, by its text, or of each point of time those of all series, which
    one click hits; a click asks for them."""

    values: Mapping[str, Crowd | tuple[Crowd, ...]]

    @property
    def metrics(self) -> list[str]:
        """The metrics that count the members, each once."""
        return list(dict.fromkeys(one.metric for text in self.values for one in self.crowds(text)))

    @property
    def are_of_time(self) -> bool:
        """Whether they are those of points of time."""
        return any(isinstance(one, tuple) for one in self.values.values())

    @property
    def chosen(self) -> list[str]:
        """None: the grid stays as it is."""
        return []

    def key(self, key: str) -> str:
        """Another key after each click, so that the same field can be clicked again."""
        clicks = st.session_state.get(_CLICKS, 0)
        return f"{key}:{clicks}" if clicks else key

    def crowds(self, text: str) -> tuple[Crowd, ...]:
        """The members of what is called so, of each series."""
        found = self.values[text]
        return found if isinstance(found, tuple) else (found,)

    def choose(self, text: str) -> None:
        """Ask for the members of the field that is called so, when the page is drawn next."""
        st.session_state[ASKED] = self.crowds(text)
        st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1


def asked() -> tuple[Crowd, ...]:
    """The members whom a click asked for just now: of one field, or of each series of a point."""
    found: tuple[Crowd, ...] = st.session_state.pop(ASKED, ())
    return found


def of_slice(programme: Programme, slice_name: str, labels: Iterable[Any], metric: str = "") -> Pick | None:
    """The pick of a slice of members ("" for what is missing); None where no filter takes it."""
    name = next((name for name, one in CUTS.items() if one == slice_name), None)
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


def clickable(figure: Figure, pick: Pick | Crowds) -> Figure:
    """The figure with what a click can hit: bars as they are, points on lines and fields that nobody sees;
    what is chosen stands out."""
    chosen = pick.chosen
    fields = [_fields(trace, chosen) for trace in figure.traces if trace["type"] == "heatmap"]
    shown = replace(figure, traces=[*(_to_hit(trace, chosen) for trace in figure.traces), *fields])
    # A click chooses what is pointed at, which beside others of a point is all of them.
    is_of_one = isinstance(pick, Crowds) and not pick.are_of_time
    return shown.laid_out(hovermode="closest") if is_of_one else shown


def _to_hit(trace: Part, chosen: Sequence[str]) -> Part:
    """The trace, a line with points that nobody sees, bars with the chosen ones standing out."""
    if trace["type"] == "bar" and chosen:
        names = trace["y"] if trace.get("orientation") == "h" else trace["x"]
        texts = zip(names, trace.get("customdata", names), strict=True)
        return trace | {"selectedpoints": [place for place, told in enumerate(texts) if {*told} & {*chosen}]}
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


def on_chart(key: str, pick: Pick | Crowds, figure: Figure) -> partial[None]:
    """What to do when a point of the chart of that key is clicked: the figure has its series."""
    return partial(_chart_clicked, key, pick, tuple(trace.get("name", "") for trace in figure.traces))


def on_table(key: str, pick: Pick | Crowds, texts: Sequence[str]) -> partial[None]:
    """What to do when a cell of the table of that key is clicked, its rows being called so."""
    return partial(_table_clicked, key, pick, tuple(texts))


def _chart_clicked(key: str, pick: Pick | Crowds, series: Sequence[str]) -> None:
    for point in st.session_state[key].selection.points:
        column, row, told = (str(point.get(name)) for name in ("x", "y", "customdata"))
        bar = field_text(column, series[point.get("curve_number", 0)])
        for text in (bar, point.get("legendgroup"), column, row, field_text(column, row), told):
            if text in pick.values:
                pick.choose(text)
                return


def _table_clicked(key: str, pick: Pick | Crowds, texts: tuple[str, ...]) -> None:
    for row, column in st.session_state[key].selection.cells:
        for text in (field_text(column, texts[row]), texts[row]):
            if text in pick.values:
                pick.choose(text)
                return
