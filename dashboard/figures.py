"""Numbers, money, shares and dates as the reader's language writes them.

`short` is for tiles and axes (12.3k, 1.23万), `exact` for tooltips and tables. What is unknown is a dash,
never a nought: a ratio without a denominator has no value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, get_timezone_location
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_symbol,
)

from dashboard.i18n import _, language, locale, ngettext, words
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

UNKNOWN = "–"
_CHINESE = re.compile("[\u4e00-\u9fff]")
_AFTER_SIGN = re.compile(r"(?<=[+−])(?=[^\s\d])")
_BEFORE_UNIT = re.compile("(?<=[0-9]) (?=(?:pp|pts)\\b|个?百分点)")
_SMALL = 0.1  # money below which the currency's decimals say too little
_STEP = {"en": 1_000, "zh": 10_000}  # how far apart k and m, 万 and 亿 begin


def _signed(number: str) -> str:
    """A number with the sign of minus; locales write a hyphen, which is shorter than a plus."""
    return number.replace("-", "−")


def known(value: float | None) -> bool:
    """Whether there is a number at all."""
    return value is not None and math.isfinite(value)


def count(value: float | None) -> str:
    """A whole number with grouping: 12,345."""
    return _signed(format_decimal(round(value), locale=locale())) if known(value) else UNKNOWN


def members(number: float | None) -> str:
    """So many members: 1 member, 12,345 members."""
    return ngettext("{count} member", "{count} members", number).format(count=count(number))


def decimal(value: float | None, digits: int = 1) -> str:
    """A number with so many decimals: 1.8."""
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return _signed(format_decimal(value, format=pattern, locale=locale())) if known(value) else UNKNOWN


def short(value: float | None) -> str:
    """A number for a tile: 9,876, 12.3k, 4.56m; 1.23万, 3.45亿."""
    if not known(value):
        return UNKNOWN
    if abs(value) < 10_000:
        return count(value)
    return _settled(
        value,
        lambda number, digits: format_compact_decimal(number, locale=locale(), fraction_digits=digits),
    )


def share(value: float | None, digits: int = 1) -> str:
    """A share as a percentage: 12.3%."""
    pattern = "#,##0." + "0" * digits + "%"
    return _signed(format_percent(value, format=pattern, locale=locale())) if known(value) else UNKNOWN


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign: +1.2, −0.3; what rounds to nought has none."""
    rounded = round(value, digits)
    return f"{sign(rounded)}{decimal(abs(rounded), digits)}"


def signed_points(value: float | None, digits: int = 1) -> str:
    """A difference of shares in percentage points, with its sign: +3.1 pp."""
    return UNKNOWN if value is None else _("{points} pp").format(points=signed(value * 100, digits))


def brief_points(value: float, digits: int = 1) -> str:
    """The same where there is little room: Chinese has a shorter word for the unit."""
    return _("{points}\u00a0pp").format(points=signed(value * 100, digits))


def is_share(number: str) -> bool:
    """Whether a number in words is a share, or a difference of shares."""
    return "%" in number or number.endswith(_("{points} pp").format(points=""))


def signed_share(value: float | None, digits: int = 1) -> str:
    """A relative change with its sign: +3.1%, −0.4%; what rounds to nought has none."""
    if value is None:
        return UNKNOWN
    rounded = round(value, digits + 2)
    return f"{sign(rounded)}{share(abs(rounded), digits)}"


def sign(value: float | None) -> str:
    """+ or −; nothing for nought and the unknown."""
    return "" if not value else "+" if value > 0 else "−"


def money(value: float | None, currency: str) -> str:
    """An amount in currency units, in full."""
    if known(value) and 0 < abs(value) < _SMALL:
        return _small_money(value, currency)
    return _signed(format_currency(value, currency, locale=locale())) if known(value) else UNKNOWN


def short_money(value: float | None, currency: str) -> str:
    """An amount for a tile: £987.65, £9,876, £12.3k, ¥1.23万."""
    if not known(value):
        return UNKNOWN
    if 0 < abs(value) < _SMALL:
        return _small_money(value, currency)
    if abs(value) < 1_000 and value != round(value):
        return money(value, currency)
    if abs(value) < 10_000:
        return whole_money(value, currency)
    return _settled(
        value,
        lambda number, digits: format_compact_currency(
            number, currency, locale=locale(), fraction_digits=digits
        ),
    )


def whole_money(value: float | None, currency: str) -> str:
    """An amount without the currency's decimals: £12,345."""
    return _in_decimals(round(value), currency, 0) if known(value) else UNKNOWN


def currency_sign(currency: str) -> str:
    """The sign of a currency: CN¥ in English, ¥ in Chinese."""
    return get_currency_symbol(currency, locale=locale())


