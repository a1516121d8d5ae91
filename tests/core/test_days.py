"""Days, months and instants against the standard library's calendar."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.days import (
    add_months,
    day_of,
    days_in_each_year,
    in_month,
    latest_turn,
    month_ends,
    month_of,
    month_starts,
    next_turn,
    start_of,
    to_date,
    to_day,
    year_start,
)
from tests.core.drawn import EPOCH, ints, microseconds
from tests.core.plain_programme import months_later

ZONES = [
    "UTC",
    "Asia/Shanghai",  # summer time until 1991
    "America/New_York",
    "America/Sao_Paulo",  # the clock skipped midnight
    "America/Havana",  # the clock repeated the first hour of a day
    "Africa/Casablanca",  # four changes in some years
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kathmandu",
    "Pacific/Apia",  # had no 30 December 2011
]
dates = st.dates(date(1900, 1, 1), date(2100, 12, 31))
spans = st.tuples(dates, st.integers(0, 2000)).map(lambda pair: (to_day(pair[0]), to_day(pair[0]) + pair[1]))


@given(
    st.sampled_from(ZONES), st.lists(st.datetimes(datetime(1930, 1, 1), datetime(2090, 1, 1)), max_size=20)
)
def test_the_day_of_an_instant_is_its_local_date(zone: str, instants: list[datetime]) -> None:
    known = [at.replace(tzinfo=UTC) for at in instants]
    found = day_of(ints(microseconds(at) for at in known), ZoneInfo(zone))
    assert [to_date(day) for day in found] == [at.astimezone(ZoneInfo(zone)).date() for at in known]


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_clock_is_found_to_the_second(zone: str) -> None:
    quarters = microseconds(datetime(2010, 1, 1, tzinfo=UTC)) + np.arange(71_000) * 900_000_000
    around = np.concatenate([quarters, quarters - 1])
    local = [(EPOCH + timedelta(microseconds=int(us))).astimezone(ZoneInfo(zone)).date() for us in around]
    assert day_of(around, ZoneInfo(zone)).tolist() == [to_day(day) for day in local]


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_starts_at_its_first_instant(zone: str) -> None:
    days = np.arange(to_day(date(1985, 1, 1)), to_day(date(2030, 1, 1)))
    starts = start_of(days, ZoneInfo(zone))
    there = days != to_day(date(2011, 12, 30)) if zone == "Pacific/Apia" else days == days
    assert (day_of(starts, ZoneInfo(zone)) == days)[there].all()
    assert (day_of(starts - 1, ZoneInfo(zone)) < days).all()
    assert (np.diff(starts) > 0)[there[1:] & there[:-1]].all()


def test_a_day_that_a_zone_skipped_begins_with_the_next_one() -> None:
    days = ints([to_day(date(2011, 12, 30)), to_day(date(2011, 12, 31))])
    starts = start_of(days, ZoneInfo("Pacific/Apia"))
    assert starts[0] == starts[1]


def test_midnight_that_the_clock_skipped_is_one_in_the_morning() -> None:
    day = ints([to_day(date(2018, 11, 4))])
    assert start_of(day, ZoneInfo("America/Sao_Paulo"))[0] == microseconds(
        datetime(2018, 11, 4, 3, tzinfo=UTC)
    )


@given(st.lists(dates, max_size=20), st.integers(-240, 240))
def test_months_are_added_as_a_calendar_does(some: list[date], months: int) -> None:
    found = add_months(ints(to_day(day) for day in some), months)
    assert [to_date(day) for day in found] == [months_later(day, months) for day in some]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 2, 28), 12, date(2024, 2, 28)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
    ],
)
def test_a_day_that_the_month_lacks_is_its_last(day: date, months: int, then: date) -> None:
    assert to_date(add_months(ints([to_day(day)]), months)[0]) == then


@given(dates, dates, st.integers(-30, 30))
def test_adding_months_keeps_the_order_of_days(one: date, other: date, months: int) -> None:
    early, late = add_months(ints(sorted([to_day(one), to_day(other)])), months)
    assert early <= late


@given(spans)
def test_month_starts_and_ends_are_those_within_the_span(span: tuple[int, int]) -> None:
    days = [to_date(day) for day in range(span[0], span[1] + 1)]
    starts = [to_day(day) for day in days if day.day == 1]
    ends = [to_day(day) for day in days if day.day == calendar.monthrange(day.year, day.month)[1]]
    assert month_starts(*span).tolist() == starts
    assert month_ends(*span).tolist() == ends


@given(spans, st.lists(st.sampled_from(["01-01", "02-28", "02-29", "04-31", "12-31"])))
def test_a_day_of_each_year_comes_once_and_no_later_than_the_month_ends(span, month_days) -> None:
    wanted = set()
    for day in (to_date(day) for day in range(span[0], span[1] + 1)):
        for month, number in (map(int, text.split("-")) for text in month_days):
            if day.month == month and day.day == min(number, calendar.monthrange(day.year, month)[1]):
                wanted.add(to_day(day))
    assert days_in_each_year(month_days, *span).tolist() == sorted(wanted)


def test_no_instants_and_no_days_are_answered_with_none() -> None:
    assert day_of(ints(), ZoneInfo("UTC")).tolist() == []
    assert start_of(ints(), ZoneInfo("UTC")).tolist() == []


@given(dates, st.sampled_from([1, 2, 12, 15]), st.integers(0, 3000), st.integers(-3, 3))
def test_turns_are_whole_periods_after_their_anchor(
    anchor: date, months: int, later: int, aside: int
) -> None:
    nearby = months_later(anchor, months * (later // 300)) + timedelta(days=aside)
    for day in (anchor + timedelta(days=later), max(nearby, anchor)):
        turns = [months_later(anchor, months * n) for n in range(150)]
        latest, following = max(t for t in turns if t <= day), min(t for t in turns[1:] if t > day)
        of = ints([to_day(anchor)]), months, ints([to_day(day)])
        assert to_date(latest_turn(*of)[0]) == latest
        assert to_date(next_turn(*of)[0]) == following


@given(st.lists(dates, max_size=8))
def test_a_year_starts_on_1_january_however_many_days_are_asked_for(some: list[date]) -> None:
    close = [day.replace(year=2024, day=1) for day in some] * 400
    for asked in (some, close):
        starts = year_start(ints([to_day(day) for day in asked]))
        assert [to_date(day) for day in starts] == [date(day.year, 1, 1) for day in asked]


@given(st.lists(dates, max_size=8))
def test_days_know_their_place_in_their_month(some: list[date]) -> None:
    for asked in (some, [day.replace(year=2024, day=1) for day in some]):  # any year, and one that is kept
        days = ints([to_day(day) for day in asked])
        assert month_of(days).tolist() == [day.month for day in asked]
        month, of_month, last = (part.tolist() for part in in_month(days))
        assert (month, of_month) == ([day.month for day in asked], [day.day for day in asked])
        assert last == [calendar.monthrange(day.year, day.month)[1] for day in asked]


@given(dates, st.sets(st.integers(0, 60), max_size=61), st.sampled_from([-13, -1, 1, 12]))
def test_months_are_added_alike_to_few_days_and_to_many(first: date, steps: set[int], months: int) -> None:
    days = ints(sorted(to_day(first) + step for step in steps))
    one_by_one = [int(add_months(ints([day]), months)[0]) for day in days]
    assert add_months(days, months).tolist() == one_by_one
    assert add_months(np.repeat(days, 3), months).tolist() == np.repeat(one_by_one, 3).tolist()
