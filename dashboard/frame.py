"""What every page has around it: title, as-of date and snapshot, the empty state, and mendable errors."""

from __future__ import annotations

import shlex
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import figures, live, page_record, prefetch
from dashboard.complaints import complaint
from dashboard.i18n import _
from loyalty_core.errors import InputError

FAVICON = str(Path(__file__).parent / "static" / "favicon.svg")
DRAWING, DRAWN = "page:drawing", "page:drawn"  # in the session: the page as it begins, and as it is done
NARROWEST = 340  # pixels of a card beside another one
NEWS_EVERY_S = 30  # between looks at whether something newer was published
IMPORT_PAGE = "views/import_data.py"


def drawing() -> str:
    """The url path of the page that is being drawn."""
    return st.session_state.get(DRAWING, "")


def sorry(error: Exception) -> None:
    """One sentence for the reader: how to mend the input, or where the reason is."""
    hidden = _("This page could not be shown. The reason is in the server's log.")
    st.error(complaint(error) if isinstance(error, InputError) else hidden, icon=":material/error:")


def loading(height: int = 600) -> AbstractContextManager[Any]:
    """Shows that figures are on their way, where the page is still empty; later they change in place."""
    drawn, drawing = (st.session_state.get(key) for key in (DRAWN, DRAWING))
    return nullcontext() if drawn == drawing else st.skeleton(height=height)


def heading(title: str, shown: live.Live | None = None) -> None:
    """The page's title and, where figures are shown, where they come from and how to take them along."""
    record = page_record.now()
    record.title, record.provenance = title, provenance(shown) if shown else ""
    record.programme = shown.programme if shown else None
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="heading"
    ):
        st.title(title, anchor=False, width="content")
        if shown is not None:
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
                _newer(shown)
                clock = _("Days begin and end, and times are told, on the clock of {place}.")
                st.caption(
                    provenance(shown),
                    width="content",
                    help=clock.format(place=figures.clock(shown.programme)),
                )
                record.corner = st.container(horizontal=True, width="content", gap="xsmall")


@st.fragment(run_every=NEWS_EVERY_S)
def _newer(shown: live.Live) -> None:
    """Says so when newer data were published, or other rules applied, while somebody is reading."""
    latest = live.now()
    if latest is not None and latest != shown.whole:
        prefetch.started(latest)
        is_data = latest.snapshot_id != shown.snapshot_id
        label = _("New data: show snapshot {snapshot}") if is_data else _("New rules: show what they change")
        if st.button(
            label.format(snapshot=latest.snapshot_id), icon=":material/refresh:", key="newer", type="primary"
        ):
            st.rerun()


def pair(*, both: bool = True) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two places side by side, the second below the first where there is no room for two cards; places as
    wide as the page where not both are going to be filled."""
    if not both:
        return st.container(), st.container()
    places = st.grid(2, min_column_width=NARROWEST)
    return places.container(height="stretch"), places.container(height="stretch")


def beside_bands() -> None:
    """Where to click for the members behind a band, which the browser's library lets nobody click."""
    st.caption(_("For the members behind a band, click its field in the grid above."))


def sentence(words: str) -> None:
    """The sentence above the figures, written from them."""
    page_record.now().sentence = words
    st.header(figures.unbroken(words), anchor=False)


def provenance(shown: live.Live) -> str:
    """Where figures come from: programme, last day with facts, snapshot and when it was published."""
    return _("{programme} · data to {day} · snapshot {snapshot}").format(
        programme=figures.words_of(shown.programme),
        day=figures.day(shown.as_of),
        snapshot=shown.snapshot_id,
    )


def empty() -> None:
    """What to do where there is nothing to show yet; then the page ends."""
    with st.container(border=True, key="empty"):
        st.subheader(_("No data yet"), anchor=False)
        st.markdown(
            _("Import your own files on the Import page, or fill this workspace with a demo programme:")
        )
        st.code(f"loyalty demo --workspace {shlex.quote(str(live.path()))}", language=None)
        st.page_link(IMPORT_PAGE, label=_("Go to Import"), icon=":material/upload_file:")
    st.stop()
