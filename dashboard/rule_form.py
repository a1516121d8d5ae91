"""The form in which a segment is written: conditions on what members are and do, all or any of which hold.

Its state lies in the session under keys that begin with `rule:`: it is emptied by forgetting them, and filled
with a segment that somebody changes by setting them.
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
_ROWS, _CHANGED, _DONE = "rule:rows", "rule:changed", "rule_done"


def rule_form(shown: Live, found: pd.DataFrame, own: tuple[OwnSegment, ...]) -> None:
    """Writes a new segment, or one that is there anew, and gives up others."""
    if st.session_state.pop(_DONE, False):
        _empty()
    changed = st.session_state.get(_CHANGED)
    title = _("Write a segment of your own")
    if changed is not None:
        title = _("Change {segment}").format(segment=changed)
    # What is open stays so only where the server knows of it: a field that is left runs the page anew.
    with st.expander(title, icon=":material/edit:", expanded=not own, key="own_segments", on_change="rerun"):
        left, right = st.columns(2)
        name = left.text_input(_("Name"), key="rule:name", max_chars=60)
        match = right.selectbox(
            _("A member belongs to it where"),
            tuple(MATCHES),
            format_func=lambda one: _(MATCHES[one]),
            key="rule:match",
            filter_mode=None,
        )
        rows = st.session_state.setdefault(_ROWS, 1)
        conditions = [_condition(row, shown.programme, found) for row in range(rows)]
        with st.container(horizontal=True, gap="small"):
            st.button(_("Add a condition"), key="rule:more", on_click=_add, args=(1,), disabled=rows >= MOST)
            if rows > 1:
                st.button(_("Take the last away"), key="rule:less", on_click=_add, args=(-1,))
            asked = st.button(_("Save the segment"), key="rule:save", type="primary")
            if changed is not None:
                st.button(_("Leave it as it was"), key="rule:leave", on_click=_empty)
        if asked:
            _save(shown, {"name": name.strip(), "match": match, "conditions": conditions}, changed)
        for one in own:
            _offered(shown, one)


def _condition(row: int, programme: Programme, found: pd.DataFrame) -> dict[str, Any]:
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    labelled = "visible" if row == 0 else "collapsed"
    trait = left.selectbox(
        _("What"),
        tuple(TRAITS),
        format_func=lambda one: words(TRAITS[one].label),
        key=f"rule:trait:{row}",
        label_visibility=labelled,
    )
    comparison = middle.selectbox(
        _("Comparison"),
        TRAITS[trait].comparisons,
        format_func=lambda one: words(COMPARISONS[one]),
        key=f"rule:comparison:{row}:{trait}",
        label_visibility=labelled,
        filter_mode=None,
    )
    key = f"rule:value:{row}:{trait}"
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
    """A segment that is there: to be changed, where it is one of conditions, or given up."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(one.name, width="content")
        if one.conditions:
            st.button(
                _("Change"),
                key=f"rule:change:{one.name}",
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


def _fill(one: OwnSegment, programme: Programme) -> None:
    """Show a segment in the form."""
    _empty()
    state = {_CHANGED: one.name, _ROWS: len(one.conditions), "rule:name": one.name, "rule:match": one.match}
    for row, condition in enumerate(one.conditions):
        trait = condition.trait
        state |= {
            f"rule:trait:{row}": trait,
            f"rule:comparison:{row}:{trait}": condition.comparison,
            f"rule:value:{row}:{trait}": _read(condition.value, TRAITS[trait], programme),
        }
    st.session_state.update(state)


def _read(value: str, trait: Trait, programme: Programme) -> str | float | int:
    """A value as its field wants it."""
    if trait.unit == "label":
        return value
    return float(value) if _decimals(trait, programme) else int(float(value))


def _empty() -> None:
    for key in [key for key in st.session_state if str(key).startswith("rule:")]:
        del st.session_state[key]


def _save(shown: Live, document: dict[str, Any], changed: str | None) -> None:
    """Keep the segment, in place of the one that was changed."""
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
    if changed not in (None, one.name):
        registry.forget(KIND, str(changed))
    address.put("segment", f"own.{one.name}")
    st.session_state[_DONE] = True
    st.rerun()


def _drop(shown: Live, name: str) -> None:
    live.opened(shown.workspace).registry.forget(KIND, name)
    if st.session_state.get(_CHANGED) == name:
        _empty()
