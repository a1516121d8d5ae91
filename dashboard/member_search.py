"""Which member a page is about, and which part of what happened to them: kept in the address."""

from __future__ import annotations

import math

import streamlit as st

from dashboard import address, figures, live, live_members
from dashboard.cards import member_cards
from dashboard.cards.story_cards import SUBJECTS
from dashboard.i18n import _
from dashboard.live import Live
from data.members_to_open import members_to_open

ROWS = 10
_PAGES = 10_000


def chosen(shown: Live) -> str:
    """The member that the address names; the page ends here while nobody, or nobody in particular, is."""
    asked = address.text("member").strip()
    st.text_input(
        _("Member"),
        placeholder=_("Number of a member, or a part of it"),
        icon=":material/search:",
        width=360,
        **address.tied("member", asked),
    )
    found = live_members.like(shown, asked) if asked else []
    if found == [asked] or len(found) == 1:
        return found[0]
    if asked and not found:
        nobody = _("No member has “{number}” in their number.").format(number=asked)
        st.info(figures.unmarked(nobody), icon=":material/info:")
        st.stop()
    member_cards.to_open(live.asked(shown.whole, members_to_open, tuple(found)), asked, shown.programme)
    st.stop()


def asked_of_the_story() -> tuple[tuple[str, ...], int, int]:
    """The subjects told, how many rows are passed over, and how many are shown."""
    part = address.value("story", "all", SUBJECTS)
    st.radio(
        _("History"),
        tuple(SUBJECTS),
        format_func=lambda name: _(SUBJECTS[name][0]),
        horizontal=True,
        label_visibility="collapsed",
        **address.tied("story", part, "all"),
    )
    return SUBJECTS[part][1], (_page() - 1) * ROWS, ROWS


def pages_of_the_story(total: int) -> None:
    """Leads to the older pages, where there are any."""
    pages = max(math.ceil(total / ROWS), 1)
    if _page() > pages:  # of another part, which was longer
        address.forget("story_page")
        st.rerun()
    if pages > 1:
        asked = st.pagination(pages, default=_page(), key=f"story_page:{_page()}")
        if asked != _page():
            address.put("story_page", str(asked))
            st.rerun()


def _page() -> int:
    given = address.text("story_page")
    return int(given) if given.isdigit() and 0 < int(given) < _PAGES else 1
