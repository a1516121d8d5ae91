"""Saved views: a page with all that was chosen on it, under a name, for all who use the workspace."""

from __future__ import annotations

import streamlit as st

from dashboard import address
from dashboard.i18n import _
from dashboard.pages import PAGES
from data.registry import Registry
from data.tables import Saved

KIND = "view"  # of what is saved
LONGEST = 80
NOT_SAVED = ("lang", "present")  # the reader's own
_NAME = "view:name"
_FILES = {page.url_path: f"views/{page.view}" for page in PAGES}


def offer(registry: Registry, url_path: str) -> None:
    """The saved views, each a link, and a form that saves the present one."""
    with st.popover(_("Views"), icon=":material/bookmark:", key="views", width="content"):
        for saved in registry.all_saved(KIND):
            if saved.document["page"] in _FILES:
                _view(registry, saved)
        with st.form("view", border=False, clear_on_submit=True):
            st.text_input(_("Save this view as"), max_chars=LONGEST, key=_NAME)
            st.form_submit_button(_("Save"), on_click=_save, args=(registry, url_path), key="view:save")


def _view(registry: Registry, saved: Saved) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        language = address.query().get("lang", [])
        query = saved.document["query"] | ({"lang": language} if language else {})
        st.page_link(_FILES[saved.document["page"]], label=saved.name, query_params=query, width="stretch")
        st.button(
            _("Remove"),
            key=f"view:remove:{saved.id}",
            type="tertiary",
            on_click=registry.forget,
            args=(KIND, saved.name),
        )


def _save(registry: Registry, url_path: str) -> None:
    name = st.session_state[_NAME].strip()
    if name:
        query = {key: given for key, given in address.query().items() if key not in NOT_SAVED}
        registry.save(KIND, name, {"page": url_path, "query": query})
