"""The inbox of the Overview: what deserves a look this morning, folded until somebody looks."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import alert_form, digest, live
from dashboard.digest import News
from dashboard.figures import unmarked
from dashboard.i18n import N_, _
from dashboard.readings import Reading
from dashboard.watch_page import WatchPage
from data.alerts_kept import Answer, State, answer
from data.registry import Registry

SIGNS = {-1: "▼", 0: "▬", 1: "▲"}  # bad, neither, good
# What can be made of an alert: as it is chosen, and as it is told.
ANSWERS: dict[State, tuple[str, str]] = {
    "seen": (N_("Seen"), N_("seen by {who}: {why}")),
    "dismissed": (N_("Dismiss"), N_("dismissed by {who}: {why}")),
}
LONGEST = 200
_WHO = "alert:who"


def inbox(page: WatchPage, wall: Mapping[str, Reading]) -> None:
    """The alerts that wait, bad news first, those that were dismissed, and the rules that people wrote."""
    found = digest.news(page, wall)
    waiting = [one for one in found if one.is_waiting]
    label = unmarked(digest.count(waiting)) if waiting else _("No alerts")
    registry = live.opened(page.shown.workspace).registry
    with st.expander(label, icon=":material/notifications:", key="inbox"):
        for one in [*waiting, *(other for other in found if not other.is_waiting)]:
            _told(one, registry)
        alert_form.rules(page.shown.whole, page.view.as_of)


def _told(one: News, registry: Registry) -> None:
    """An alert, what was made of it, and where to say so."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"alert:{one.name}"):
        sentence = f"{SIGNS[one.alert.verdict]} {unmarked(one.sentence)}"
        st.markdown(sentence if one.is_waiting else f"~~{sentence}~~", width="stretch")
        if one.answer is not None:
            told = _(ANSWERS[one.answer.state][1]).format(who=one.answer.who, why=one.answer.why)
            st.caption(unmarked(told), width="content")
        with st.popover(_("Answer"), key=f"answer:{one.name}", width="content"):
            _answer(one, registry)


def _answer(one: News, registry: Registry) -> None:
    who = st.text_input(_("Who says so"), st.session_state.get(_WHO, ""), max_chars=60, key=f"who:{one.name}")
    why = st.text_input(_("Why"), max_chars=LONGEST, key=f"why:{one.name}")
    with st.container(horizontal=True, gap="small"):
        for state, (label, _words) in ANSWERS.items():
            st.button(
                _(label),
                key=f"{state}:{one.name}",
                disabled=not (who.strip() and why.strip()),
                on_click=_answered,
                args=(registry, one.name, Answer(state, who.strip(), why.strip())),
            )


def _answered(registry: Registry, name: str, given: Answer) -> None:
    st.session_state[_WHO] = given.who
    answer(registry, name, given)
