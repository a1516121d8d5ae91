"""Personal data of a member are shown to whoever gives a name; who asked, when and of whom is recorded."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import _
from data import audit
from data.registry import Registry

_WHO, _OF, _NAMELESS = "reveal:who", "reveal:of", "reveal:nameless"


def is_revealed(member_id: str) -> bool:
    """Whether the reader has asked for this member's personal data."""
    return st.session_state.get(_OF) == member_id


def offer(registry: Registry, member_id: str) -> None:
    """What shows the personal data, or masks them again."""
    if is_revealed(member_id):
        st.button(
            _("Mask personal data"),
            key="mask",
            icon=":material/visibility_off:",
            on_click=_mask,
            width="content",
        )
        return
    with st.form("reveal_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Your name, for the record"), key=_WHO, max_chars=80, width=240)
        st.form_submit_button(
            _("Show personal data"),
            key="reveal",
            icon=":material/visibility:",
            on_click=_reveal,
            args=(registry, member_id),
        )
    if st.session_state.pop(_NAMELESS, False):
        st.warning(_("Give a name: who sees personal data is written down."))


def _reveal(registry: Registry, member_id: str) -> None:
    who = st.session_state[_WHO].strip()
    if not who:
        st.session_state[_NAMELESS] = True
        return
    audit.record(registry, who, audit.REVEAL, member_id)
    st.session_state[_OF] = member_id


def _mask() -> None:
    st.session_state.pop(_OF, None)
