"""What a click chooses: the bar or row that is clicked becomes a filter, which its chip takes away again.

The chart that is clicked is not filtered by its own slice (`Watched` sees to that): its other bars stay to be
chosen, and the chosen ones stand out. The same can be chosen in the bar of filters with the keys alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import address
from dashboard.filters import AS_OF, CUTS, spoken
from dashboard.readings import closes
from loyalty_core.rules.programme import Programme

ENROLLED = "members_enrolled"
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


def of_months(rows: pd.DataFrame) -> Pick:
    """The pick of the month as which the page is seen, from rows by period."""
    days = [close.date() for close in rows["period_end"]]
    return Pick(AS_OF, {str(point): day.isoformat() for point, day in zip(closes(rows), days, strict=True)})


def standing_out(figure: go.Figure, pick: Pick) -> go.Figure:
    """The figure, its chosen bars standing out where any is chosen."""
    chosen = pick.chosen
    if not chosen:
        return figure
    drawn = go.Figure(figure)
    for trace in drawn.data:
        trace.selectedpoints = [place for place, text in enumerate(_texts(trace)) if text in chosen]
    return drawn


def _texts(trace: Any) -> Sequence[Any]:
    """What the bars of a trace are called."""
    return list(trace.y if trace.orientation == "h" else trace.x)


def on_chart(key: str, pick: Pick) -> partial[None]:
    """What to do when a point of the chart of that key is clicked."""
    return partial(_chart_clicked, key, pick)


def on_table(key: str, pick: Pick, texts: Sequence[str]) -> partial[None]:
    """What to do when a cell of the table of that key is clicked, its rows being called so."""
    return partial(_table_clicked, key, pick, tuple(texts))


def _chart_clicked(key: str, pick: Pick) -> None:
    for point in st.session_state[key].selection.points:
        for text in (point.get("legendgroup"), point.get("x"), point.get("y")):
            if text in pick.values:
                _choose(pick, str(text))
                return


def _table_clicked(key: str, pick: Pick, texts: tuple[str, ...]) -> None:
    for row, _column in st.session_state[key].selection.cells:
        if texts[row] in pick.values:
            _choose(pick, texts[row])


def _choose(pick: Pick, text: str) -> None:
    address.put(pick.name, pick.values[text])
    if pick.metric:
        address.put(BEHIND, pick.metric)
