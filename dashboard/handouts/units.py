"""In which unit a number is, read off its words on the page, and how a spreadsheet writes it."""

from __future__ import annotations

import re

from dashboard import figures
from dashboard.i18n import _

PERCENT = "0.0%"


def unit_of(number: str) -> str:
    """The unit of a number in words: PERCENT of shares and their differences, the sign of money, or none."""
    return PERCENT if figures.is_share(number) else sign_before(number)


def is_in_points(number: str) -> bool:
    """Whether a number in words is a difference of shares."""
    return number.endswith(_("{points} pp").format(points=""))


def sign_before(number: str) -> str:
    """The sign of a currency before a number in words; nothing where there is none."""
    found = re.match(r"[+−]?([^\d\s+−]{1,4})\d", number)
    return found.group(1) if found else ""


def written_as(value: float, unit: str, otherwise: str) -> str:
    """How a spreadsheet writes a value: shares in percent, money with its sign, thousands apart; a fraction
    with two decimals, unless these would hide what it is."""
    if unit == PERCENT:
        return PERCENT
    is_whole = float(value).is_integer()
    if unit:
        return f'"{unit}"#,##0' if is_whole else f'"{unit}"#,##0.00'
    if is_whole:
        return "#,##0"
    return "#,##0.00" if abs(value) >= 1 else otherwise
