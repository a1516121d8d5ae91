"""Days as people name them on the command line, held against those that the data know."""

from __future__ import annotations

import sys
from datetime import date

from loyalty_core.errors import InputError

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)  # no programme's calendar goes beyond


def day_named(option: str, text: str) -> int:
    """The day that an option names; InputError where that is none."""
    from loyalty_core.days import to_day

    try:
        named = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text}: no date; write it like 2026-10-31") from None
    if not EARLIEST <= named <= LATEST:
        raise InputError(f"{option} {text}: no day of a programme; name one from {EARLIEST} to {LATEST}")
    return to_day(named)


def day_reached(option: str, text: str, last: date | None) -> int:
    """The day that an option names; InputError where the data, which end on `last`, do not reach it."""
    from loyalty_core.days import to_day

    day = day_named(option, text)
    if last is not None and day > to_day(last):
        raise InputError(f"{option} {text}: the data reach until {last}; ask for no later day")
    return day


def refuse_before(day: int, first: int) -> None:
    """InputError for the close of a day on which the data had not begun."""
    from loyalty_core.days import to_date

    if day < first:
        raise InputError(
            f"{to_date(day)} is before the first day of the data, {to_date(first)}; ask for a later one"
        )


def tell_before(day: int, first: int) -> None:
    """Say on standard error that the data begin after the day asked for."""
    from loyalty_core.days import to_date

    if day < first:
        sys.stderr.write(f"note: the data begin on {to_date(first)}; nothing is known of the days before\n")


def tell_after(day: int, last: date | None) -> None:
    """Say on standard error that the data, which end on `last`, end before the day asked for."""
    from loyalty_core.days import to_day

    if last is not None and day > to_day(last):
        sys.stderr.write(f"note: the data reach until {last}; nothing is known of the days after\n")
