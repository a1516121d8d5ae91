"""Business days, months and instants: whole numbers, so that a date is never a matter of rounding.

A day counts from 1970-01-01 on the programme's calendar; an instant is a microsecond in UTC. The
programme's time zone alone decides which day an instant belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Ints

NEVER = np.int32(2**31 - 1)  # a day that does not come
DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_KEPT_FROM, _KEPT_UNTIL = 7_305, 32_873  # 1990 to 2059
_KEPT_MONTHS_FROM, _KEPT_MONTHS_UNTIL = 240, 1_080
_BEGINNING = np.iinfo(np.int64).min


def to_day(value: date) -> int:
    """A date as days since 1970-01-01."""
    return value.toordinal() - _EPOCH


def to_date(day: int) -> date:
    """The date of a day."""
    return date.fromordinal(int(day) + _EPOCH)


def day_of(at_us: Ints, zone: ZoneInfo) -> Ints:
    """The local date of each instant (int64 microseconds, UTC), as int32 days."""
    at = np.asarray(at_us, np.int64)
    if at.size == 0:
        return at.astype(np.int32)
    begins, offsets = _clock(zone, at.min() // DAY_US, at.max() // DAY_US)
    local = at + offsets[np.searchsorted(begins, at, side="right") - 1]
    days: Ints = np.floor_divide(local, DAY_US).astype(np.int32)
    return days


def begin_of(day: int, zone: ZoneInfo) -> datetime:
    """The first instant of one day, as `start_of`, in UTC."""
    return datetime.fromtimestamp(int(start_of(np.array([day]), zone)[0]) / 1_000_000, UTC)


def start_of(day: Ints, zone: ZoneInfo) -> Ints:
    """The first instant of each day (int64 microseconds, UTC): local midnight.

    Where the clock skips midnight it is the instant of the skip; a day that the zone skipped
    altogether begins where the next one does.
    """
    midnight = np.asarray(day, np.int64) * DAY_US
    if midnight.size == 0:
        return midnight
    begins, offsets = _clock(zone, midnight.min() // DAY_US, midnight.max() // DAY_US)
    # A stretch of the clock holds midnight if its last local time is later than midnight.
    ends = np.maximum.accumulate(begins[1:] + offsets[:-1])
    stretch = np.searchsorted(ends, midnight, side="right")
    instants: Ints = np.maximum(begins[stretch], midnight - offsets[stretch])
    return instants


def add_months(day: Ints, months: int | Ints) -> Ints:
    """The same day of the month `months` later (earlier if negative), int32.

    Clipped to the month's end: 31 January and one month give 28 or 29 February.
    """
    if isinstance(months, int):
        days = np.asarray(day)
        if _are_kept(days, _KEPT_FROM, _KEPT_UNTIL):
            return _kept_months_on(months).take(days - _KEPT_FROM)  # faster than [] for short numbers
        return _reckoned(lambda some: _months_on(some, months), days)
    return _months_on(np.asarray(day, np.int64), months)


def months_passed_on(day: Ints, months: int) -> Ints:
    """The first day from which on each day lies no later than `months` before, int64.

    That is the same day of a later month; the first of the next where the month is too short to have it.
    """
    same = add_months(day, months).astype(np.int64)
    return same + (add_months(same, -months) < day)


def latest_turn(anchor: Ints, months: int | Ints, day: Ints) -> Ints:
    """The latest day up to `day` that lies whole periods of `months` after each anchor, int32.

    The anchor itself before the first. Periods of 29 February or the 31st end on the month's last
    day where it is shorter, and later ones on the day itself again.
    """
    return add_months(anchor, _periods_passed(anchor, months, day) * months)


def next_turn(anchor: Ints, months: int | Ints, day: Ints) -> Ints:
    """The first day after `day` that lies one or more whole periods of `months` after each anchor, int32."""
    return add_months(anchor, (_periods_passed(anchor, months, day) + 1) * months)


def year_start(day: Ints) -> Ints:
    """The 1 January of each day's year, int32."""
    return _reckoned(lambda days: _year(days).astype("datetime64[D]").astype(np.int32), day)


