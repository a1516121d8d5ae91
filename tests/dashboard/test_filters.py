"""Spans of days are whole and comparable, and the address alone brings a view back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.spans import CUSTOM, MONTHS, Span, months_until, span_of_months
from loyalty_core.days import to_date

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("kind", "as_of", "first", "before"),
    [
        ("month", date(2026, 10, 31), date(2026, 10, 1), (date(2026, 9, 1), date(2026, 9, 30))),
        ("month", date(2026, 2, 28), date(2026, 2, 1), (date(2026, 1, 1), date(2026, 1, 31))),
        ("month", date(2026, 11, 17), date(2026, 10, 18), (date(2026, 9, 18), date(2026, 10, 17))),
        ("month", date(2026, 3, 30), date(2026, 3, 1), (date(2026, 1, 31), date(2026, 2, 28))),
        ("quarter", date(2026, 9, 30), date(2026, 7, 1), (date(2026, 4, 1), date(2026, 6, 30))),
        ("year", date(2024, 2, 29), date(2023, 3, 1), (date(2022, 3, 1), date(2023, 2, 28))),
    ],
)
def test_a_period_ends_on_the_day_and_is_as_long_as_its_name(
    kind: str, as_of: date, first: date, before: tuple[date, date]
) -> None:
    span = span_of_months(kind, as_of)
    assert (span.first, span.last) == (first, as_of)
    assert span.before == before


@given(kind=st.sampled_from(sorted(MONTHS)), as_of=DAYS)
def test_a_period_begins_the_day_after_the_one_it_is_compared_with(kind: str, as_of: date) -> None:
    span = span_of_months(kind, as_of)
    assert span.before[1] + timedelta(days=1) == span.first
    assert to_date(span.compared[0].last[1]) == as_of


@given(as_of=DAYS)
def test_months_in_a_row_at_a_month_s_end_are_calendar_months(as_of: date) -> None:
    as_of = as_of.replace(day=1) - timedelta(days=1)
    months = months_until(as_of, 24)
    assert len(months) == 24
    assert all(to_date(first).day == 1 for first in months.first)
    assert to_date(months.last[-1]) == as_of


@given(last=DAYS, days=st.integers(0, 400))
def test_a_span_of_one_s_own_is_compared_with_as_many_days(last: date, days: int) -> None:
    span = Span(CUSTOM, last - timedelta(days=days), last)
    (compared,) = span.compared
    assert (compared.last - compared.first).tolist() == [days, days]
    assert to_date(compared.first[1]) == span.first


@pytest.mark.parametrize(
    ("kind", "as_of", "against", "before"),
    [
        ("month", date(2026, 10, 31), "year", (date(2025, 10, 1), date(2025, 10, 31))),
        ("month", date(2025, 2, 28), "year", (date(2024, 2, 1), date(2024, 2, 29))),
        ("month", date(2026, 11, 17), "year", (date(2025, 10, 18), date(2025, 11, 17))),
        ("year", date(2026, 10, 31), "year", (date(2024, 11, 1), date(2025, 10, 31))),
        # The new year began on 17 February 2026 and on 29 January 2025, 384 days before.
        ("month", date(2026, 2, 28), "lunar", (date(2025, 1, 13), date(2025, 2, 9))),
    ],
)
def test_a_period_is_compared_with_the_same_days_of_a_year_before(
    kind: str, as_of: date, against: str, before: tuple[date, date]
) -> None:
    span = span_of_months(kind, as_of, against)
    assert span.before == before
    assert [to_date(day) for day in (span.compared[1].first[0], span.compared[1].last[0])] == [
        span.first,
        as_of,
    ]


@pytest.mark.parametrize(
    ("kind", "as_of", "first", "before", "months"),
    [
        (
            "this_month",
            date(2026, 11, 17),
            date(2026, 11, 1),
            (date(2026, 10, 1), date(2026, 10, 17)),
            17 / 30,
        ),
        ("this_month", date(2026, 2, 28), date(2026, 2, 1), (date(2026, 1, 1), date(2026, 1, 31)), 1),
        ("this_month", date(2026, 3, 30), date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 28)), 30 / 31),
        ("this_quarter", date(2026, 8, 31), date(2026, 7, 1), (date(2026, 4, 1), date(2026, 5, 31)), 2),
        (
            "this_quarter",
            date(2026, 8, 15),
            date(2026, 7, 1),
            (date(2026, 4, 1), date(2026, 5, 15)),
            1 + 15 / 31,
        ),
        ("this_year", date(2024, 2, 29), date(2024, 1, 1), (date(2023, 1, 1), date(2023, 2, 28)), 2),
    ],
)
def test_a_running_period_is_compared_with_the_same_days_and_held_against_what_is_due(
    kind: str, as_of: date, first: date, before: tuple[date, date], months: float
) -> None:
    span = span_of_months(kind, as_of)
    assert (span.first, span.last, span.before) == (first, as_of, before)
    earlier, now = ((to_date(one.first[0]), to_date(one.last[0])) for one in span.compared)
    assert (earlier, now) == (before, (first, as_of))
    assert span.months == pytest.approx(months)
    assert span.full_months == {"this_month": 1, "this_quarter": 3, "this_year": 12}[kind]


def one_page() -> None:
    """A page with a choice that is kept in the address, in words that depend on the language."""
    import streamlit as st

    from dashboard import address, i18n

    address.follow()
    st.radio("language", ["en", "zh"], **address.tied("lang", i18n.language(), "en"))
    words = {"en": {"a": "alpha", "b": "beta"}, "zh": {"a": "甲", "b": "乙"}}[i18n.language()]
    kept = address.value("letter", "a", words)
    st.selectbox("letter", ["a", "b"], format_func=words.__getitem__, **address.tied("letter", kept, "a"))
    several = address.values("many", ["x", "y", "z"])
    st.multiselect("many", ["x", "y", "z"], **address.tied("many", several))
    st.text(f"{kept} {several} {address.day('day')}")
    st.button("clear", key="clear", on_click=address.forget, args=("many",))


def opened(**query: str | list[str]) -> AppTest:
    page = AppTest.from_function(one_page)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_the_address_brings_the_choices_back() -> None:
    page = opened(letter="b", many=["z", "x"], day="2026-10-31")
    assert page.text[0].value == "b ['z', 'x'] 2026-10-31"
    assert page.selectbox[0].value == "b"
    assert page.multiselect[0].value == ["z", "x"]


def test_a_choice_goes_into_the_address_as_a_code_and_the_default_stays_out() -> None:
    page = opened()
    page.selectbox[0].select("b").run()
    page.multiselect[0].select("y").run()
    assert page.query_params["letter"] == "b"
    assert page.query_params["many"] == "y"
    page.selectbox[0].select("a").run()
    assert "letter" not in page.query_params
    assert page.query_params["many"] == "y"


def test_changing_the_language_keeps_every_choice() -> None:
    page = opened(letter="b", many=["x", "y"])
    page.radio[0].set_value("zh").run()
    assert page.query_params["lang"] == "zh"
    assert page.selectbox[0].value == "b"
    assert page.query_params["letter"] == "b"
    assert page.query_params["many"] == ["x", "y"]
    assert page.text[0].value.startswith("b ['x', 'y']")


def test_what_the_address_cannot_mean_is_ignored() -> None:
    page = opened(letter="omega", many=["x", "nonsense"], day="31 October", lang="tlh")
    assert not page.exception
    assert page.text[0].value == "a ['x'] None"


def test_clearing_takes_a_choice_out_of_the_address() -> None:
    page = opened(letter="b", many=["x"])
    page.button(key="clear").click().run()
    assert "many" not in page.query_params
    assert page.query_params["letter"] == "b"
    assert page.multiselect[0].value == []


def test_going_back_in_the_browser_brings_the_earlier_view_back() -> None:
    page = opened(letter="b")
    page.query_params["letter"] = "a"
    page.run()
    assert page.text[0].value.startswith("a ")
