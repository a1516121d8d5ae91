"""Which days a page looks at: the chosen period, the one before it, and the months that led there.

A month, quarter or year ends at the as-of date and is as long as its name says: on 31 October a month is
October, on 17 November it is 18 October to 17 November. So two periods compare whole with whole. This month,
quarter or year is what has passed of the calendar's: on 17 November the 1st to the 17th, compared with the
same days of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dashboard.i18n import N_
from loyalty_core.days import to_date, to_day
from loyalty_core.lunar import lunar_year_earlier
from loyalty_core.periods import Periods, month_closes, months_in, periods, year_earlier

MONTHS = {"month": 1, "quarter": 3, "year": 12}
SO_FAR = {"this_month": 1, "this_quarter": 3, "this_year": 12}  # of the calendar, running on the as-of date
CUSTOM, LATEST_DAYS = "custom", 30
BEFORE, YEAR, LUNAR, TARGET = "before", "year", "lunar", "target"
# What a period is compared with, as the choice names it and as a sentence does.
AGAINST = {
    BEFORE: (N_("Period before"), N_("the period before")),
    YEAR: (N_("Last year"), N_("a year before")),
    LUNAR: (N_("Lunar year"), N_("a lunar year before")),
    TARGET: (N_("Target"), N_("the target")),
}
NAMES = {
    "month": N_("Month"),
    "quarter": N_("Quarter"),
    "year": N_("12 months"),
    "this_month": N_("This month"),
    "this_quarter": N_("This quarter"),
    "this_year": N_("This year"),
    CUSTOM: N_("Custom"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """The chosen period, first and last day included, how it was chosen and what it is compared with."""

    kind: str
    first: date
    last: date
    against: str = BEFORE

    @property
    def compared(self) -> tuple[Periods, ...]:
        """The period that it is compared with, and the period: one after the other, or apart."""
        earlier = periods(*map(to_day, self.before))
        if self.kind in SO_FAR:
            return earlier, periods(to_day(self.first), to_day(self.last))
        if self.against in (BEFORE, TARGET):
            return (closed(self._closes()),)
        return earlier, closed(self._closes()[1:])

    @property
    def before(self) -> tuple[date, date]:
        """First and last day of the period that it is compared with."""
        if self.against in (YEAR, LUNAR):
            return self._year_earlier(self.first), self._year_earlier(self.last)
        if self.kind in SO_FAR:
            (last, _now) = _month_closes(self.last, SO_FAR[self.kind], 1)
            earlier = span_of_months(self.kind, to_date(last))
            return earlier.first, earlier.last
        _start, opening, close, _last = self._closes()
        return to_date(opening + 1), to_date(close)

    @property
    def months(self) -> float:
        """How many months it is: as its name says, else by the share of each month that it covers."""
        return MONTHS.get(self.kind) or months_in(to_day(self.first), to_day(self.last))

    @property
    def full_months(self) -> float:
        """How many months it will be when it is over."""
        return SO_FAR.get(self.kind) or self.months

    def _closes(self) -> list[int]:
        if self.kind == CUSTOM:
            days = (self.last - self.first).days + 1
            return [to_day(self.last) - days * back for back in (3, 2, 1, 0)]
        return _month_closes(self.last, MONTHS[self.kind], 3)

    def _year_earlier(self, day: date) -> date:
        """That day a year before; the last of a month stays one, so that a month is compared whole."""
        if self.against == LUNAR:
            return lunar_year_earlier(day)
        at_month_end = (day + timedelta(days=1)).day == 1
        return to_date(_month_closes(day, 12, 1)[0]) if at_month_end else to_date(year_earlier(to_day(day)))


def span_of_months(kind: str, as_of: date, against: str = BEFORE) -> Span:
    """The month, quarter or year that ends at the as-of date, or what has passed of the calendar's."""
    if kind in SO_FAR:
        begun = as_of.month - (as_of.month - 1) % SO_FAR[kind]
        return Span(kind, as_of.replace(month=begun, day=1), as_of, against)
    return Span(kind, to_date(_month_closes(as_of, MONTHS[kind], 1)[0] + 1), as_of, against)


def to_choose(as_of: date, against: Sequence[str] = (BEFORE, YEAR, LUNAR)) -> list[Periods]:
    """The days that a reader compares, with any of those, who chooses any of the periods that end then."""
    spans = [span_of_months(kind, as_of) for kind in (*MONTHS, *SO_FAR)]
    spans.append(Span(CUSTOM, latest_days_begin(as_of), as_of))
    compared = [replace(span, against=other) for other in against for span in spans]
    return [days for span in compared for days in span.compared]


def latest_days_begin(last: date) -> date:
    """Where days of one's own begin before one says so."""
    return last - timedelta(days=LATEST_DAYS - 1)


def months_until(as_of: date, most: int, begins: date = date.min) -> Periods:
    """Months one after the other, the last ending at the as-of date: so many, or as many as hold facts."""
    return periods_until("month", as_of, most, begins)


def periods_until(kind: str, as_of: date, most: int, begins: date = date.min) -> Periods:
    """As `months_until`, of months, quarters or years."""
    closes = _month_closes(as_of, MONTHS[kind], most + 1)
    empty = sum(close < to_day(begins) for close in closes[2:-1])
    return closed(closes[empty:])


def closed(closes: Sequence[int]) -> Periods:
    """Periods that end at each close; the first two closes bound the period that precedes them."""
    days = np.array(closes, np.int64)
    return Periods(days[1:-1] + 1, days[2:], int(days[0]) + 1)


def _month_closes(as_of: date, length: int, count: int) -> list[int]:
    return month_closes(to_day(as_of), length, count)
