"""The head of a page of the section Watch: its title, where figures come from, and the reader's choices."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import chips, figures, filters, frame, live, mark_form, marks, page_record, saved_views
from dashboard.i18n import _
from dashboard.watch_page import WatchPage
from data.segmented import segment_of
from loyalty_core.days import to_day


def opened(title: str) -> WatchPage:
    """The page's first lines: title, where figures come from, the choices; it ends here where nothing is."""
    shown = _headed(title)
    view = filters.bar(shown)
    st.caption(filters.days(view.span))
    chips.row(view, shown)
    return _of_members(_page(shown, view, filters.said(view, shown)))


def opened_of_members_on_a_day(title: str) -> WatchPage:
    """The same of a page about what members are on a day, of which there is no period."""
    shown = _headed(title)
    view = filters.members_on_a_day(shown)
    chips.of_members_on_a_day(view, shown)
    return _of_members(_page(shown, view, filters.said_on_a_day(view, shown)))


def opened_on_a_day(title: str) -> WatchPage:
    """The same of a page about one member, or about the data, with no period and nobody to be left out."""
    shown = _headed(title)
    view = filters.day(shown)
    chips.of_day(view)
    return _page(shown, view, figures.day(view.as_of))


def _headed(title: str) -> live.Live:
    shown = live.now()
    frame.heading(title, shown)
    if shown is None:
        frame.empty()
    return shown


def _page(shown: live.Live, view: filters.View, said: str) -> WatchPage:
    """The page with those choices, which are told so where it is taken along."""
    record = page_record.now()
    record.choices, record.marks = said, marks.marks(shown)
    if record.corner is not None:
        with record.corner:
            saved_views.offer(live.opened(shown.workspace).registry, frame.drawing())
            mark_form.offer(shown, record.marks)
    record.page = WatchPage(_looked_at(shown, view), view)
    return record.page


def _of_members(page: WatchPage) -> WatchPage:
    """The page, having said how many members are looked at, where the reader chose some, beside the chips
    that say which; or where there are but few."""
    if page.view.is_whole and not page.are_few:
        return page
    few = _("{members}: too few to call what they do better or worse")
    told = figures.members(page.members)
    beside = page_record.now().chips or st
    beside.caption(few.format(members=told) if page.are_few else told, width="content")
    return page


def _looked_at(shown: live.Live, view: filters.View) -> live.Live:
    """The state with those members alone who are in the reader's segment on the as-of day; the page ends
    here where nobody is."""
    if not view.segment:
        return shown
    own = live.own_segments(shown)
    chosen = replace(shown, among=segment_of(view.segment, to_day(view.as_of), own))
    with st.spinner(_("Finding the members of this segment and what they did …")):
        inside = live.snapshot(chosen).among
    if not inside:
        st.info(_("Nobody is in this segment on that day."), icon=":material/info:")
        st.stop()
    return chosen
