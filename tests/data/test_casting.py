"""Texts become values exactly or not at all, against Python's decimals and calendars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from data.intake.casting import Units, reason, value
from data.intake.mapping import ColumnRule
from data.intake.staging_database import staging_database
from loyalty_core.facts import MEMBERS, PURCHASES, Column

UNITS = Units("CNY", 2, 1, "America/New_York")


def cast(column: Column, rule: ColumnRule, texts: list[str], units: Units = UNITS) -> list[object]:
    """What each text becomes, None where it has no value."""
    with staging_database() as duck:
        duck.register("given", pa.table({"place": range(len(texts)), "text": texts}))
        sql = f"SELECT {value(column, rule, 'text', units)} AS value FROM given ORDER BY place"
        return [row["value"] for row in duck.sql(sql).to_arrow_table().to_pylist()]


def why(column: Column, rule: ColumnRule, text: str) -> str:
    with staging_database() as duck:
        duck.register("given", pa.table({"text": [text]}))
        return str(
            duck.sql(f"SELECT {reason(column, rule, 'text', UNITS)} AS why FROM given").fetchall()[0][0]
        )


AMOUNT = PURCHASES.column("amount")
PLAIN = ColumnRule(source="x")
ROUNDED = ColumnRule(source="x", round="half_up")
amounts = some.decimals(-(10**9), 10**9, places=6).map(lambda exact: f"{exact:f}")


@settings(max_examples=25)
@given(some.lists(amounts, min_size=1, max_size=200))
def test_declared_rounding_is_half_away_from_zero(texts: list[str]) -> None:
    exact = [int(Decimal(text).scaleb(2).quantize(Decimal(1), ROUND_HALF_UP)) for text in texts]
    assert cast(AMOUNT, ROUNDED, texts) == exact


@settings(max_examples=25)
@given(some.lists(amounts, min_size=1, max_size=200))
def test_without_declared_rounding_finer_decimals_have_no_value(texts: list[str]) -> None:
    scaled = [Decimal(text).scaleb(2) for text in texts]
    assert cast(AMOUNT, PLAIN, texts) == [
        int(exact) if exact == exact.to_integral_value() else None for exact in scaled
    ]


@settings(max_examples=25)
@given(
    some.lists(some.text(some.sampled_from("0123456789.,eE+-_ xF１∞"), max_size=8), min_size=1, max_size=300)
)
def test_no_text_that_is_no_plain_number_becomes_one(texts: list[str]) -> None:
    for text, found in zip(texts, cast(PURCHASES.column("quantity"), PLAIN, texts), strict=True):
        digits = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
        whole, _, rest = digits.partition(".")
        plain = whole.isascii() and whole.isdigit() and (rest.strip("0") == "") and not digits.endswith(".")
        assert found == (int(Decimal(text)) if plain else None), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.005", 1), ("-0.005", -1), ("0.0049999", 0), ("2.5", 250), ("-0.00", 0), ("+7", 700)],
)
def test_ties_of_rounding(text: str, expected: int) -> None:
    assert cast(AMOUNT, ROUNDED, [text]) == [expected]


def test_a_number_of_a_member_that_a_spreadsheet_shortened_is_none() -> None:
    member, channel = PURCHASES.column("member_id"), PURCHASES.column("channel")
    texts = ["1.38E+10", "1E+05", "13800000001", "E+1", "7E10", "a1.38E+10"]
    assert cast(member, PLAIN, texts) == [None, None, *texts[2:]]
    assert why(member, PLAIN, texts[0]) == '"1.38E+10" is written with an exponent; write it out'
    assert cast(channel, PLAIN, texts) == texts


def test_minor_units_are_taken_as_they_are() -> None:
    assert cast(AMOUNT, ColumnRule(source="x", unit="minor"), ["1234", "12.5"]) == [1234, None]


def test_a_bound_of_the_column_holds() -> None:
    assert cast(MEMBERS.column("birth_year"), PLAIN, ["1899", "1900", "2100", "2101"]) == [
        None,
        1900,
        2100,
        None,
    ]
    assert "at least 1900 and at most 2100" in why(MEMBERS.column("birth_year"), PLAIN, "1060")


instants = some.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(
    lambda at: at.replace(microsecond=0)
)


@settings(max_examples=25)
@given(
    some.lists(instants, min_size=1, max_size=100),
    some.sampled_from(["America/New_York", "Europe/Moscow", "UTC"]),
)
def test_local_times_become_the_instants_that_python_gives(times: list[datetime], zone: str) -> None:
    rule = ColumnRule(source="x", format="%d/%m/%Y %H:%M:%S", time_zone=zone)
    found = cast(PURCHASES.column("occurred_at"), rule, [f"{at:%d/%m/%Y %H:%M:%S}" for at in times])
    for at, instant in zip(times, found, strict=True):
        possible = {at.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
        exists = {
            moment for moment in possible if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at
        }
        assert (instant in exists) if exists else instant is None


@settings(max_examples=15)
@given(
    some.lists(
        some.dates(datetime(1900, 1, 1).date(), datetime(2100, 12, 31).date()), min_size=1, max_size=100
    )
)
def test_days_are_read_with_and_without_leading_zeros(days: list[object]) -> None:
    rule = ColumnRule(source="x", format="%m/%d/%Y")
    column = MEMBERS.column("joined_on")
    assert cast(column, rule, [f"{day:%m/%d/%Y}" for day in days]) == days
    assert cast(column, rule, [f"{day.month}/{day.day}/{day.year}" for day in days]) == days  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["1997011", "19970132", "97-01-01", "19970101 ", "x", "199701011"])
def test_a_day_that_is_not_written_in_the_declared_form_has_no_value(text: str) -> None:
    assert cast(MEMBERS.column("joined_on"), ColumnRule(source="x", format="%Y%m%d"), [text]) == [None]


def test_iso_instants_with_an_offset_are_absolute() -> None:
    rule = ColumnRule(source="x", format="iso")
    found = cast(PURCHASES.column("occurred_at"), rule, ["2026-03-01T10:00:00+08:00", "2026-03-01 10:00"])
    east = datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert found == [east, east + timedelta(hours=13)]


def test_flags_and_choices_are_read_and_others_refused() -> None:
    assert cast(MEMBERS.column("consent"), PLAIN, ["Yes", "0", "是", "maybe"]) == [True, False, True, None]
    assert cast(MEMBERS.column("gender"), PLAIN, ["female", "F"]) == ["female", None]
    assert "none of female, male, other" in why(MEMBERS.column("gender"), PLAIN, "F")
