"""Which dialog of the form is open, and what is wrong with what was written in it.

It is kept, so that a rerun of the page (a run that ends meanwhile) does not close it.
"""

from __future__ import annotations

import streamlit as st

_OPEN, _WRONG, _TIMES = "sandbox:open", "sandbox:open wrong", "sandbox:open times"


def now() -> tuple[str, int | None] | None:
    """The part of the scenario that is written, and which of its lines; None where no dialog is open."""
    found: tuple[str, int | None] | None = st.session_state.get(_OPEN)
    return found


def begin(name: str, place: int | None = None) -> None:
    """Open the dialog of that part: for an `on_click`."""
    st.session_state[_OPEN] = name, place
    nothing_is_wrong()
    st.session_state[_TIMES] = times() + 1


def times() -> int:
    """How often a dialog was opened: a list of choices that is called after it closes with the choice."""
    found: int = st.session_state.get(_TIMES, 0)
    return found


def close() -> None:
    """Leave it: for an `on_click`."""
    st.session_state.pop(_OPEN, None)
    nothing_is_wrong()


def complain(sentence: str) -> None:
    """Say in the dialog what is wrong: for an `on_click`."""
    st.session_state[_WRONG] = sentence


def nothing_is_wrong() -> None:
    """Say so no more: for an `on_click`."""
    st.session_state.pop(_WRONG, None)


def end_if_closed() -> None:
    """Within the dialog: draw the page anew once it was left."""
    if now() is None:
        st.rerun()


def complaint_so_far() -> None:
    """Within the dialog: what is wrong, until something else is tried."""
    if wrong := st.session_state.get(_WRONG):
        st.error(wrong, icon=":material/error:")