def _small_money(value: float, currency: str) -> str:
    """An amount too small for the currency's own decimals, with two digits that say something."""
    return _in_decimals(value, currency, 1 - math.floor(math.log10(abs(value))))


def _in_decimals(value: float, currency: str, digits: int) -> str:
    """An amount with so many decimals, however many the currency has."""
    pattern = "¤#,##0." + "0" * digits if digits else "¤#,##0"
    return _signed(format_currency(value, currency, format=pattern, locale=locale(), currency_digits=False))


def day(value: date) -> str:
    """A day: 31 Oct 2026, 2026年10月31日."""
    return _day(value, locale())


@lru_cache(maxsize=4096)  # every chart over time says the same ones
def _day(value: date, where: Locale) -> str:
    return format_date(value, format="medium", locale=where)


def moment(instant: datetime, programme: Programme | None) -> str:
    """An instant on the programme's clock, 31 Oct 2026 19:17."""
    at = local(instant, programme)
    return f"{day(at.date())} {at:%H:%M}"


def local(instant: datetime, programme: Programme | None) -> datetime:
    """The instant on the programme's clock, in UTC where there is no programme."""
    return instant.astimezone(programme.zone if programme else UTC)


def clock(programme: Programme) -> str:
    """Whose time the programme keeps: Shanghai, 上海."""
    return get_timezone_location(programme.zone, locale=locale(), return_city=True)


def month(value: date) -> str:
    """A month: Oct 2026, 2026年10月."""
    return format_skeleton("yMMM", value, locale=locale())


def year(value: date) -> str:
    """A year: 2026, 2026年."""
    return format_skeleton("y", value, locale=locale())


def month_of_year(value: date) -> str:
    """A month without its year: Oct, 10月."""
    return format_skeleton("MMM", value, locale=locale())


def day_of_year(value: date) -> str:
    """A day without its year: 20 Oct, 10月20日."""
    return format_skeleton("MMMd", value, locale=locale())


class Close(str):
    """The last `day` of a period in words; `upper` is the day or the month without its year, for an axis."""

    upper: str
    day: date


def are_months(days: Sequence[date]) -> bool:
    """Whether each day is the last of its month."""
    return all((last + timedelta(days=1)).day == 1 for last in days)


def closes(days: Sequence[date]) -> list[Close]:
    """Each day as a month where all are the last of theirs, in full otherwise."""
    month_ends = are_months(days)
    words = []
    for value in days:
        close = Close(month(value) if month_ends else day(value))
        close.upper = month_of_year(value) if month_ends else day_of_year(value)
        close.day = value
        words.append(close)
    return words


def below_an_axis(shown: Sequence[Close]) -> list[str]:
    """Closes in two short lines each; the year stands where it begins."""
    years = ["", *(year(close.day) for close in shown)]
    return [
        f"{close.upper}<br>{now}" if now != before else close.upper
        for close, before, now in zip(shown, years[:-1], years[1:], strict=True)
    ]


def span(first: date, last: date) -> str:
    """A span of days, both included: 1–31 Oct 2026."""
    return day(first) if first == last else format_interval(first, last, skeleton="yMMMd", locale=locale())


def words_of(programme: Programme) -> str:
    """The programme's name in the reader's language."""
    label = programme.label
    return words(Text(label.en or label.zh or programme.name, label.zh or label.en or programme.name))


def of_data(programme: Programme, given: str) -> str:
    """What the data call so (a region, channel, store or category), in the reader's language."""
    return words(programme.data_label(given)) if given in programme.labels else in_one_language(given)


def in_one_language(text: str) -> str:
    """The reader's part of a text of the source that says the same in both: Spring sale · 春季特卖."""
    first, apart, second = text.partition(" · ")
    is_both = apart and not _CHINESE.search(first) and _CHINESE.search(second)
    return text if not is_both else second if language() == "zh" else first


def as_tall(text: str) -> str:
    """Text that takes as tall a line as Chinese beside it, whose letters come from a taller font: a space of
    that font, which nobody sees, is enough."""
    return f"{text}\u3000" if language() == "zh" and not _CHINESE.search(text) else text


def unbroken(text: str) -> str:
    """Text whose numbers stay together at the end of a line, each with sign, currency and unit."""
    return _BEFORE_UNIT.sub("\u00a0", _AFTER_SIGN.sub("\u2060", text))


def unmarked(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([\\`*_\[\]<>~$#|:])", r"\\\1", text)


def _settled(value: float, written: Callable[[float, int], str]) -> str:
    """The compact form with three digits or so: 1.04m, 12.3m; 999,950 is 1m and not 1000k."""
    text = written(value, 2)
    if _leading(text) >= 10:
        text = written(value, 1)
    if _leading(text) == _STEP[language()]:
        text = written(math.copysign(10 ** math.ceil(math.log10(abs(value))), value), 1)
    return _signed(text.replace("K", "k").replace("M", "m"))


def _leading(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0