def weekday_of(day: Ints) -> Ints:
    """The day of the week of each day, 0 on Mondays."""
    weekdays: Ints = (np.asarray(day, np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return weekdays


def month_of(day: Ints) -> Ints:
    """The month of each day, 1 … 12."""
    if _are_kept(day, _KEPT_FROM, _KEPT_UNTIL):
        return _kept_months_of_year().take(day - _KEPT_FROM)
    return _months(np.asarray(day, np.int64)) % 12 + 1


def in_month(day: Ints) -> tuple[Ints, Ints, Ints]:
    """Of each day the month (1 … 12), the day of the month, and the last day that the month has."""
    days = np.asarray(day, np.int64)
    months = _months(days)
    begin = _first_day(months)
    return months % 12 + 1, days - begin + 1, _first_day(months + 1) - begin


def month_starts(first: int, last: int) -> Ints:
    """The first days of months from `first` to `last`, both included, int32."""
    around = _months(np.array([first, last], np.int64))
    days = _first_day(np.arange(around[0], around[1] + 1))
    return days[(days >= first) & (days <= last)].astype(np.int32)


def month_ends(first: int, last: int) -> Ints:
    """The last days of months from `first` to `last`, both included, int32."""
    return month_starts(first + 1, last + 1) - np.int32(1)


def days_in_each_year(month_days: Iterable[str], first: int, last: int) -> Ints:
    """Each MM-DD in each year from `first` to `last`, both included, ascending, once each, int32.

    A day that its month does not have in a year (02-29, 04-31) falls on the month's last day.
    """
    years = np.arange(to_date(first).year, to_date(last).year + 1) - 1970
    found = [np.zeros(0, np.int64)]
    for month_day in month_days:
        month, day = (int(part) for part in month_day.split("-"))
        months = years * 12 + month - 1
        month_end = _first_day(months + 1) - 1
        found.append(np.minimum(_first_day(months) + day - 1, month_end))
    days = np.unique(np.concatenate(found))
    return days[(days >= first) & (days <= last)].astype(np.int32)


def _reckoned(reckon: Callable[[Ints], Ints], day: Ints) -> Ints:
    """What the calendar says of each day or month, once per day where there are fewer days than values."""
    days = np.asarray(day, np.int64)
    first, last = (int(days.min()), int(days.max())) if days.size else (0, 0)
    if last - first >= days.size:
        return reckon(days)
    return reckon(np.arange(first, last + 1))[days - first]


def _months_on(days: Ints, months: int | Ints) -> Ints:
    month = _months(days)
    day_of_month = days - _first_day(month)
    last = _first_day(month + (months + 1)) - 1
    return np.minimum(_first_day(month + months) + day_of_month, last).astype(np.int32)


def _are_kept(values: Ints, begin: int, end: int) -> bool:
    """Whether what the calendar says of these days, or months, is kept: there are some, and none lies far
    off."""
    return bool(values.size) and int(values.min()) >= begin and int(values.max()) < end


@lru_cache(maxsize=256)
def _kept_months_on(months: int) -> Ints:
    """The same day so many months later for all days that are kept; rules ask this time and again."""
    return _months_on(np.arange(_KEPT_FROM, _KEPT_UNTIL), months)


def _year(days: Ints) -> npt.NDArray[np.datetime64]:
    return days.astype("datetime64[D]").astype("datetime64[Y]")


def _periods_passed(anchor: Ints, months: int | Ints, day: Ints) -> Ints:
    apart: Ints = _months(np.asarray(day, np.int64)) - _months(np.asarray(anchor, np.int64))
    passed: Ints = apart // months
    full: Ints = np.where(add_months(anchor, passed * months) > day, passed - 1, passed)
    return np.maximum(full, 0)


def _months(day: Ints) -> Ints:
    """Months since January 1970."""
    if _are_kept(day, _KEPT_FROM, _KEPT_UNTIL):
        return _kept_months().take(day - _KEPT_FROM)
    return _reckoned(_months_of, day)


@lru_cache(maxsize=1)
def _kept_months() -> Ints:
    """The months of all days that are kept."""
    return _months_of(np.arange(_KEPT_FROM, _KEPT_UNTIL))


@lru_cache(maxsize=1)
def _kept_months_of_year() -> Ints:
    """The same, of the year: 1 … 12."""
    return _kept_months() % 12 + 1


def _months_of(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_day(month: Ints) -> Ints:
    """The first day of months since January 1970."""
    if _are_kept(month, _KEPT_MONTHS_FROM, _KEPT_MONTHS_UNTIL):
        return _kept_first_days().take(month - _KEPT_MONTHS_FROM)
    return _reckoned(_first_day_of, month)


@lru_cache(maxsize=1)
def _kept_first_days() -> Ints:
    """The first days of all months that are kept."""
    return _first_day_of(np.arange(_KEPT_MONTHS_FROM, _KEPT_MONTHS_UNTIL))


def _first_day_of(months: Ints) -> Ints:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _clock(zone: ZoneInfo, first: int, last: int) -> tuple[Ints, Ints]:
    """When each stretch of constant UTC offset around those UTC days begins, and the offset, both in µs.

    The first stretch begins before everything.
    """
    years = range(max(to_date(first - 2).year, 2), min(to_date(last + 2).year, 9998) + 1)
    turns = [turn for year in years for turn in _turns(zone, year)]
    opening = _offset_us(zone, _new_year(years[0]))
    begins = [_BEGINNING, *(instant for instant, _ in turns)]
    return np.array(begins, np.int64), np.array([opening, *(offset for _, offset in turns)], np.int64)


@lru_cache(maxsize=4096)
def _turns(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The instants of that UTC year at which the zone's offset changes, and the offset from then on, µs.

    The standard library keeps its table of changes to itself, so each day's offset is asked for.
    """
    begin, end = _new_year(year), _new_year(year + 1)
    days = [begin + DAY_US * n for n in range((end - begin) // DAY_US + 1)]
    offsets = [_offset_us(zone, day) for day in days]
    changed = (n for n in range(len(days) - 1) if offsets[n] != offsets[n + 1])
    turns = (_turn(zone, days[n], days[n + 1]) for n in changed)
    return tuple((turn, _offset_us(zone, turn)) for turn in turns)


def _turn(zone: ZoneInfo, before: int, after: int) -> int:
    """The first instant whose offset differs from that of `before`; clocks turn at whole seconds."""
    old = _offset_us(zone, before)
    low, high = before // _SECOND_US, after // _SECOND_US
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_us(zone, middle * _SECOND_US) == old else (low, middle)
    return high * _SECOND_US


def _new_year(year: int) -> int:
    return to_day(date(year, 1, 1)) * DAY_US


def _offset_us(zone: ZoneInfo, at_us: int) -> int:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)
