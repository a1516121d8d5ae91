"""Numbers, money and dates read as people of each language write them."""

from __future__ import annotations

import copy
import math
from datetime import UTC, date, datetime

import pytest

from dashboard import figures
from dashboard.i18n import speaking
from dashboard.told import Told, numbers, told_day, told_moment
from loyalty_core.text import Language


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (0, "0", "0"),
        (9_876, "9,876", "9,876"),
        (12_345, "12.3k", "1.23万"),
        (10_448, "10.4k", "1.04万"),
        (999_949, "999.9k", "100万"),
        (999_950, "1m", "100万"),
        (1_234_567, "1.23m", "123.5万"),
        (99_999_600, "100m", "1亿"),
        (345_678_901, "345.7m", "3.46亿"),
        (-12_345, "−12.3k", "−1.23万"),
    ],
)
def test_a_tile_shows_a_short_number(value: float, english: str, chinese: str) -> None:
    assert figures.short(value) == english
    with speaking("zh"):
        assert figures.short(value) == chinese


@pytest.mark.parametrize(
    ("value", "currency", "language", "shown"),
    [
        (1_234.56, "CNY", "en", "CN¥1,235"),
        (1_234.56, "CNY", "zh", "¥1,235"),
        (12_345.6, "GBP", "en", "£12.3k"),
        (12_345.6, "CNY", "zh", "¥1.23万"),
        (999_990, "GBP", "en", "£1m"),
        (-1_500_000, "GBP", "en", "−£1.5m"),
    ],
)
def test_a_tile_shows_short_money(value: float, currency: str, language: Language, shown: str) -> None:
    with speaking(language):
        assert figures.short_money(value, currency) == shown


def test_money_in_full_has_the_currency_s_decimals() -> None:
    assert figures.money(1_234_567.8, "GBP") == "£1,234,567.80"
    assert figures.money(1_234, "JPY") == "JP¥1,234"


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
def test_what_is_unknown_is_a_dash_and_never_a_nought(unknown: float | None) -> None:
    shown = [figures.count, figures.decimal, figures.short, figures.share]
    assert {form(unknown) for form in shown} == {"–"}
    assert figures.money(unknown, "GBP") == figures.short_money(unknown, "GBP") == "–"


def test_shares_and_differences_carry_their_sign() -> None:
    assert figures.share(0.4236) == "42.4%"
    assert figures.signed_share(0.031) == "+3.1%"
    assert figures.signed_share(-0.031) == "−3.1%"
    assert figures.signed(-0.26) == "−0.3"


def test_days_months_and_spans_are_written_out() -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    assert figures.day(last) == "31 Oct 2026"
    assert figures.month(last) == "Oct 2026"
    assert figures.span(first, last) == "1–31 Oct 2026"
    assert figures.span(last, last) == "31 Oct 2026"
    with speaking("zh"):
        assert figures.day(last) == "2026年10月31日"
        assert figures.month(last) == "2026年10月"
        assert figures.span(first, last) == "2026年10月1日至31日"


def test_numbers_stay_together_at_the_end_of_a_line() -> None:
    told = figures.unbroken("up 7.7 pp to +CN¥3, −¥4; 8.1 个百分点")
    assert told == "up 7.7\u00a0pp to +\u2060CN¥3, −\u2060¥4; 8.1\u00a0个百分点"
    assert figures.unbroken("+3.1% of 5 people") == "+3.1% of 5 people"


def test_what_is_told_knows_by_what_it_sorts() -> None:
    one = Told("12.3k", 12_345)
    assert one == "12.3k" and copy.deepcopy(one).number == 12_345
    instant = datetime(2026, 10, 31, 19, 17, tzinfo=UTC)
    with speaking("zh"):
        days = [told_day(date(2026, 10, 31)), told_day(date(2026, 9, 1), "九月"), told_moment(instant, None)]
    assert days[:2] == ["2026年10月31日", "九月"]
    assert [day.number for day in days] == [20261031, 20260901, 202610311917]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([3, 20.5, -1], [3, 20.5, -1]),
        ([Told("1.2k", 1200), Told("90", 90)], [1200, 90]),
        ([date(2026, 10, 31), date(2026, 9, 1)], [20261031, 20260901]),
        (["3", "20"], None),
        ([1, "some"], None),
        ([2**53, 1], None),  # which browsers count no further
        ([None, ""], None),
        ([], None),
    ],
)
def test_a_column_is_sorted_by_number_where_all_of_it_is_figures(values: list, found: list | None) -> None:
    assert numbers(values) == found


def test_what_is_unknown_among_figures_has_no_number() -> None:
    assert [math.isnan(one) for one in numbers([1, None, "–", Told("–", None)])] == [False, True, True, True]
