"""Members of the state that is shown: what is known of all of them is kept, what is known of one never is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import live
from dashboard.filters import View
from dashboard.live import Live
from dashboard.spans import BEFORE, months_until, to_choose
from loyalty_core.days import start_of, to_day
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

if TYPE_CHECKING:
    import pandas as pd

    from data.acting import Lift
    from data.member_seen import MemberSeen
    from data.segmented import OfCrowds
    from loyalty_core.actions.sight import Sight
    from loyalty_core.customers.one_prospect import Fits, Prospect
    from loyalty_core.customers.pasts import Rhythm
    from loyalty_core.segments.clusters import Clusters
    from loyalty_core.segments.every_segment import Segments
    from loyalty_core.segments.own_rules import OwnSegment
    from loyalty_core.segments.tallies import Tally

AHEAD_DAYS = (30, 90, 365)  # horizons of what is expected of a member
MONTHS_FOLLOWED = 13  # of segments
FAR_AHEAD = datetime(9000, 1, 1, tzinfo=UTC)


def portrayed(shown: Live, on: date) -> pd.DataFrame:
    """The portraits of everybody enrolled at the close of a day."""
    return _portrayed(shown.key, to_day(on), shown)


def sight(shown: Live, view: View) -> Sight:
    """The members whom the reader chose to see, as lists of actions see them."""
    from loyalty_core.actions.sight import Sight
    from loyalty_core.portraits import within

    chosen = within(portrayed(shown, view.as_of), view.where)
    return Sight(chosen, shown.programme, to_day(view.as_of))


def reviews(shown: Live, view: View) -> pd.DataFrame:
    """What the next reviews will bring the members whom the reader chose, by tier as `coming_reviews`."""
    from loyalty_core.counting.cuts import ATTRIBUTES
    from loyalty_core.portraits import within
    from loyalty_core.tiers.coming_reviews import LOOKED_AT, coming_reviews

    chosen = within(portrayed(shown, view.as_of)[[*LOOKED_AT, *ATTRIBUTES]], view.where)
    return coming_reviews(chosen, shown.programme, to_day(view.as_of))


def segments(shown: Live, view: View) -> Segments:
    """The members whom the reader chose to see, divided in every way; groups are learnt when asked for."""
    from loyalty_core.portraits import within
    from loyalty_core.segments.every_segment import Segments

    own = live.own_segments(shown)
    chosen = within(portrayed(shown, view.as_of), view.where)
    return Segments(chosen, shown.programme, own, lambda: _learnt(shown, to_day(view.as_of)))


def _learnt(shown: Live, day: int) -> Clusters | None:
    """The groups that everybody falls into, whoever is looked at."""
    return _groups(shown.whole.key, day, shown.whole)


def followed(shown: Live, on: date) -> Sequence[int]:
    """The closes at which segments are followed up to a day."""
    closes: list[int] = months_until(on, MONTHS_FOLLOWED, live.begins(shown)).last.tolist()
    return closes


def find_crowds_ahead(shown: Live) -> None:
    """Find what became of the segments that nobody wrote, and count the periods to choose beside those before
    them, at one go."""
    from data.segmented import every_crowd_ahead

    closes = tuple(followed(shown, shown.as_of))
    every_crowd_ahead(live.facts(shown), to_day(shown.as_of), closes, to_choose(shown.as_of, (BEFORE,)))


def find_segments_ahead(shown: Live) -> None:
    """Find out of the segments that members can be filtered by what is asked of everybody: of one division
    after the other, since these exclude one another, as long as nothing newer is published."""
    from dashboard.segment_cache import find_ahead
    from data.segmented import segment_of
    from loyalty_core.segments.every_segment import FIXED, OWN

    def is_over() -> bool:
        return live.of(Path(shown.workspace)) != shown

    own, day = live.own_segments(shown), to_day(shown.as_of)
    offered = {division: [one.key for one in segments] for division, segments in FIXED.items()}
    offered[OWN] = [one.name for one in own]
    for division, keys in offered.items():
        asked = [segment_of(f"{division}.{key}", day, own) for key in keys]
        find_ahead(shown.workspace, live.facts(shown), asked, is_over)


def segment_over_time(shown: Live, view: View, closes: Sequence[int], name: str) -> list[Tally]:
    """By close the figures of the segment, the groups being those of the as-of day."""
    from data.segmented import adds_up, picked
    from loyalty_core.segments.every_segment import OWN

    own = tuple(one for one in live.own_segments(shown) if name == f"{OWN}.{one.name}")
    asked = (to_day(view.as_of), tuple(map(int, closes)), own)
    if adds_up(live.facts(shown), name):
        return picked(_of_crowds(shown.key, *asked, shown), name, view.where)
    where = tuple((cut, tuple(labels)) for cut, labels in view.where.items())
    return _through_time(shown.key, *asked, name, where, shown)


def lifts(shown: Live, on: date) -> dict[str, Lift]:
    """By list of actions what past campaigns say that it brings."""
    from data.acting import past_lifts

    return live.asked(shown, past_lifts, to_day(on))


def like(shown: Live, part: str) -> list[str]:
    """The member of exactly that id, else the first whose ids have that part."""
    from data.member_story import is_known, members_like

    of = live.snapshot(shown.whole)
    return [part] if is_known(of, part) else members_like(of, part)


def member(shown: Live, member_id: str, on: date, months: Periods) -> MemberSeen | None:
    """One member at the close of a day, by the rules of that day; None where not enrolled."""
    from data.member_seen import member_seen

    rules = _rules(shown, on)
    earlier = live.opened(shown.workspace).registry.programmes_before(rules)
    return member_seen(live.snapshot(shown.whole), rules, member_id, to_day(on), months, earlier)


def prospect(shown: Live, past: Rhythm, on: date) -> Prospect | None:
    """What the models of everybody promise of a member of that past."""
    from loyalty_core.customers.one_prospect import prospect_of

    return prospect_of(past, _fits(shown.whole.key, to_day(on), shown.whole), AHEAD_DAYS)


def profile(shown: Live, member_id: str, on: date) -> dict[str, Any]:
    """What the source says of one member on a day."""
    from data.member_story import profile as told

    return told(live.snapshot(shown.whole), member_id, on)


def story(
    shown: Live, member_id: str, on: date, subjects: tuple[str, ...], most: int, skipped: int
) -> tuple[pd.DataFrame, int]:
    """A page of what happened to one member up to the close of a day, newest first, and how much it is."""
    from data.member_story import story as told

    return told(live.snapshot(shown.whole), member_id, _end(shown, on), subjects, most, skipped)


def contacts(shown: Live, member_id: str, on: date) -> pd.DataFrame:
    """The campaigns that chose one member up to the close of a day, newest first."""
    from data.member_story import contacts as told

    return told(live.snapshot(shown.whole), member_id, _end(shown, on))


def _rules(shown: Live, on: date) -> Programme:
    """The programme in force on a day; today's before there was one."""
    return live.opened(shown.workspace).registry.programme_in_force(on) or shown.programme


