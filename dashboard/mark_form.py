"""Where people write marks on the time lines, reword them and take them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import live
from dashboard.figures import unmarked
from dashboard.i18n import _, ngettext
from dashboard.live import Live
from dashboard.marks import KIND, LONGEST, REWORDED, Mark, Sort, reworded

if TYPE_CHECKING:
    from data.registry import Registry

SHOWN = 12
NEW = ""
_CHOSEN, _DAY, _WORDS = "mark:chosen", "mark:day", "mark:words"


def offer(shown: Live, known: Sequence[Mark]) -> None:
    """A form that writes down what happened or changes a mark, and those that are known, the latest first."""
    with st.popover(_("Marks"), icon=":material/flag:", key="marks", width="content"):
        registry = live.opened(shown.workspace).registry
        found = {mark.name: mark for mark in reversed(known)}
        st.session_state.setdefault(_DAY, shown.as_of)
        st.selectbox(
            _("Mark"),
            [NEW, *found],
            format_func=lambda name: found[name].told() if name in found else _("A new one"),
            key=_CHOSEN,
            on_change=_fill,
            args=(found,),
        )
        _form(shown, registry, found.get(st.session_state[_CHOSEN]))
        told = [f"{mark.sort.value} {unmarked(mark.told())}" for mark in found.values()]
        st.caption("\n\n".join(told[:SHOWN]))
        _hidden(shown, registry)


def _fill(found: Mapping[str, Mark]) -> None:
    """Put the mark that was chosen into the form."""
    mark = found.get(st.session_state[_CHOSEN])
    st.session_state[_WORDS] = mark.words if mark else ""
    if mark:
        st.session_state[_DAY] = mark.day


def _form(shown: Live, registry: Registry, mark: Mark | None) -> None:
    """Day and words of a mark; what the data tell stays on its day."""
    with st.form("mark", border=False):
        st.date_input(
            _("Day"),
            min_value=live.begins(shown),
            max_value=shown.as_of,
            format="YYYY-MM-DD",
            key=_DAY,
            disabled=_is_of_data(mark),
        )
        st.text_input(_("What happened"), max_chars=LONGEST, key=_WORDS)
        with st.container(horizontal=True, gap="xsmall"):
            label = _("Change it") if mark else _("Mark it")
            st.form_submit_button(label, on_click=_write, args=(registry, mark), key="mark:write")
            if mark:
                st.form_submit_button(
                    _("Remove"), on_click=_remove, args=(registry, mark), key="mark:remove", type="tertiary"
                )


def _is_of_data(mark: Mark | None) -> bool:
    return mark is not None and mark.sort is not Sort.NOTE


def _write(registry: Registry, mark: Mark | None) -> None:
    """Keep what the form says, in place of the mark that was chosen."""
    day, words = st.session_state[_DAY], st.session_state[_WORDS].strip()
    if not words:
        return
    if mark is not None and _is_of_data(mark):
        registry.save(REWORDED, mark.name, {"words": words})
    else:
        if mark is not None:
            registry.forget(KIND, mark.name)
        name = f"{day.isoformat()} {words}"[:LONGEST]
        registry.save(KIND, name, {"day": day.isoformat(), "words": words})
    _empty()


def _remove(registry: Registry, mark: Mark) -> None:
    """Take a note away; what the data tell is hidden."""
    if _is_of_data(mark):
        registry.save(REWORDED, mark.name, {"words": ""})
    else:
        registry.forget(KIND, mark.name)
    _empty()


def _empty() -> None:
    st.session_state[_CHOSEN], st.session_state[_WORDS] = NEW, ""


def _hidden(shown: Live, registry: Registry) -> None:
    """Shows again what was hidden, where anything is."""
    names = [name for name, words in reworded(shown).items() if not words]
    if names:
        label = ngettext("Show {count} hidden mark again", "Show {count} hidden marks again", len(names))
        shown_again = label.format(count=len(names))
        st.button(shown_again, key="mark:show", type="tertiary", on_click=_show, args=(registry, names))


def _show(registry: Registry, names: list[str]) -> None:
    for name in names:
        registry.forget(REWORDED, name)
