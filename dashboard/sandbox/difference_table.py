"""A table of figures under both sets of rules, with their differences and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.i18n import _

Row = dict[str, str]


def sides(in_force: str, what_if: str, difference: str, interval: str) -> Row:
    """The four columns that every row has."""
    return {
        _("Programme in force"): in_force,
        _("What-if"): what_if,
        _("Difference"): difference,
        _("95% interval"): interval,
    }


def show(title: str, caption: str, rows: Sequence[Row], alt: str) -> None:
    """The rows under a heading, figures to the right."""
    st.markdown(f"**{title}**")
    st.caption(caption)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt=alt,
        column_config={
            name: st.column_config.TextColumn(name, alignment="right") for name in sides("", "", "", "")
        },
    )
