"""The dashboard as Streamlit runs it: language, navigation, and one place where a page may fail."""

from __future__ import annotations

import itertools

import streamlit as st

from dashboard import address, frame, i18n
from dashboard.i18n import _
from dashboard.pages import PAGES, Page

st.set_page_config(page_title=_("Loyalty"), page_icon=frame.FAVICON, layout="wide")
address.follow()
st.logo(frame.FAVICON, size="large")


def _registered(page: Page, first: bool) -> st.Page:
    return st.Page(
        f"views/{page.view}",
        title=_(page.title),
        icon=page.icon,
        url_path=page.url_path,
        help=_(page.about),
        default=first,
    )


sections = {
    _(section): [_registered(page, page is PAGES[0]) for page in members]
    for section, members in itertools.groupby(PAGES, key=lambda page: page.section)
}
current = st.navigation(sections, expanded=True)
with st.sidebar:
    i18n.switch()
frame.run(current)
