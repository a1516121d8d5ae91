"""A card: one chart or table under a sentence that says what it shows, and below it what it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import plotly.graph_objects as go
import streamlit as st

from dashboard import charts


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
