"""Days, spans of them and amounts within sentences, as each language writes them (Unicode CLDR, by Babel)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency

from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Language, Text

LOCALES: dict[Language, Locale] = {"en": Locale("en", "GB"), "zh": Locale("zh", "CN", script="Hans")}


@lru_cache(maxsize=4096)  # a list of members says the same ones
def day_text(day: int) -> Text:
    """A day: 31 Oct 2026, 2026年10月31日."""
    en, zh = (format_date(to_date(day), format="medium", locale=LOCALES[one]) for one in ("en", "zh"))
    return Text(en, zh)


def days_text(days: int) -> Text:
    """So many days: 1 day, 17 days, 17 天."""
    return Text(f"{days} day" if days == 1 else f"{days} days", f"{days} 天")


def money_text(programme: Programme, minor: int) -> Text:
    """An amount of at least nought in the programme's currency: CN¥12.50, ¥12.50."""
    amount = minor / 10**programme.currency_decimals
    en, zh = (format_currency(amount, programme.currency, locale=LOCALES[one]) for one in ("en", "zh"))
    return Text(en, zh)
