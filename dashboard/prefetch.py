"""What is found out of a state before anybody asks, beside the pages: the server's first work."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from threading import Thread

import streamlit as st

from dashboard import first_visits, live, live_members
from dashboard.disk_cache import DiskCache, disk_cache_of, hold_in_file
from dashboard.live import Live
from dashboard.spans import BEFORE, NAMES, to_choose
from data.elsewhere import nobody_waits
from data.prefetch import count_ahead, read_ahead
from data.rollups.snapshot_facts import SnapshotFacts
from simulation.mapped import give_back

_log = logging.getLogger("loyalty.dashboard")


@dataclass(frozen=True, slots=True)
class Prefetch:
    """Who finds out what readers of a state will ask on any page, and who after that what is asked seldom."""

    pages: Thread
    rest: Thread


def started(shown: Live) -> Prefetch:
    """Have the state's facts read beside the pages and every page opened, once for all; who does it."""
    ahead: Prefetch = _started(shown.key, shown)
    return ahead


@st.cache_resource(max_entries=4, show_spinner=False)
def _started(key: str, _shown: Live) -> Prefetch:
    pages = Thread(target=_find_out, args=(_shown,), name="read ahead", daemon=True)
    rest = Thread(target=_find_out_rest, args=(_shown, pages), name="rest ahead", daemon=True)
    pages.start()
    rest.start()
    return Prefetch(pages, rest)


def _find_out(shown: Live) -> None:
    """Find out what readers of the state will ask, and open its pages once."""
    try:
        if _is_much(shown):
            _find_out_much(shown)
        else:
            _look_around(shown)
    except Exception:  # whatever it is, the page says it to the reader
        _log.warning("nothing could be read ahead", exc_info=True)


def _find_out_rest(shown: Live, pages: Thread) -> None:
    """Find out of a large state what periods are compared with that lie years before, which takes as long as
    all else and is asked less, and what is asked of everybody of segments, which takes longest."""
    pages.join()
    try:
        if _is_much(shown):
            with nobody_waits():
                _compare_with_years_before(shown)
                live_members.find_segments_ahead(shown)
    except Exception:  # whatever it is, who asks for it waits for it
        _log.warning("what is asked seldom could not be found out ahead", exc_info=True)


def _is_much(shown: Live) -> bool:
    return first_visits.are_wanted() and live.is_large(shown)


def _look_around(shown: Live) -> None:
    """Read what questions rest on, and open the pages."""
    read_ahead(live.facts(shown))
    if first_visits.are_wanted():
        live.facts(shown).expect(to_choose(shown.as_of))
        first_visits.open_pages((*first_visits.QUICK, *first_visits.SLOW))


def _find_out_much(shown: Live) -> None:
    """Find out of many members what the pages tell of them, unless that was done before, and lay it down."""
    found = live.facts(shown)
    where = disk_cache_of(shown.workspace, found)
    if where.file.exists():
        first_visits.open_pages((*first_visits.QUICK, *first_visits.SLOW))
    else:
        _count_and_open(shown, found)
        _go_on_with_file(where, found)


def _compare_with_years_before(shown: Live) -> None:
    found = live.facts(shown)
    if not found.has_counted(chosen := to_choose(shown.as_of)):
        found.expect(chosen)
        count_ahead(found, chosen)
        _go_on_with_file(disk_cache_of(shown.workspace, found), found)


def _count_and_open(shown: Live, found: SnapshotFacts) -> None:
    """Count what any filter is read off, and open every page in each period that has a name."""
    for part in ("dealings", "lots"):  # each of them is much
        getattr(found, part)
        _hold(found)
    read_ahead(found)
    _hold(found)
    looking = Thread(target=live_members.find_crowds_ahead, args=(shown,), daemon=True)
    looking.start()  # another process looks at what happened meanwhile
    first_visits.open_pages(first_visits.QUICK)
    _hold(found)
    count_ahead(found)  # filters are asked for sooner than segments
    looking.join()
    _hold(found)
    count_ahead(found, to_choose(shown.as_of, (BEFORE,)))
    for period in NAMES:
        first_visits.open_pages(first_visits.QUICK, period)
    first_visits.open_pages(first_visits.SLOW)
    found.condensed.keep()


def _hold(found: SnapshotFacts) -> None:
    """Have a file hold what was found out so far, and not the memory of this process."""
    hold_in_file(found)
    _let_go()


def _go_on_with_file(where: DiskCache, found: SnapshotFacts) -> None:
    where.lay_down(found)
    _let_go()


def _let_go() -> None:
    """Give back what is kept in the file from now on."""
    live_members.let_go()
    give_back()
