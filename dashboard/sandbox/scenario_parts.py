"""What a what-if has beside changed rules, a line each; a click opens the dialog that writes it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import streamlit as st

from dashboard import number_fields
from dashboard.complaints import complaint
from dashboard.i18n import _
from dashboard.sandbox import (
    campaign_part,
    document_form,
    draft,
    effect_sheet,
    joining_sheet,
    later_part,
    limit_parts,
    open_dialog,
    shock_part,
)
from dashboard.sandbox.part import Around, Part, Sheet, in_words, key
from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document
from simulation.scenario import Scenario, scenario_from_dict

# In the order of the form; the last four are behind one button.
KINDS: tuple[Part | Sheet, ...] = (
    campaign_part.PART,
    shock_part.PART,
    later_part.PART,
    effect_sheet.SHEET,
    limit_parts.BUDGET,
    limit_parts.STOCK,
    limit_parts.DELIVERY,
    joining_sheet.SHEET,
)
OFTEN = 4
# Streamlit reads Markdown in a button's label.
PLAIN = {ord(sign): f"\\{sign}" for sign in "\\`*_[]:$~<>#"}

TakeOver = Callable[[], None]


def rows(around: Around, take_over: TakeOver) -> None:
    """The lines that the draft has, to be changed by a click or removed."""
    scenario = draft.now().scenario
    with st.container(gap="xsmall"):
        for one in KINDS:
            if isinstance(one, Sheet):
                if told := one.told(around, scenario):
                    _row(around, one, None, told, take_over)
                continue
            for place, line in enumerate(getattr(scenario, one.name)):
                _row(around, one, place, one.told(around, line), take_over)
        if further := document_form.further(around.programme, scenario):
            _further_row(around, _(", ").join(further), take_over)


def offers(around: Around, take_over: TakeOver) -> None:
    """A button for each kind of line, which begins a new one, and for what there is once."""
    for one in KINDS[:OFTEN]:
        _offer(around, one, take_over)
    with st.popover(
        _("Limits and joining"),
        icon=":material/production_quantity_limits:",
        key=f"sandbox:limits:{open_dialog.times()}",
    ):
        for one in KINDS[OFTEN:]:
            _offer(around, one, take_over)


def _offer(around: Around, one: Part | Sheet, take_over: TakeOver) -> None:
    st.form_submit_button(
        _(one.title),
        type="tertiary",
        icon=one.icon,
        on_click=_open,
        args=(around, one, None, take_over),
        key=f"sandbox:{one.name}:new",
    )


def document_offer(take_over: TakeOver) -> None:
    """A button for the whole as a document."""

    def begin() -> None:
        take_over()
        document_form.begin()

    st.form_submit_button(
        _(document_form.TITLE),
        type="tertiary",
        icon=document_form.ICON,
        on_click=begin,
        key="sandbox:document:new",
    )


def dialog(around: Around, fill: document_form.Fill) -> None:
    """The dialog that is open, if one is; `fill` lets the form show another what-if."""
    found = open_dialog.now()
    if found is None:
        return
    name, place = found
    if name == document_form.NAME:
        document_form.dialog(around, fill)
    else:
        one = next(one for one in KINDS if one.name == name)
        shows = st.dialog(_(one.title), width="medium", icon=one.icon, on_dismiss=open_dialog.close)
        shows(_written)(around, one, place)


def _row(around: Around, one: Part | Sheet, place: int | None, told: str, take_over: TakeOver) -> None:
    """What is written of one part, to be opened or removed."""
    _line(
        one.icon,
        told,
        f"sandbox:{one.name}:{place}",
        lambda: _open(around, one, place, take_over),
        lambda: _remove(one, place, take_over),
    )


def _further_row(around: Around, told: str, take_over: TakeOver) -> None:
    """What only the document can say."""

    def open_it() -> None:
        take_over()
        document_form.begin()

    def forget() -> None:
        take_over()
        document_form.forget_further(around.programme)

    _line(document_form.ICON, told, "sandbox:further:0", open_it, forget)


def _line(icon: str, told: str, name: str, change: TakeOver, remove: TakeOver) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.form_submit_button(told.translate(PLAIN), type="tertiary", icon=icon, on_click=change, key=name)
        st.form_submit_button(
            _("Remove"), type="tertiary", icon=":material/close:", on_click=remove, key=f"{name}:remove"
        )


def _written(around: Around, one: Part | Sheet, place: int | None) -> None:
    """The fields of what is open."""
    open_dialog.end_if_closed()
    one.fields(around)
    open_dialog.complaint_so_far()
    st.button(
        _("Add") if place is None and isinstance(one, Part) else _("Change it"),
        type="primary",
        on_click=_keep,
        args=(around, one, place),
        key="sandbox:line keep",
    )


def _open(around: Around, one: Part | Sheet, place: int | None, take_over: TakeOver) -> None:
    take_over()
    scenario = draft.now().scenario
    if isinstance(one, Sheet):
        values = one.values(around, scenario)
    else:
        values = one.values(around, None if place is None else getattr(scenario, one.name)[place])
    for name, value in values.items():
        st.session_state[key(name)] = value
    open_dialog.begin(one.name, place)


def _keep(around: Around, one: Part | Sheet, place: int | None) -> None:
    """What was written becomes part of the draft, if it can."""
    prefix = key("")
    if wrong := number_fields.wrong(prefix):
        open_dialog.complain(wrong[0])
        return
    shown = {str(name).removeprefix(prefix): value for name, value in st.session_state.items()
             if str(name).startswith(prefix)}  # fmt: skip
    try:
        if isinstance(one, Sheet):
            written = one.entered(around, shown)
        else:
            written = _with(one, place, one.line(around, shown))
        scenario = _checked(around, one, written)
    except InputError as error:
        open_dialog.complain(complaint(error))
        return
    draft.change(**{_field(one): getattr(scenario, _field(one))})
    open_dialog.close()


def _field(one: Part | Sheet) -> str:
    """The field of the scenario that it is in."""
    return one.of if isinstance(one, Sheet) else one.name


def _with(part: Part, place: int | None, line: Document) -> tuple[Any, ...]:
    """The lines of the draft with that one."""
    lines = getattr(draft.now().scenario, part.name)
    found = (*lines, line) if place is None else (*lines[:place], line, *lines[place + 1 :])
    return tuple(sorted(found, key=attrgetter("first_day"))) if part.in_time_s_order else found


def _checked(around: Around, one: Part | Sheet, written: Any) -> Scenario:
    """The scenario with that part; InputError where it does not go together, or the programme does not have
    what it names."""
    whole = draft.now().scenario
    rest = Scenario(changes=whole.changes, behaviour=whole.behaviour)  # what it must go together with
    scenario = rest.model_copy(update={_field(one): written})
    try:
        checked = scenario_from_dict(scenario.model_dump(mode="json"), "scenario live")
        checked.check(around.programme)
    except InputError as error:
        labels = {one.name: one.title, **(one.labels if isinstance(one, Part) else {})}
        raise InputError(in_words(str(error).removeprefix("scenario live: "), labels)) from error
    return checked


def _remove(one: Part | Sheet, place: int | None, take_over: TakeOver) -> None:
    take_over()
    if isinstance(one, Sheet):
        draft.change(**{one.of: one.without(draft.now().scenario)})
    else:
        lines = getattr(draft.now().scenario, one.name)
        draft.change(**{one.name: (*lines[:place], *lines[place + 1 :])})
