"""Words that know what they stand for: a figure or a day as it is read, by which tables put rows in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from numbers import Real
from typing import Any, Self

import pandas as pd

from dashboard import figures
from loyalty_core.rules.programme import Programme

BLANK = ("", figures.UNKNOWN)  # how what is unknown is written
_EXACT = 2**53  # beyond which browsers do not tell whole numbers apart


class Told(str):
    """A text with its number, None where that is unknown."""

    __slots__ = ("number",)
    number: float | None

    def __new__(cls, text: str, number: float | None) -> Self:
        one = super().__new__(cls, text)
        one.number = number
        return one

    def __getnewargs__(self) -> tuple[str, float | None]:
        """What a copy is made of."""
        return str(self), self.number


def told_day(day: date, text: str = "") -> Told:
    """A day in words, those of `text` where there are any; its number is of its digits alone, 20261031."""
    return Told(text or figures.day(day), float(f"{day:%Y%m%d}"))


def told_moment(instant: datetime, programme: Programme | None) -> Told:
    """An instant on the programme's clock; its number is of its digits alone, 202610311917."""
    local = figures.local(instant, programme)
    return Told(figures.moment(instant, programme), float(f"{local:%Y%m%d%H%M}"))


def numbers(values: Sequence[Any]) -> list[float] | None:
    """What a table sorts by, of unknown ones not a number; None where values are words, or beyond what a
    browser's table counts exactly."""
    found = [number for value in values if (number := _number(value)) is not None]
    known = [abs(one) for one in found if not math.isnan(one)]
    are_figures = len(found) == len(values) and bool(known)
    return found if are_figures and max(known) < _EXACT else None


def _number(value: Any) -> float | None:
    """Not a number where it is unknown, None of words and of what has no order."""
    if isinstance(value, Told):
        return math.nan if value.number is None else float(value.number)
    if isinstance(value, str):
        return math.nan if value in BLANK else None
    if value is None or value is pd.NaT:
        return math.nan
    if isinstance(value, date):
        return told_day(value).number
    return float(value) if isinstance(value, Real) else None
