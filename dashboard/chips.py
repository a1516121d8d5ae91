"""The filters in force as chips under the title: each says what it lets pass, and a click takes it away.

A chip has the key `chip:<name>:<label>`, `name` being that of the filter in the address.
"""

from __future__ import annotations

import streamlit as st

from dashboard import address, filters, seen
from dashboard.filters import CUTS, SEGMENT, View
from dashboard.i18n import _, words
from dashboard.live import Live
from loyalty_core.counting.cuts import SLICES


def row(view: View, shown: Live) -> None:
    """A chip for each label that is let pass, and a button that shows everybody again."""
    if view.is_whole:
        return
    seen.now().chips = chips = st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"
    )
    with chips:
        for name, (slice_name, _everything) in CUTS.items():
            for label in view.where.get(slice_name, ()):
                said = _("{name}: {labels}").format(
                    name=words(SLICES[slice_name]), labels=filters.spoken(shown.programme, slice_name, label)
                )
                _chip(name, label, said)
        if view.segment:
            said = _("{name}: {labels}").format(
                name=_("Segment"), labels=filters.segment_labels(shown)[view.segment]
            )
            _chip(SEGMENT, view.segment, said)
        st.button(
            _("Clear filters"),
            key="clear_filters",
            type="tertiary",
            on_click=address.forget,
            args=(*CUTS, SEGMENT),
            width="content",
        )


def _chip(name: str, label: str, said: str) -> None:
    st.button(
        said,
        key=f"chip:{name}:{label}",
        icon=":material/close:",
        help=_("Take this filter away"),
        on_click=address.drop,
        args=(name, label),
        width="content",
    )
