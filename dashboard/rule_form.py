"""The form in which a segment is written: conditions on what members are and do, all or any of which hold."""

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
from loyalty_core.segments.own_rules import COMPARISONS, TRAITS, OwnSegment, own_segment, value_label

MATCHES = {"all": N_("all conditions hold"), "any": N_("any condition holds")}
MOST = 6
_ROWS = "rule:rows"


def rule_form(shown: Live, found: pd.DataFrame, own: tuple[OwnSegment, ...]) -> None:
    """Writes a new segment, or one of the same name anew, and gives up others."""
    with st.expander(_("Write a segment of your own"), icon=":material/edit:", expanded=not own):
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
        conditions = [_condition(row, shown, found) for row in range(rows)]
        with st.container(horizontal=True, gap="small"):
            st.button(_("Add a condition"), key="rule:more", on_click=_more, disabled=rows >= MOST)
            asked = st.button(_("Save the segment"), key="rule:save", type="primary")
        if asked:
            _save(shown, {"name": name.strip(), "match": match, "conditions": conditions})
        for one in own:
            st.button(
                _("Give up {segment}").format(segment=one.name),
                key=f"rule:drop:{one.name}",
                type="tertiary",
                icon=":material/delete:",
                on_click=_drop,
                args=(shown, one.name),
            )


def _condition(row: int, shown: Live, found: pd.DataFrame) -> dict[str, Any]:
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    trait = left.selectbox(
        _("What"),
        tuple(TRAITS),
        format_func=lambda one: words(TRAITS[one].label),
        key=f"rule:trait:{row}",
        label_visibility="visible" if row == 0 else "collapsed",
    )
    comparison = middle.selectbox(
        _("Comparison"),
        TRAITS[trait].comparisons,
        format_func=lambda one: words(COMPARISONS[one]),
        key=f"rule:comparison:{row}:{trait}",
        label_visibility="visible" if row == 0 else "collapsed",
        filter_mode=None,
    )
    shown_label = "visible" if row == 0 else "collapsed"
    if TRAITS[trait].unit == "label":
        options = sorted(str(one) for one in found[trait].cat.categories)
        value = right.selectbox(
            _("Value"),
            options,
            format_func=lambda one: words(value_label(trait, one, shown.programme)),
            key=f"rule:value:{row}:{trait}",
            label_visibility=shown_label,
        )
    else:
        value = right.text_input(
            _("Value"), "0", key=f"rule:value:{row}:{trait}", label_visibility=shown_label, max_chars=16
        )
    return {"trait": trait, "comparison": comparison, "value": value}


def _more() -> None:
    st.session_state[_ROWS] += 1


def _save(shown: Live, document: dict[str, Any]) -> None:
    try:
        one = own_segment(document)
        one.assert_exact(shown.programme)
    except InputError as error:
        st.error(complaint(error), icon=":material/error:")
        return
    save_segment(live.opened(shown.workspace).registry, one)
    address.put("segment", f"own.{one.name}")
    st.session_state.pop(_ROWS, None)
    st.rerun()


def _drop(shown: Live, name: str) -> None:
    live.opened(shown.workspace).registry.forget(KIND, name)
