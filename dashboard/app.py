"""The dashboard as Streamlit runs it: language, navigation, and one place where a page may fail."""

from __future__ import annotations

import itertools

import streamlit as st

from dashboard import address, frame, i18n, navigation, page_run
from dashboard.handouts import presentation
from dashboard.i18n import _
from dashboard.pages import PAGES, Page

SIDEBAR_WIDTH = 200  # pixels

address.follow()
presenting = presentation.is_on()
st.set_page_config(
    page_title=_("Loyalty"),
    page_icon=frame.FAVICON,
    layout="wide",
    initial_sidebar_state="collapsed" if presenting else SIDEBAR_WIDTH,
)
if not presenting:
    st.logo(frame.FAVICON, size="large")


def _registered(page: Page) -> st.Page:
    return st.Page(f"views/{page.view}", title=_(page.title), icon=page.icon, url_path=page.url_path)


sections = {
    _(section): [_registered(page) for page in members]
    for section, members in itertools.groupby(PAGES, key=lambda page: page.section)
}
first = next(iter(sections.values()))[0]
# Streamlit serves its default page at "/" only; ours has an address of its own, so "/" leads there.
door = st.Page(lambda: None, title=_("Loyalty"), url_path="door", default=True, visibility="hidden")
current = st.navigation({"": [door], **sections}, position="hidden")
if current is door:
    st.switch_page(first, query_params=address.query())
if not presenting:
    navigation.links(sections, {page.url_path: _(page.about) for page in PAGES})
    with st.sidebar:
        i18n.switch()
page_run.run(current)
