"""A card: one chart or table under a sentence that says what it shows, and below it what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import charts


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its values as they are, and how one is written; texts where it is not said."""

    label: str
    values: Sequence[Any]
    written: Callable[[Any], str] | None = None

    def texts(self) -> list[str]:
        """The values as they stand on screen."""
        return [value if self.written is None else self.written(value) for value in self.values]


@contextmanager
def card(title: str, what: str, key: str) -> Iterator[None]:
    """The frame of a card, keyed `card_<key>`; within it stands what it shows."""
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card_{key}"):
        st.subheader(title, anchor=False)
        st.caption(what)
        yield


def chart(title: str, figure: go.Figure, key: str, what: str) -> None:
    """A card with a chart, keyed `chart_<key>`, told in words to those who cannot see it."""
    with card(title, what, key):
        charts.show(figure, alt=f"{what}. {title}.", key=f"chart_{key}")


def table(title: str, columns: Sequence[Column], key: str, what: str) -> None:
    """A card with a table, keyed `table_<key>`: texts at the left, values at the right."""
    right = {one.label: st.column_config.TextColumn(alignment="right") for one in columns if one.written}
    with card(title, what, key):
        st.dataframe(
            pd.DataFrame({one.label: one.texts() for one in columns}),
            hide_index=True,
            column_config=right,
            key=f"table_{key}",
        )
