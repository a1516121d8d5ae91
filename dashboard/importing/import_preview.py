"""A look at files before they are imported: their first rows, and what the mapping makes of each column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import figures, uploads
from dashboard.complaints import complaint
from dashboard.i18n import _, words
from dashboard.importing.import_form import Chosen
from dashboard.importing.import_words import table_name
from data.formula_guard import harmless
from data.intake.preview import Preview, preview
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES, Kind
from loyalty_core.rules.programme import Programme


def show(chosen: Chosen, workspace: Workspace) -> None:
    """Every chosen file; one that cannot be read is a sentence in its place."""
    programme = workspace.programme or chosen.mapping.starting_programme()
    for source in chosen.sources:
        try:
            with uploads.beginning(source) as (shortened, whole):
                _file(preview(shortened, chosen.mapping, workspace.programme), programme, whole)
        except InputError as error:
            st.error(complaint(uploads.without_folders(str(error), chosen.sources)), icon=":material/error:")


def _file(found: Preview, programme: Programme | None, whole: bool) -> None:
    st.markdown(f"**{found.account.file_name}**")
    about = _("{count} rows · {encoding} · read as {kind}")
    if not whole:
        about = _("the first {count} rows of a large file · {encoding} · read as {kind}")
    st.caption(
        about.format(
            count=figures.count(found.account.rows_read),
            encoding=found.account.encoding,
            kind=found.account.kind,
        )
    )
    rows = harmless(found.rows.fillna("").rename(columns={"line": _("Line")}))
    st.dataframe(rows, hide_index=True, height="content", alt=_("First rows of the file"))
    columns = harmless(pd.DataFrame([_column(row, programme) for row in found.columns.to_dict("records")]))
    st.dataframe(columns, hide_index=True, height="content", alt=_("What each column of the mapping reads"))


def _column(row: Mapping[Any, Any], programme: Programme | None) -> dict[str, Any]:
    column = TABLES[row["table"]].column(row["column"])
    return {
        _("Table"): table_name(row["table"]),
        _("Column"): row["column"],
        _("Meaning"): words(column.meaning),
        _("Comes from"): row["source"],
        _("Example"): _example(column.kind, row["example"], programme),
        _("Values"): row["values"],
        _("Missing"): row["missing"],
        _("Rejected"): row["rejected"],
    }


def _example(kind: Kind, text: str | None, programme: Programme | None) -> str:
    """A value as read, in the units and the time zone that people use."""
    if not isinstance(text, str) or programme is None:
        return text if isinstance(text, str) else figures.UNKNOWN
    if kind is Kind.MONEY:
        return figures.money(float(Decimal(text).scaleb(-programme.currency_decimals)), programme.currency)
    if kind is Kind.POINTS:
        return figures.decimal(
            float(Decimal(text).scaleb(-programme.point_decimals)), programme.point_decimals
        )
    if kind is Kind.INSTANT:
        return figures.moment(datetime.fromisoformat(text), programme)
    return text
