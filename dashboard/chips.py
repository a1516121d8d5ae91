"""The filters in force as chips under the title: each says what it lets pass, and a click takes it away.

A chip has the key `chip:<name>:<value>`, `name` being that of the filter in the address.
"""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from dashboard import address, figures, filters, seen
from dashboard.filters import AS_OF, CUTS, SEGMENT, View
from dashboard.i18n import _, words
from dashboard.live import Live
from loyalty_core.counting.cuts import SLICES

Chip = tuple[str, str, str]  # the name of a filter, a value that it lets pass, and both in words


def row(view: View, shown: Live) -> None:
    """A chip for each value that is let pass, and a button that shows everybody again; nothing where all of
    the present is shown."""
    found = list(_chips(view, shown))
    if not found:
        return
    chips = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips")
    seen.now().chips = chips
    with chips:
        for chip in found:
            _chip(*chip)
        _clear()
    if view.segment:
        told = _("Who is in the segment on {day} is followed through all months; guests are not told of.")
        st.caption(told.format(day=figures.day(view.as_of)))


def _chip(name: str, value: str, said: str) -> None:
    st.button(
        said,
        key=f"chip:{name}:{value}",
        icon=":material/close:",
        help=_("Take this filter away"),
        on_click=address.drop,
        args=(name, value),
        width="content",
    )


def _clear() -> None:
    st.button(
        _("Clear filters"),
        key="clear_filters",
        type="tertiary",
        on_click=address.forget,
        args=(*CUTS, SEGMENT, AS_OF),
        width="content",
    )


def _chips(view: View, shown: Live) -> Iterator[Chip]:
    if address.text(AS_OF) and view.as_of < shown.as_of:
        yield AS_OF, address.text(AS_OF), _said(_("As of"), figures.day(view.as_of))
    for name, (slice_name, _everything) in CUTS.items():
        for label in view.where.get(slice_name, ()):
            spoken = filters.spoken(shown.programme, slice_name, label)
            yield name, label, _said(words(SLICES[slice_name]), spoken)
    if view.segment:
        yield SEGMENT, view.segment, _said(_("Segment"), filters.segment_labels(shown)[view.segment])


def _said(name: str, label: str) -> str:
    return _("{name}: {labels}").format(name=name, labels=label)
