"""The programme as a page watches it: its state, seen through the reader's choice of days and members.

Every page of the section Watch begins with `page = page_header.opened(title)` and asks `page` for numbers; so
the same choices hold on all of them, and a page says no more than which numbers it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from dashboard import figures, filters, live
from dashboard.charts import Figure, closes, drawn
from dashboard.i18n import words
from dashboard.live import Answer
from dashboard.picks import Crowd, Crowds
from dashboard.readings import Reading
from dashboard.readings import readings as read
from dashboard.spans import months_until
from data.rule_changes import RuleChange
from data.some_members import members_behind
from loyalty_core.days import to_date, to_day
from loyalty_core.metrics.by_member import can_be_told_by_member
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
class WatchPage:
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

    def beyond(self, division: str) -> WatchPage:
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

    def behind_months(self, figure: Figure) -> Crowds | None:
        """Who is behind each month of a figure over time, by series; None where no members make it up."""
        told = [
            one
            for one in drawn(figure)
            if METRICS[one[1]].slices >= self.view.slices and can_be_told_by_member(METRICS[one[1]], one[2])
        ]
        months = {to_date(int(one.last[0])): one for one in self.months().blocks(1)} if told else {}
        found: dict[str, tuple[Crowd, ...]] = {}
        for place, (point, day) in enumerate(closes(figure)):
            close = date.fromisoformat(day)
            if close in months:
                found[point] = tuple(
                    replace(
                        self.adding(metric, _of(point, label, where), days=months[close], **where), on=close
                    )
                    for label, metric, where, values in told
                    if values[place] is not None
                )
        known = {point: crowds for point, crowds in found.items() if crowds}
        return Crowds(known) if known else None

    def rule_changes(self) -> list[RuleChange]:
        """The changes of the rules up to the as-of date, the earliest first."""
        return [change for change in live.rule_changes(self.shown) if change.on <= self.view.as_of]

    @property
    def members(self) -> int:
        """How many members the reader looks at."""
        return int(self.now(["members_enrolled"])["members_enrolled"].iloc[0])

    @property
    def are_few(self) -> bool:
        """Whether so few members are looked at, chosen or all that there are, that whatever they do may be
        chance."""
        return self.members < FEW

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


def _of(point: str, label: str, where: Mapping[str, Sequence[str]]) -> str:
    """A point of a series in words, beside the metric's own."""
    return f"{label} · {point}" if where else str(point)
