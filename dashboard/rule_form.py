"""The form in which a segment is written: conditions on what members are and do, all or any of which hold.

The keys of its fields hold the number of the form: one that is empty, or that shows what is edited, is the
next form, in whose fields no browser has written yet.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import address, live
from dashboard.complaints import complaint
from dashboard.i18n import N_, _, words
from dashboard.live import Live
from data.segmented import KIND, save_segment
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.own_rules import COMPARISONS, TRAITS, OwnSegment, Trait, own_segment, value_label

MATCHES = {"all": N_("all conditions hold"), "any": N_("any condition holds")}
MOST = 6
_NUMBER, _ROWS, _EDITED = "rule_form:number", "rule_form:rows", "rule_form:edited"


def rule_form(shown: Live, found: pd.DataFrame, own: tuple[OwnSegment, ...]) -> None:
    """Writes a new segment, or one that is there anew, and gives up others."""
    edited = st.session_state.get(_EDITED)
    # What is open stays so only where the server knows of it: each field that is left runs the page anew.
    title = _("Write a segment of your own")
    with st.expander(title, icon=":material/edit:", expanded=not own, key="own_segments", on_change="rerun"):
        if edited is not None:
            st.caption(_("“{segment}” is edited.").format(segment=edited))
        left, right = st.columns(2)
        name = left.text_input(_("Name"), key=_key("name"), max_chars=60)
        match = right.selectbox(
            _("A member belongs to it where"),
            tuple(MATCHES),
            format_func=lambda one: _(MATCHES[one]),
            key=_key("match"),
            filter_mode=None,
        )
        rows = st.session_state.setdefault(_ROWS, 1)
        conditions = [_condition(row, shown.programme, found) for row in range(rows)]
        with st.container(horizontal=True, gap="small"):
            st.button(_("Add a condition"), key="rule:more", on_click=_add, args=(1,), disabled=rows >= MOST)
            if rows > 1:
                st.button(_("Take the last away"), key="rule:less", on_click=_add, args=(-1,))
            asked = st.button(_("Save the segment"), key="rule:save", type="primary")
            if edited is not None:
                st.button(_("Leave it as it was"), key="rule:leave", on_click=_next)
        if asked:
            _save(shown, {"name": name.strip(), "match": match, "conditions": conditions}, edited)
        for one in own:
            _offered(shown, one)


def _key(field: str) -> str:
    """The key of a field of the form that is shown now."""
    return f"rule:{st.session_state.get(_NUMBER, 0)}:{field}"


def _condition(row: int, programme: Programme, found: pd.DataFrame) -> dict[str, Any]:
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    labelled = "visible" if row == 0 else "collapsed"
    trait = left.selectbox(
        _("What"),
        tuple(TRAITS),
        format_func=lambda one: words(TRAITS[one].label),
        key=_key(f"trait:{row}"),
        label_visibility=labelled,
    )
    comparison = middle.selectbox(
        _("Comparison"),
        TRAITS[trait].comparisons,
        format_func=lambda one: words(COMPARISONS[one]),
        key=_key(f"comparison:{row}:{trait}"),
        label_visibility=labelled,
        filter_mode=None,
    )
    key = _key(f"value:{row}:{trait}")
    if TRAITS[trait].unit == "label":
        options = sorted(str(one) for one in found[trait].cat.categories)
        value = right.selectbox(
            _("Value"),
            options,
            format_func=lambda one: words(value_label(trait, one, programme)),
            key=key,
            label_visibility=labelled,
        )
    else:
        decimals = _decimals(TRAITS[trait], programme)
        st.session_state.setdefault(key, 0.0 if decimals else 0)
        value = right.number_input(
            _("Value"),
            step=1.0 if decimals else 1,
            format=f"%.{decimals}f" if decimals else "%d",
            key=key,
            label_visibility=labelled,
        )
        value = f"{value:.{decimals}f}"
    return {"trait": trait, "comparison": comparison, "value": value}


def _decimals(trait: Trait, programme: Programme) -> int:
    """Digits behind the point of a trait's amounts."""
    return {"money": programme.currency_decimals, "points": programme.point_decimals}.get(trait.unit, 0)


def _offered(shown: Live, one: OwnSegment) -> None:
    """A segment that is there: to be edited, where it is one of conditions, or given up."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(one.name, width="content")
        if one.conditions:
            st.button(
                _("Edit"),
                key=f"rule:edit:{one.name}",
                type="tertiary",
                icon=":material/edit:",
                on_click=_fill,
                args=(one, shown.programme),
            )
        st.button(
            _("Give up"),
            key=f"rule:drop:{one.name}",
            type="tertiary",
            icon=":material/delete:",
            on_click=_drop,
            args=(shown, one.name),
        )


def _add(rows: int) -> None:
    st.session_state[_ROWS] += rows


def _next() -> None:
    """Go on with an empty form."""
    st.session_state.update({_NUMBER: st.session_state.get(_NUMBER, 0) + 1, _ROWS: 1, _EDITED: None})


def _fill(one: OwnSegment, programme: Programme) -> None:
    """Go on with a form that shows the segment."""
    _next()
    fields: dict[str, Any] = {"name": one.name, "match": one.match}
    for row, condition in enumerate(one.conditions):
        trait = condition.trait
        fields |= {
            f"trait:{row}": trait,
            f"comparison:{row}:{trait}": condition.comparison,
            f"value:{row}:{trait}": _read(condition.value, TRAITS[trait], programme),
        }
    st.session_state.update({_key(field): value for field, value in fields.items()})
    st.session_state.update({_ROWS: len(one.conditions), _EDITED: one.name})


def _read(value: str, trait: Trait, programme: Programme) -> str | float | int:
    """A value as its field wants it."""
    if trait.unit == "label":
        return value
    return float(value) if _decimals(trait, programme) else int(float(value))


def _save(shown: Live, document: dict[str, Any], edited: str | None) -> None:
    """Keep the segment, in place of the one that was edited."""
    if not document["name"]:
        st.error(_("Give the segment a name."), icon=":material/error:")
        return
    try:
        one = own_segment(document)
    except InputError as error:
        st.error(complaint(error), icon=":material/error:")
        return
    registry = live.opened(shown.workspace).registry
    save_segment(registry, one)
    if edited is not None and edited != one.name:
        registry.forget(KIND, edited)
    address.put("segment", f"own.{one.name}")
    _next()
    st.rerun()


def _drop(shown: Live, name: str) -> None:
    live.opened(shown.workspace).registry.forget(KIND, name)
    if st.session_state.get(_EDITED) == name:
        _next()
