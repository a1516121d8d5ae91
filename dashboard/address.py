"""The address of the page as the memory of the view: language, period, filters.

Streamlit's own `bind="query-params"` writes the words shown, so an address copied from a Chinese screen
would mean nothing on an English one. Ours holds codes (`?lang=zh&period=quarter&region=North`), survives
a change of page, and follows the browser's back button. `follow()` runs first on every page; a widget is
tied to a name by `st.selectbox(…, **tied("period", value, default))`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

AS_OF = "as_of"  # the day that is looked at
MEMBER = r"member=([^&]*)"  # finds the member in the address of their page
_KEPT, _WRITTEN, _PAGE = "address", "address:written", "address:page"


def follow() -> None:
    """Bring the view and the address together: whichever of the two the reader changed last wins."""
    shown = _shown()
    context = get_script_run_ctx(suppress_warning=True)
    page = context.page_script_hash if context else ""
    same_page = st.session_state.get(_PAGE, page) == page
    reader_wrote = shown != st.session_state.get(_WRITTEN)
    # Going to another page empties the address; that is no wish to see everything.
    if reader_wrote and (shown or same_page):
        st.session_state[_KEPT] = shown
    st.session_state[_PAGE] = page
    if _kept() != shown:
        st.query_params.from_dict(_kept())
    st.session_state[_WRITTEN] = _kept().copy()


def value(name: str, default: str, valid: Collection[str]) -> str:
    """The one value of that name; the default where it is missing or not valid."""
    given = text(name)
    return given if given in valid else default


def text(name: str) -> str:
    """What somebody typed under that name; empty where it is missing."""
    return (_kept().get(name) or [""])[0]


def values(name: str, valid: Collection[str]) -> list[str]:
    """All values of that name that are valid, each once, in the address's order."""
    return [given for given in dict.fromkeys(_kept().get(name, [])) if given in valid]


def day(name: str) -> date | None:
    """The day of that name; none where it is missing or no date."""
    try:
        return date.fromisoformat(_kept().get(name, [""])[0])
    except ValueError:
        return None


def query() -> dict[str, list[str]]:
    """The whole address after the question mark, to take along to another page."""
    return {name: list(given) for name, given in _kept().items()}


def tied(name: str, now: Any, default: Any = None) -> dict[str, Any]:
    """What ties a widget to a name of the address: its key, its present value, and what to do on change."""
    st.session_state[name] = now
    return {"key": name, "on_change": _remember, "args": (name, default)}


def put(name: str, *given: str) -> None:
    """Write those values under that name: for a button's `on_click`."""
    st.session_state[_KEPT] = _kept() | {name: list(given)}


def forget(*names: str) -> None:
    """Drop names from the address: for a button's `on_click`."""
    st.session_state[_KEPT] = {name: given for name, given in _kept().items() if name not in names}


def drop(name: str, given: str) -> None:
    """Take one value of that name out of the address, the others staying: for a button's `on_click`."""
    others = [one for one in _kept().get(name, []) if one != given]
    forget(name)
    if others:
        put(name, *others)


def _remember(name: str, default: Any) -> None:
    now = st.session_state[name]
    forget(name)
    if now != default and now not in (None, [], ()):
        many = now if isinstance(now, list | tuple) else [now]
        st.session_state[_KEPT][name] = [str(one) for one in many]


def _kept() -> dict[str, list[str]]:
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _shown()
    kept: dict[str, list[str]] = st.session_state[_KEPT]
    return kept


def _shown() -> dict[str, list[str]]:
    names: Iterable[str] = st.query_params.keys()
    return {name: st.query_params.get_all(name) for name in names}


def of_member(member_id: str, on: date | None = None) -> str:
    """The address of a member's page on a day, else the latest, in the reader's language."""
    asked = {"member": member_id, "lang": query().get("lang", []), AS_OF: [str(on)] if on else []}
    return "member?" + urlencode(asked, doseq=True)
