"""The warning that the latest days of the data stand apart from all others."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import figures
from dashboard.i18n import _, ngettext


def warn(rows: int, first: date, last: date, before: date) -> None:
    """So many rows stand apart, from the first to the last of these days; all others end before."""
    title = ngettext(
        "{count} row is dated far from all others", "{count} rows are dated far from all others", rows
    )
    st.warning(
        _(
            "Dated {days}; all other rows end on {before}. Nothing is left out, and figures are told as of "
            "{last}: check these dates in the source, and until then look at the figures as of {before}."
        ).format(days=figures.span(first, last), before=figures.day(before), last=figures.day(last)),
        title=title.format(count=figures.count(rows)),
        icon=":material/event_busy:",
    )
