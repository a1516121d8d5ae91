"""How a page is taken along: as a presentation, as slides, for a spreadsheet, as pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.handouts import presentation, stage
from dashboard.i18n import N_, _, language, speaking
from dashboard.page_record import PageRecord
from loyalty_core.text import Language

# Each kind of file with its label, icon and ending.
FILES = {
    "deck": (N_("PowerPoint slides"), ":material/co_present:", "pptx"),
    "workbook": (N_("Excel workbook"), ":material/table_view:", "xlsx"),
    "texts": (N_("CSV files"), ":material/csv:", "csv.zip"),
    "pictures": (N_("Charts as PNG"), ":material/image:", "png.zip"),
}


def offer(record: PageRecord) -> None:
    """The menu in the corner of the page; none where the page shows nothing to take along."""
    if record.corner is None or not (record.tiles or record.cards):
        return
    with (
        record.corner,
        st.popover(_("Share"), icon=":material/ios_share:", key="share"),
    ):
        st.button(
            _("Present"),
            key=stage.BEGIN,
            icon=":material/slideshow:",
            type="tertiary",
            on_click=presentation.begin,
            args=(record,),
        )
        for kind, (label, icon, ending) in FILES.items():
            st.download_button(
                _(label),
                partial(_made, kind, record, language()),
                file_name=_file_name(record, ending),
                key=f"take_{kind}",
                icon=icon,
                type="tertiary",
                on_click="ignore",
            )
        stage.entered_by_click()


def _made(kind: str, record: PageRecord, spoken: Language) -> bytes:
    """The file, in the language that the page was read in; made only when somebody asks for it."""
    with speaking(spoken):
        return _maker(kind)(record)


def _maker(kind: str) -> Callable[[PageRecord], bytes]:
    from dashboard.handouts import deck, files, pictures

    made = {
        "deck": deck.deck,
        "workbook": files.workbook,
        "texts": files.texts,
        "pictures": pictures.pictures,
    }
    return made[kind]


def _file_name(record: PageRecord, ending: str) -> str:
    from dashboard.handouts.files import file_name

    return file_name(record.title, ending)
