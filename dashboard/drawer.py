"""The drawer: the members behind a figure of the page, each with what they add to it; to take along, to look
at one by one, or to keep as a segment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import address, figures, live, member_files, picks, table_columns
from dashboard.complaints import complaint
from dashboard.definitions import formula
from dashboard.filters import SEGMENT, named_day
from dashboard.i18n import _, joined, ngettext, words
from dashboard.page_record import PageRecord
from dashboard.picks import BEHIND, Crowd, Crowds
from dashboard.readings import exact
from dashboard.told import Told, told_day
from data.contactable import contactable_on, known_of, leaving
from data.formula_guard import guarded
from data.segmented import save_segment
from data.some_members import members_behind
from loyalty_core.counting.lifecycle import ENROLLED, LABELS
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.metrics.by_member import BOTTOM, TOP, can_be_told_by_member
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.metrics.metric import Metric, Unit
from loyalty_core.segments.every_segment import OWN
from loyalty_core.segments.own_rules import own_segment

if TYPE_CHECKING:
    from dashboard.watch_page import WatchPage
    from data.registry import Registry
    from loyalty_core.rules.programme import Programme

SHOWN = 200
_FIGURES = ""  # where figures of the page are asked for
_NAME, _REFUSED = "drawer:name", "drawer:refused"


def offer(record: PageRecord, page: WatchPage) -> None:
    """The button that opens the drawer, beside the chips; none where no figure is made up of members. A
    click on a field opens the drawer at once."""
    if crowds := picks.asked():
        _opened(_crowd, page, crowds)
        return
    asked = [address.text(BEHIND), *(reading.metric.name for reading in record.tiles)]
    names = [
        name
        for name in page.countable(one for one in dict.fromkeys(asked) if one in METRICS)
        if can_be_told_by_member(METRICS[name])
    ]
    beside = record.chips or record.corner
    if not (names or record.behind) or beside is None:
        return
    with beside:
        asked_for = st.button(_("Members behind it"), key="drawer", icon=":material/group:", width="content")
    if asked_for:
        _opened(_chosen, page, names, record.behind)


def _opened(shows: Callable[..., None], *arguments: Any) -> None:
    st.dialog(_("Members behind it"), width="medium", position="right")(shows)(*arguments)


def _chosen(page: WatchPage, names: Sequence[str], behind: Mapping[str, Crowds]) -> None:
    """The members behind what the reader chooses: one of the page's figures, or a field or point of one of
    its charts and tables, all of which can be clicked and are here for the keys."""
    places = [*([_FIGURES] if names else []), *behind]
    place = st.selectbox(
        _("Where"), places, format_func=lambda one: one or _("Figures of the page"), key="drawer:place"
    )
    if place == _FIGURES:
        _figure(page, names)
        return
    crowds = behind[place]
    texts = list(crowds.values)[:: -1 if crowds.are_of_time else 1]  # the latest first
    _crowd(page, crowds.crowds(st.selectbox(_("Of"), texts, key="drawer:field")))


def _crowd(page: WatchPage, crowds: Sequence[Crowd]) -> None:
    """The members of the field that was clicked, of its series the one that the reader chooses."""
    told = {one.told: one for one in crowds}
    crowd = told[st.selectbox(_("Figure"), list(told), key="drawer:series")] if len(told) > 1 else crowds[0]
    _as_of(page, crowd)
    found = live.listed(page.shown, crowd.question, *crowd.arguments)
    told = _("{members}: {crowd}.")
    st.markdown(told.format(members=figures.members(len(found)), crowd=f"**{figures.unmarked(crowd.told)}**"))
    _listed(page, METRICS[crowd.metric], found)


def _as_of(page: WatchPage, crowd: Crowd) -> None:
    """The way to the page at the close at which the members are looked at."""
    if crowd.on is None or crowd.on == page.view.as_of:
        return
    label = _("Show the page as of {day}").format(day=figures.day(crowd.on))
    asked = st.button(
        label,
        key="drawer:as_of",
        icon=":material/calendar_today:",
        on_click=address.put,
        args=(named_day(), str(crowd.on)),
    )
    if asked:
        st.rerun()


def _figure(page: WatchPage, names: Sequence[str]) -> None:
    """The members behind the figure that the reader chooses."""
    name = st.selectbox(
        _("Figure"), names, format_func=lambda one: words(METRICS[one].label), key="drawer:figure"
    )
    metric = METRICS[name]
    found = live.listed(page.shown, members_behind, name, page.view.span.compared, dict(page.view.where))
    st.markdown(_told(found, metric, page))
    _listed(page, metric, found)


def _listed(page: WatchPage, metric: Metric, found: pd.DataFrame) -> None:
    """The members as a table, as files, and as a segment to be; nothing where there are none."""
    if found.empty:
        return
    shown = found.head(SHOWN)
    members = {_("Member"): [address.of_member(one, page.day_before_latest) for one in shown["member_id"]]}
    adds, about = _added(shown, metric, page.programme), _about(shown, page.programme)
    cells = {label: table_columns.cells(texts) for label, texts in (adds | about).items()}
    st.dataframe(
        table_columns.written(members | cells),
        placeholder=table_columns.blank(cells),
        hide_index=True,
        key="drawer:members",
        column_config={
            _("Member"): st.column_config.LinkColumn(display_text=address.MEMBER, pinned=True),
            **{
                label: table_columns.column(label, column, is_figure=label in adds)
                for label, column in cells.items()
            },
        },
    )
    if len(found) > SHOWN:
        st.caption(_("The first {count}; a file holds all of them.").format(count=figures.count(SHOWN)))
    known = known_of(live.listed(page.shown, contactable_on, to_day(page.view.as_of)), found)
    member_files.contactable(known)
    member_files.offered(metric.name, lambda: leaving(found, known), "drawer:file")
    _kept_as_segment(page, found["member_id"].to_list())


def _told(found: pd.DataFrame, metric: Metric, page: WatchPage) -> str:
    """How many members there are, what they come to, and how it is counted."""
    span = figures.span(page.view.span.first, page.view.span.last)
    first = ngettext(
        "{members} member stands behind {figure}, {span}.",
        "{members} members stand behind {figure}, {span}.",
        len(found),
    ).format(members=figures.count(len(found)), figure=f"**{words(metric.label)}**", span=span)
    how = formula(metric, page.programme)
    return joined([first, how]) if BOTTOM in found else first


def _added(found: pd.DataFrame, metric: Metric, programme: Programme) -> dict[str, list[str]]:
    """What each member adds to the metric, in words; nothing where each counts as one."""
    if BOTTOM in found and _is_head_count(found):
        return {_("Counted"): [_("yes") if one else _("no") for one in found[TOP]]}
    if BOTTOM in found:
        return {
            _("Of the numerator"): _numbers(found[f"{TOP}_share"], figures.share),
            _("Of the denominator"): _numbers(found[f"{BOTTOM}_share"], figures.share),
        }
    if metric.unit is Unit.MEMBERS:
        return {}
    return {
        words(metric.label): _numbers(found[TOP], partial(exact, metric, programme)),
        _("Share of all"): _numbers(found[f"{TOP}_share"], figures.share),
    }


def _about(found: pd.DataFrame, programme: Programme) -> dict[str, list[str]]:
    """What is known of each member, in words; nothing of which none of them has, such as who has left."""
    states = {one.name.lower(): words(LABELS[one]) for one in ENROLLED}
    written: dict[str, tuple[str, Callable[[Any], str]]] = {
        "tier": (_("Tier"), lambda one: guarded(words(programme.tier_label(one)))),
        "state": (_("State"), states.__getitem__),
        "last_purchase_on": (_("Last purchase"), lambda one: told_day(one.date())),
    }
    return {
        label: _texts(found[name], write)
        for name, (label, write) in written.items()
        if found[name].notna().any()
    }


def _is_head_count(found: pd.DataFrame) -> bool:
    """Whether every member counts as one, or not at all: shares would say nothing."""
    return bool(found[[TOP, BOTTOM]].isin([0, 1]).to_numpy().all())


def _texts(values: pd.Series, written: Callable[[Any], str]) -> list[str]:
    return [figures.UNKNOWN if pd.isna(value) else written(value) for value in values]


def _numbers(values: pd.Series, written: Callable[[Any], str]) -> list[str]:
    return _texts(values, lambda value: Told(written(value), value))


def _kept_as_segment(page: WatchPage, members: Sequence[str]) -> None:
    """Keeps the members as a segment, which every page can be filtered by from then on."""
    with st.form("drawer:segment", border=False):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        left.text_input(_("Keep them as a segment called"), max_chars=60, key=_NAME)
        asked = right.form_submit_button(
            _("Keep"),
            icon=":material/group_add:",
            key="drawer:keep",
            on_click=_keep,
            args=(live.opened(page.shown.workspace).registry, members),
        )
    if asked:
        refused = st.session_state.pop(_REFUSED, "")
        if not refused:
            st.rerun()
        st.error(refused, icon=":material/error:")


def _keep(registry: Registry, members: Sequence[str]) -> None:
    try:
        one = own_segment({"name": st.session_state[_NAME].strip(), "members": list(members)})
    except InputError as error:
        st.session_state[_REFUSED] = complaint(error)
        return
    save_segment(registry, one)
    address.put(SEGMENT, f"{OWN}.{one.name}")
