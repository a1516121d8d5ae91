"""The lunar new year on its published days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loyalty_core.lunar import lunar_new_year, lunar_year_earlier

# Hong Kong Observatory, Gregorian–Lunar Calendar Conversion Tables.
PUBLISHED = """2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-18
2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28
2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06
2028-01-26 2029-02-13 2030-02-03"""


@pytest.mark.parametrize("day", [*map(date.fromisoformat, PUBLISHED.split())], ids=str)
def test_the_lunar_year_begins_on_the_published_day(day: date) -> None:
    assert lunar_new_year(day.year) == day


def test_a_day_of_the_lunar_year_before_is_as_far_from_its_new_year() -> None:
    week_before = date(2026, 2, 17) - timedelta(days=7)
    assert lunar_year_earlier(week_before) == date(2025, 1, 29) - timedelta(days=7)
