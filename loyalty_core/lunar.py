"""The lunar new year, by which trade in China and its neighbours moves through the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache


@cache
def lunar_new_year(year: int) -> date:
    """The first day of the lunar year that begins in that year, as China keeps it."""
    from holidays import country_holidays

    kept = country_holidays("CN", years=year, language="en_US")
    return min(day for day in kept.get_named("Chinese New Year (Spring Festival)") if day.year == year)


def lunar_year_earlier(day: date) -> date:
    """The day of the year before that lies as far from the lunar new year of its own year."""
    shift = lunar_new_year(day.year) - lunar_new_year(day.year - 1)
    return day - timedelta(days=shift.days)
