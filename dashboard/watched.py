"""The programme as a page watches it: its state, seen through the reader's choice of days and members.

Every page of the section Watch begins with `page = watched.opened(title)` and asks `page` for numbers; so the
same choices hold on all of them, and a page says no more than which numbers it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import filters, frame, live
from dashboard.readings import Reading
from dashboard.readings import readings as read
from dashboard.spans import months_until
from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme

MONTHS = 24


@dataclass(frozen=True, slots=True)
class Watched:
    """One published state, and what the reader chose to see of it."""

    shown: live.Live
    view: filters.View

    @property
    def programme(self) -> Programme:
        return self.shown.programme

    def compared(self, names: Sequence[str], by: Sequence[str] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The metrics (by slice) of the period before, and of the chosen one."""
        periods = self.view.span.compared
        both = live.measured(self.shown, periods, names, by, self.view.where)
        before, now = (both["period_end"] == pd.Timestamp(to_date(close)) for close in periods.last)
        return both[before], both[now]

    def now(self, names: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
        """The metrics (by slice) of the chosen period."""
        return self.compared(names, by)[1]

    def monthly(self, names: Sequence[str], by: Sequence[str] = (), most: int = MONTHS) -> pd.DataFrame:
        """The metrics (by slice) of the months that led to the as-of date, oldest first."""
        months = months_until(self.view.as_of, most, live.begins(self.shown))
        return live.measured(self.shown, months, names, by, self.view.where)

    def readings(self, names: Sequence[str]) -> dict[str, Reading]:
        """A reading of each metric: the period, the one before, the target and the months that led there."""
        before, now = self.compared(names)
        return read(
            names,
            self.programme,
            (before.iloc[0], now.iloc[0]),
            self.monthly(names),
            whole=self.view.is_whole,
            a_month=self.view.span.kind == "month",
        )


def opened(title: str) -> Watched:
    """The page's first lines: title, where figures come from, the choices; it ends here where nothing is."""
    shown = live.now()
    frame.heading(title, shown)
    if shown is None:
        frame.empty()
    view = filters.bar(shown)
    st.caption(filters.said(view, shown))
    return Watched(shown, view)
