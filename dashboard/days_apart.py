"""The warning that the latest days of the data stand apart from all others."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import figures
from dashboard.i18n import _, ngettext


def warn(rows: int, first: date, last: date, before: date) -> None:
    """So many rows stand apart, from the first to the last of these days; all others end before."""
    title, sentence = said(rows, first, last, before)
    st.warning(sentence, title=title, icon=":material/event_busy:")


def said(rows: int, first: date, last: date, before: date) -> tuple[str, str]:
    """The same as a title and a sentence."""
    title = ngettext(
        "{count} row is dated far from all others", "{count} rows are dated far from all others", rows
    )
    sentence = _(
        "Dated {days}; all other rows end on {before}. Nothing is left out, and figures are told as of "
        "{last}: check these dates in the source, and until then look at the figures as of {before}."
    )
    days = figures.span(first, last)
    return title.format(count=figures.count(rows)), sentence.format(
        days=days, before=figures.day(before), last=figures.day(last)
    )