def _end(shown: Live, on: date) -> datetime:
    """The instant at which a day is over; of the last day with facts, what is planned ahead is told, too."""
    if on >= shown.as_of:
        return FAR_AHEAD
    at_us = int(start_of([to_day(on) + 1], shown.programme.zone)[0])
    return datetime.fromtimestamp(at_us / 1e6, shown.programme.zone)


def let_go() -> None:
    """Forget what is held here of that which is kept with the facts."""
    for kept in (_portrayed, _groups, _of_crowds):
        kept.clear()


@st.cache_resource(max_entries=3, show_spinner=False)
def _portrayed(key: str, day: int, _shown: Live) -> pd.DataFrame:
    from data.portrayed import portrayed_once

    return portrayed_once(live.facts(_shown), day)


@st.cache_resource(max_entries=8, show_spinner=False)
def _fits(key: str, day: int, _shown: Live) -> Fits:
    from data.portrayed import fits

    return fits(live.facts(_shown), day)


@st.cache_resource(max_entries=3, show_spinner=False)
def _groups(key: str, day: int, _shown: Live) -> Clusters | None:
    from data.segmented import learnt

    return learnt(live.facts(_shown), day)


@st.cache_resource(max_entries=8, show_spinner=False)
def _of_crowds(
    key: str, day: int, closes: tuple[int, ...], own: tuple[OwnSegment, ...], _shown: Live
) -> OfCrowds:
    """Of the one segment that somebody wrote, or of all others: looking at everybody is what takes long."""
    from data.segmented import every_crowd

    return every_crowd(live.facts(_shown), day, closes, own, lambda: _learnt(_shown, day))


@st.cache_data(max_entries=32, show_spinner=False)
def _through_time(
    key: str,
    day: int,
    closes: tuple[int, ...],
    own: tuple[OwnSegment, ...],
    name: str,
    where: tuple[tuple[str, tuple[str, ...]], ...],
    _shown: Live,
) -> list[Tally]:
    from data.segmented import through_time
    from loyalty_core.segments.every_segment import CLUSTERS

    groups = _learnt(_shown, day) if name.startswith(f"{CLUSTERS}.") else None
    return through_time(live.facts(_shown), closes, name, own, groups, dict(where))
