"""Lists of members as files to take along: no text in them is taken for a formula."""

from __future__ import annotations

import io
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.i18n import _
from data.contactable import CONTACTS, MAY_BE_CONTACTED, counted
from data.formula_guard import harmless
from loyalty_core.actions.listing import MOST_CONTACTS

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def contactable(known: pd.DataFrame) -> None:
    """How many of a list may not be contacted, or were often enough: `known` as of `data.contactable`."""
    told = _(
        "Of {members}, {silent} may not be contacted (no consent, or none known), and {enough} of the others "
        "reached the usual cap on contacts, {most} in 30 days: a file says who, in {columns}."
    )
    found = counted(known)
    st.caption(
        told.format(
            members=figures.members(found.members),
            silent=figures.count(found.silent),
            enough=figures.count(found.enough),
            most=MOST_CONTACTS,
            columns=_(", ").join(f"`{one}`" for one in (MAY_BE_CONTACTED, CONTACTS)),
        )
    )


def offered(name: str, rows: Callable[[], pd.DataFrame], key: str = "file") -> None:
    """Buttons that take the rows along as CSV and as an Excel workbook, made when they are asked for; what
    opens over a page that has such buttons needs a key of its own."""
    with st.container(horizontal=True, gap="small"):
        for label, ending, kind, made in (
            (_("CSV"), "csv", "text/csv", csv_of),
            (_("Excel"), "xlsx", EXCEL, excel_of),
        ):
            st.download_button(
                label,
                lambda made=made: made(rows()),
                f"{name}.{ending}",
                kind,
                key=f"{key}:{ending}",
                icon=":material/download:",
                on_click="ignore",
            )


def csv_of(rows: pd.DataFrame) -> bytes:
    """The rows as CSV that spreadsheets open as it is."""
    return harmless(rows).to_csv(index=False).encode("utf-8-sig")


def excel_of(rows: pd.DataFrame) -> bytes:
    """The rows as an Excel workbook."""
    stream = io.BytesIO()
    harmless(rows).to_excel(stream, index=False, engine="openpyxl")
    return stream.getvalue()
