"""A table of figures under both sets of rules, with their differences and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import page_record, table_columns
from dashboard.i18n import _
from dashboard.page_record import Card, Column

Row = dict[str, str]


def sides(in_force: str, what_if: str, difference: str, interval: str) -> Row:
    """The four columns that every row has: first what a phone has room for."""
    return {
        _("Difference"): difference,
        _("95% interval"): interval,
        _("Programme in force"): in_force,
        _("What-if"): what_if,
    }


def show(title: str, what: str, rows: Sequence[Row], key: str) -> None:
    """The rows under a heading, figures to the right."""
    page_record.now().cards.append(Card(key=key, title=title, what=what, columns=columns(rows)))
    st.subheader(title, anchor=False)
    st.caption(what)
    cells = {one.label: table_columns.cells(one.texts()) for one in columns(rows)}
    st.dataframe(
        table_columns.written(cells),
        placeholder=table_columns.blank(cells),
        hide_index=True,
        height="content",
        alt=f"{what}. {title}.",
        column_config={
            one.label: table_columns.column(
                one.label,
                cells[one.label],
                is_figure=bool(one.written),
                width="medium" if place == 0 else None,
                pinned=place == 0,
            )
            for place, one in enumerate(columns(rows))
        },
    )


def columns(rows: Sequence[Row]) -> list[Column]:
    """The rows as the columns of a table to take along."""
    return [
        Column(name, [row[name] for row in rows], str if name in sides("", "", "", "") else None)
        for name in rows[0]
    ]
