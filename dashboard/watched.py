"""The programme as a page watches it: its state, seen through the reader's choice of days and members.

Every page of the section Watch begins with `page = watched.opened(title)` and asks `page` for numbers; so the
same choices hold on all of them, and a page says no more than which numbers it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import chips, figures, filters, frame, live, live_members, mark_form, marks, saved_views, seen
from dashboard.i18n import _, words
from dashboard.live import Answer
from dashboard.picks import Crowd
from dashboard.readings import Reading
from dashboard.readings import readings as read
from dashboard.spans import months_until
from data.rule_changes import RuleChange
from data.segmented import segment_of
from data.some_members import members_behind
from loyalty_core.days import to_date, to_day
from loyalty_core.metrics.chance import evaluate_with_chance
from loyalty_core.metrics.dictionary import METRICS, evaluate
from loyalty_core.periods import Periods, periods
from loyalty_core.rules.programme import Programme

MONTHS = 24
FEW = 30  # members, below which a figure is not told from chance
# What a programme is watched by every morning: the wall of the Overview, and the digest.
WATCHED_DAILY = (
    "members_active",
    "members_silent",
    "members_churned",
    "members_joined",
    "redemption_rate",
    "points_outstanding",
    "revenue",
    "repeat_rate",
)


@dataclass(frozen=True, slots=True)
class Watched:
    """One published state, and what the reader chose to see of it."""

    shown: live.Live
    view: filters.View

    @property
    def programme(self) -> Programme:
        return self.shown.programme

    def compared(
        self,
        names: Sequence[str],
        by: Sequence[str] = (),
        evaluated: Callable[..., pd.DataFrame] = evaluate,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The metrics (by slice) of the period that the chosen one is compared with, and of that one."""
        periods = self.view.span.compared
        measured = [self._measured(one, names, by, evaluated) for one in periods]
        rows = pd.concat(measured, ignore_index=True)
        closes = [pd.Timestamp(to_date(close)) for one in periods for close in one.last]
        before, now = (rows[rows["period_end"] == close] for close in closes)
        return before, now

    def now(self, names: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
        """The metrics (by slice) of the chosen period."""
        return self.compared(names, by)[1]

    def monthly(self, names: Sequence[str], by: Sequence[str] = (), most: int = MONTHS) -> pd.DataFrame:
        """The metrics (by slice) of the months that led to the as-of date, oldest first."""
        return self._measured(self.months(most), names, by)

    def together(self, most: int, names: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
        """The metrics (by slice) of so many months taken together, which led to the as-of date."""
        months = self.months(most)
        return self._measured(periods(int(months.first[0]), int(months.last[-1])), names, by)

    def months(self, most: int = MONTHS) -> Periods:
        """So many months, or as many as hold facts, the last ending at the as-of date."""
        return months_until(self.view.as_of, most, live.begins(self.shown))

    @property
    def day_before_latest(self) -> date | None:
        """The day that is looked at, where it is not the latest: to take along to a member's page."""
        return self.view.as_of if self.view.as_of < self.shown.as_of else None

    @property
    def since_the_beginning(self) -> Periods:
        """One period: all days with facts up to the as-of date."""
        return periods(to_day(live.begins(self.shown)), to_day(self.view.as_of))

    def so_far(self, names: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
        """The metrics (by slice) of all that happened up to the as-of date."""
        return self._measured(self.since_the_beginning, names, by)

    def _measured(
        self,
        days: Periods,
        names: Sequence[str],
        by: Sequence[str],
        evaluated: Callable[..., pd.DataFrame] = evaluate,
    ) -> pd.DataFrame:
        """The metrics of those days. What is told by a slice is told of all its labels, whichever of them are
        chosen, so that others can be chosen instead."""
        where = {name: labels for name, labels in self.view.where.items() if name not in by}
        along = [*self.view.span.compared, self.months()]
        return live.measured(self.shown, days, names, by, where, along, evaluated)

    def asked(self, question: Callable[..., Answer], *arguments: Any) -> Answer:
        """The answer to a question about the facts of the reader's members: of day, filters, arguments."""
        return live.asked(self.shown, question, to_day(self.view.as_of), dict(self.view.where), *arguments)

    def listed(self, question: Callable[..., pd.DataFrame]) -> pd.DataFrame:
        """As `asked`, of a question whose answer has a row for each member."""
        return live.listed(self.shown, question, to_day(self.view.as_of), dict(self.view.where))

    def beyond(self, division: str) -> Watched:
        """The page not filtered by a segment of that division, so that another of it can be chosen."""
        inside = self.view.segment.startswith(f"{division}.")
        return replace(self, shown=self.shown.whole) if inside else self

    def asked_between(self, question: Callable[..., Answer], *arguments: Any) -> Answer:
        """The answer to a question about two periods: of arguments, the periods compared and filters."""
        return live.asked(self.shown, question, *arguments, self.view.span.compared, dict(self.view.where))

    def adding(self, name: str, told: str = "", *, days: Periods | None = None, **where: list[str]) -> Crowd:
        """Those who add to a metric in the chosen period (or those days), under further filters, which are
        told in words."""
        span = self.view.span
        compared = span.compared if days is None else (days,)
        words_of = [words(METRICS[name].label), told]
        if days is None:
            words_of.append(figures.span(span.first, span.last))
        said = " · ".join(one for one in words_of if one)
        return Crowd(said, name, members_behind, (name, compared, {**self.view.where, **where}))

    def counted(self, name: str, told: str, question: Callable[..., pd.DataFrame], *given: Any) -> Crowd:
        """Those whom a question counts, of the day, the filters and what else is given: what they add is
        told as that metric."""
        said = " · ".join([words(METRICS[name].label), told])
        asked_of = (to_day(self.view.as_of), dict(self.view.where), *given)
        return Crowd(said, name, question, asked_of)

    def rule_changes(self) -> list[RuleChange]:
        """The changes of the rules up to the as-of date, the earliest first."""
        return [change for change in live.rule_changes(self.shown) if change.on <= self.view.as_of]

    @property
    def members(self) -> int:
        """How many members the reader looks at."""
        return int(self.now(["members_enrolled"])["members_enrolled"].iloc[0])

    @property
    def are_few(self) -> bool:
        """Whether the reader chose so few members that whatever they do may be chance."""
        return not self.view.is_whole and self.members < FEW

    def slices(self) -> list[str]:
        """The slices of members that tell the reader's members apart."""
        named = filters.CUTS.values()
        return [name for name in named if len(self.view.where.get(name) or live.labels(self.shown, name)) > 1]

    def countable(self, names: Iterable[str]) -> list[str]:
        """Those of the metrics that can be told of the members whom the reader chose."""
        return [name for name in names if METRICS[name].slices >= self.view.slices]

    def readings(self, names: Sequence[str]) -> dict[str, Reading]:
        """A reading of each metric: the period, the one before, the target and the months that led there."""
        asked = list(dict.fromkeys([*names, *(METRICS[name].proved_by for name in names)]))
        before, now = self.compared(asked, evaluated=evaluate_with_chance)
        return read(
            names,
            self.programme,
            (before.iloc[0], now.iloc[0]),
            self.monthly(names),
            self.view.span,
            whole=self.view.is_whole,
            few=self.are_few,
        )


def opened(title: str) -> Watched:
    """The page's first lines: title, where figures come from, the choices; it ends here where nothing is."""
    shown = _headed(title)
    view = filters.bar(shown)
    st.caption(filters.days(view.span))
    chips.row(view, shown)
    return _of_members(_page(shown, view, filters.said(view, shown)))


def opened_of_members_on_a_day(title: str) -> Watched:
    """The same of a page about what members are on a day, of which there is no period."""
    shown = _headed(title)
    view = filters.members_on_a_day(shown)
    chips.of_members_on_a_day(view, shown)
    return _of_members(_page(shown, view, filters.said_on_a_day(view, shown)))


def opened_on_a_day(title: str) -> Watched:
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


def _page(shown: live.Live, view: filters.View, said: str) -> Watched:
    """The page with those choices, which are told so where it is taken along."""
    sight = seen.now()
    sight.choices, sight.marks = said, marks.marks(shown)
    if sight.corner is not None:
        with sight.corner:
            saved_views.offer(live.opened(shown.workspace).registry, frame.drawing())
            mark_form.offer(shown, sight.marks)
    sight.page = Watched(_looked_at(shown, view), view)
    return sight.page


def _of_members(page: Watched) -> Watched:
    """The page, having said how many members are looked at, where the reader chose some: beside the chips
    that say which."""
    beside = seen.now().chips
    if not page.view.is_whole and beside is not None:
        few = _("{members}: too few to call what they do better or worse")
        told = figures.members(page.members)
        beside.caption(few.format(members=told) if page.are_few else told, width="content")
    return page


def _looked_at(shown: live.Live, view: filters.View) -> live.Live:
    """The state with those members alone who are in the reader's segment on the as-of day; the page ends
    here where nobody is."""
    if not view.segment:
        return shown
    own = live_members.own_segments(shown)
    chosen = replace(shown, among=segment_of(view.segment, to_day(view.as_of), own))
    with st.spinner(_("Finding the members of this segment and what they did …")):
        inside = live.snapshot(chosen).among
    if not inside:
        st.info(_("Nobody is in this segment on that day."), icon=":material/info:")
        st.stop()
    return chosen
