"""What a what-if has beside changed rules, a line each; a click opens the dialog that writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.complaints import complaint
from dashboard.i18n import _
from dashboard.sandbox import campaign_part, draft, shock_part
from dashboard.sandbox.part import Around, Part, key
from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document
from simulation.scenario import Scenario, scenario_from_dict

PARTS = {one.name: one for one in (campaign_part.PART, shock_part.PART)}
_OPEN, _WRONG = "sandbox:open", "sandbox:open wrong"
# Streamlit reads Markdown in a button's label.
PLAIN = {ord(sign): f"\\{sign}" for sign in "\\`*_[]:$~<>#"}

TakeOver = Callable[[], None]


def rows(around: Around, take_over: TakeOver) -> None:
    """The lines that the draft has, to be changed by a click or removed."""
    with st.container(gap="xsmall"):
        for part in PARTS.values():
            for place, line in enumerate(getattr(draft.now().scenario, part.name)):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    _row(around, part, place, line, take_over)


def _row(around: Around, part: Part, place: int, line: Any, take_over: TakeOver) -> None:
    st.form_submit_button(
        part.told(around, line).translate(PLAIN),
        type="tertiary",
        icon=part.icon,
        on_click=_open,
        args=(around, part, place, take_over),
        key=f"sandbox:{part.name}:{place}",
    )
    st.form_submit_button(
        _("Remove"),
        type="tertiary",
        icon=":material/close:",
        on_click=_remove,
        args=(part, place, take_over),
        key=f"sandbox:{part.name}:{place}:remove",
    )


def offers(around: Around, take_over: TakeOver) -> None:
    """A button for each kind of line, which begins a new one."""
    for part in PARTS.values():
        st.form_submit_button(
            _(part.title),
            type="tertiary",
            icon=part.icon,
            on_click=_open,
            args=(around, part, None, take_over),
            key=f"sandbox:{part.name}:new",
        )


def dialog(around: Around) -> None:
    """The dialog that is open, if one is: a rerun of the page meanwhile does not close it."""
    opened = st.session_state.get(_OPEN)
    if opened is not None:
        part, place = PARTS[opened[0]], opened[1]
        shows = st.dialog(_(part.title), width="medium", icon=part.icon, on_dismiss=_close)
        shows(_written)(around, part, place)


def complained(error: InputError, scenario: Scenario) -> str:
    """What is wrong with a scenario, in the reader's language; that it is this one needs no words."""
    return complaint(str(error).removeprefix(f"scenario {scenario.name}: "))


def _written(around: Around, part: Part, place: int | None) -> None:
    """The fields of one line."""
    if _OPEN not in st.session_state:
        st.rerun()
    part.fields(around)
    if wrong := st.session_state.pop(_WRONG, None):
        st.error(wrong, icon=":material/error:")
    st.button(
        _("Add") if place is None else _("Change"),
        type="primary",
        on_click=_keep,
        args=(around, part, place),
        key="sandbox:line keep",
    )


def _open(around: Around, part: Part, place: int | None, take_over: TakeOver) -> None:
    take_over()
    line = None if place is None else getattr(draft.now().scenario, part.name)[place]
    for name, value in part.values(around, line).items():
        st.session_state[key(name)] = value
    st.session_state[_OPEN] = part.name, place


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_WRONG, None)


def _keep(around: Around, part: Part, place: int | None) -> None:
    """The line as it was written becomes part of the draft, if it can."""
    prefix = key("")
    shown = {str(name).removeprefix(prefix): value for name, value in st.session_state.items()
             if str(name).startswith(prefix)}  # fmt: skip
    try:
        lines = _with(getattr(draft.now().scenario, part.name), place, part.line(around, shown))
        _checked(around, part, lines)
    except InputError as error:
        st.session_state[_WRONG] = complaint(error)
        return
    draft.change(**{part.name: lines})
    _close()


def _with(lines: tuple[Document, ...], place: int | None, line: Document) -> tuple[Document, ...]:
    return (*lines, line) if place is None else (*lines[:place], line, *lines[place + 1 :])


def _checked(around: Around, part: Part, lines: tuple[Document, ...]) -> None:
    """InputError where the lines do not go together, or the programme does not have what they name."""
    document: dict[str, Any] = {"changes": draft.now().scenario.changes}
    document[part.name] = [one.model_dump(mode="json") for one in lines]
    try:
        scenario_from_dict(document, "scenario live").check(around.programme)
    except InputError as error:
        raise InputError(complained(error, Scenario())) from error


def _remove(part: Part, place: int, take_over: TakeOver) -> None:
    take_over()
    lines = getattr(draft.now().scenario, part.name)
    draft.change(**{part.name: (*lines[:place], *lines[place + 1 :])})
