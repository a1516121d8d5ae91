"""What a reader chooses on the Actions page: the list, on which terms; and taking it along."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock

import streamlit as st

from dashboard import address, figures, live, member_files, number_fields
from dashboard.complaints import complaint
from dashboard.i18n import _, language, words
from dashboard.live import Live
from data.acting import Recorded, channels, recorded, rows_of
from loyalty_core.actions.action_lists import LISTS
from loyalty_core.actions.listing import MOST_CONTACTS, Listing
from loyalty_core.actions.sight import Sight
from loyalty_core.errors import InputError

CAPS = [str(number) for number in range(1, 11)]
USUAL_CHANNELS = ("sms", "mail", "app", "wechat")  # where no campaign names one
_HOLD_OUT, _CHANNEL = "hold_out", "contact_channel"
_DESK, _REFUSED = "actions:desk", "actions:refused"


def chosen_list() -> str:
    """The list in the address; the first where none is."""
    names = tuple(LISTS)
    name = address.value("list", names[0], names)
    st.radio(
        _("List"),
        names,
        format_func=lambda one: words(LISTS[one].label),
        horizontal=True,
        **address.tied("list", name, names[0]),
    )
    return name


def terms() -> tuple[int, Decimal | None]:
    """The cap on contacts, and the response the reader supposes, None where the measured one holds."""
    cap = address.value("cap", str(MOST_CONTACTS), CAPS)
    supposed = _percent(address.text("lift"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="terms"):
        st.selectbox(
            _("Contacts in 30 days, at most"),
            CAPS,
            width=260,
            filter_mode=None,
            **address.tied("cap", cap, str(MOST_CONTACTS)),
        )
        st.number_input(
            _("Supposed response (%)"),
            min_value=0.0,
            max_value=100.0,
            step=0.5,
            placeholder=_("as measured"),
            width=200,
            **address.tied("lift", None if supposed is None else float(supposed)),
        )
    return int(cap), None if supposed is None else supposed / 100


def _percent(text: str) -> Decimal | None:
    plain = text.replace(".", "", 1)
    return min(Decimal(text), Decimal(100)) if plain.isascii() and plain.isdigit() and len(text) < 8 else None


def taken_along(shown: Live, name: str, found: Listing, sight: Sight) -> None:
    """The form that records the list as a campaign, and afterwards the files of those to contact."""
    with st.form("export", border=True):
        st.markdown(
            _(
                "Recording makes the list a campaign: who is held out is drawn by lot now "
                "and left out of the file."
            )
        )
        left, middle, right = st.columns(3, vertical_alignment="bottom")
        with left:
            number_fields.number(_("Held out (%)"), 0, 90, 10, key=_HOLD_OUT)
        middle.selectbox(
            _("Channel"),
            live.asked(shown.whole, channels) or USUAL_CHANNELS,
            format_func=lambda one: figures.of_data(shown.programme, one),
            accept_new_options=True,
            key=_CHANNEL,
        )
        right.form_submit_button(
            _("Record and prepare the file"),
            disabled=not len(found),
            icon=":material/outbox:",
            type="primary",
            on_click=_record,
            args=(shown, name, found, sight),
        )
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(refused, icon=":material/error:")
    if (told := _desk().recorded) is not None:
        files(told)


@dataclass(slots=True)
class Desk:
    """What a reader recorded last, and from which state and list; one thing after the other."""

    turn: Lock = field(default_factory=Lock)
    drawn_up_from: tuple[int, str] | None = None
    recorded: Recorded | None = None


def _desk() -> Desk:
    desk: Desk = st.session_state.setdefault(_DESK, Desk())
    return desk


def _record(shown: Live, name: str, found: Listing, sight: Sight) -> None:
    """Record the list, once for each state that it was drawn up from: of a double click the second waits for
    the first and shows its campaign, which lies on the desk, since the first one's page was given up."""
    if wrong := number_fields.wrong(_HOLD_OUT):
        st.session_state[_REFUSED] = "\n".join(wrong)
        return
    desk, drawn_up_from = _desk(), (shown.snapshot_id, name)
    percent, channel = int(st.session_state[_HOLD_OUT]), (st.session_state[_CHANNEL] or "").strip()
    rows = rows_of(name, found, sight, language())
    with desk.turn:
        if desk.drawn_up_from == drawn_up_from:
            return
        try:
            told = recorded(live.opened(shown.workspace), name, rows, percent, channel, datetime.now(UTC))
        except InputError as error:
            st.session_state[_REFUSED] = complaint(error)
            return
        desk.drawn_up_from, desk.recorded = drawn_up_from, told


def files(told: Recorded) -> None:
    """What was recorded last, ready to be sent."""
    said = _(
        "Recorded as campaign {campaign}: {members} to contact, {held} held out. "
        "What becomes of the contacts is imported as “contacts”, each under its contact_id."
    )
    st.success(
        said.format(
            campaign=told.campaign_id,
            members=figures.count(len(told.treated)),
            held=figures.count(told.held_out),
        ),
        icon=":material/check:",
    )
    member_files.offered(told.campaign_id, lambda: told.treated)
