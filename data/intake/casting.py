"""How a text becomes a value of its declared kind: SQL that gives the value, and SQL that says why not.

Digits are checked before anything is cast (`try_cast('12.7' AS BIGINT)` would be 13), and decimals
finer than the currency are rounded in one place, here, and only where the mapping says so.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from data.intake.mapping import ColumnRule
from data.sql import quoted
from loyalty_core.facts import Column, Kind

_PLAIN = string.digits + string.ascii_letters
_WIDE = "".join(chr(ord(one) + 0xFEE0) for one in _PLAIN)
_UNSEEN = " \u00a0\u3000\u00ad\u200b\u200c\u200d\u2060\ufeff"  # spaces may lie within what has no width
MACROS = (
    # A plain number times 10**d as an integer: exact, or rounded half away from zero where `half_up`.
    r"""CREATE MACRO scaled(t, d, half_up) AS CASE
        WHEN NOT regexp_full_match(t, '[+-]?[0-9]{1,17}(\.[0-9]+)?') THEN NULL
        WHEN NOT half_up AND rtrim(substr(split_part(t, '.', 2), d + 1), '0') <> '' THEN NULL
        ELSE (CASE WHEN t[1] = '-' THEN -1 ELSE 1 END) * (
            TRY_CAST(ltrim(split_part(t, '.', 1), '+-')
                     || rpad(left(split_part(t, '.', 2), d), d, '0') AS BIGINT)
            + CASE WHEN substr(split_part(t, '.', 2), d + 1, 1) >= '5' THEN 1 ELSE 0 END) END""",
    r"""CREATE MACRO whole(t) AS CASE WHEN regexp_full_match(t, '[+-]?[0-9]{1,18}(\.0+)?')
        THEN TRY_CAST(split_part(t, '.', 1) AS BIGINT) END""",
    # DuckDB reads 1997011 as %Y%m%d; what is read must be what is written, leading zeros aside.
    r"""CREATE MACRO local_time(t, f) AS CASE
        WHEN strftime(try_strptime(t, f), f) = t
          OR regexp_replace(strftime(try_strptime(t, f), f), '\b0+([0-9])', '\1', 'g')
             = regexp_replace(t, '\b0+([0-9])', '\1', 'g')
        THEN try_strptime(t, f) END""",
    # A member's number: see `data.intake.member_numbers`.
    rf"""CREATE MACRO tidied(t) AS nullif(regexp_replace(
        trim(translate(t, '{_WIDE}', '{_PLAIN}'), '{_UNSEEN}'), '^''([0-9][^'']*)$', '\1'), '')""",
    r"""CREATE MACRO iso_time(t) AS CASE
        WHEN regexp_full_match(
            t, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?')
        THEN TRY_CAST(CASE WHEN length(t) = 16 THEN t || ':00' ELSE t END AS TIMESTAMP) END""",
    r"""CREATE MACRO iso_instant(t) AS CASE
        WHEN regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]{5,15}(Z|[+-][0-9]{2}(:?[0-9]{2})?)')
        THEN TRY_CAST(t AS TIMESTAMPTZ) END""",
    # A local time that the clocks skipped does not come back as itself.
    r"""CREATE MACRO instant_of(local, zone) AS CASE
        WHEN timezone(zone, timezone(zone, local)) = local THEN timezone(zone, local) END""",
)
FLAGS = {"true": True, "false": False, "yes": True, "no": False, "y": True, "n": False, "1": True, "0": False}
FLAGS |= {"t": True, "f": False, "是": True, "否": False}
_EARLIEST, _LATEST = "1900-01-01", "2100-12-31"
_EXCEL_DAY = r"'[1-9][0-9]{4}(\.[0-9]+)?'"
_EXPONENT = "is written with an exponent; write it out"


@dataclass(frozen=True, slots=True)
class Units:
    """What a number means: decimals of money and points, the file's number form, the zone of local times."""

    currency: str
    currency_decimals: int
    point_decimals: int
    time_zone: str
    decimal: str = "."
    thousands: str = ""


def number_macro(units: Units) -> str:
    """SQL that makes `number(text)`: the exact decimal of a number in the file's form, else nothing."""
    # Casting drops spaces; trimming every text costs more than matching.
    text = _plain("trim(t)" if units.thousands else "t", units)
    return (
        f"CREATE OR REPLACE MACRO number(t) AS CASE WHEN regexp_full_match({text}, "
        rf"' *[+-]?[0-9]{{1,15}}(\.[0-9]{{1,6}})? *') THEN CAST({text} AS DECIMAL(21, 6)) END"
    )


def value(column: Column, rule: ColumnRule, text: str, units: Units, typed: bool = False) -> str:
    """SQL for the value of `text` (SQL for a text that is neither padded nor empty), NULL if it has none."""
    match column.kind:
        case Kind.INTEGER:
            return _bounded(column, f"whole({_plain(text, units)})")
        case Kind.MONEY | Kind.POINTS:
            decimals = 0 if rule.unit == "minor" else _decimals(column, units)
            half_up = str(rule.round == "half_up").lower()
            return _bounded(column, f"scaled({_plain(text, units)}, {decimals}, {half_up})")
        case Kind.DATE:
            days = [f"CAST({_local(text, form)} AS DATE)" for form in _forms(rule, typed)]
            return _within(f"coalesce({', '.join([*days, 'NULL'])})")
        case Kind.INSTANT:
            zone = rule.time_zone or units.time_zone
            return _within(f"coalesce({', '.join([*_instants(text, _forms(rule, typed), zone), 'NULL'])})")
        case Kind.FLAG:
            pairs = " ".join(f"WHEN {quoted(word)} THEN {flag}" for word, flag in FLAGS.items())
            return f"CASE lower({text}) {pairs} END"
        case Kind.TEXTS:
            return f"string_split({text}, '|')"
        case _:
            choices = ", ".join(quoted(choice) for choice in column.choices)
            if column.names_one:
                return f"CASE WHEN NOT {shortened(text)} THEN {text} END"
            return f"CASE WHEN {text} IN ({choices}) THEN {text} END" if choices else text


def reason(column: Column, rule: ColumnRule, text: str, units: Units, typed: bool = False) -> str:
    """SQL that says why `text` has no value."""
    cases = _reasons(column, rule, _plain(text, units), units, typed)
    told = " ".join(f"WHEN {condition} THEN {quoted(why)}" for condition, why in cases[:-1])
    why = f"CASE {told} ELSE {quoted(cases[-1][1])} END" if told else quoted(cases[-1][1])
    return f"('\"' || left({text}, 60) || '\" ' || {why})"


def _reasons(column: Column, rule: ColumnRule, text: str, units: Units, typed: bool) -> list[tuple[str, str]]:
    """Conditions and what they say, the last one for everything else."""
    match column.kind:
        case Kind.INTEGER | Kind.MONEY | Kind.POINTS:
            return [*_number_reasons(column, rule, text, units), ("true", "is not a number")]
        case Kind.DATE | Kind.INSTANT:
            excel = "looks like an Excel day number; save it as a date"
            exists = " OR ".join(f"{_local(text, form)} IS NOT NULL" for form in _forms(rule, typed))
            outside = f"is not between {_EARLIEST} and {_LATEST}"
            if column.kind is Kind.INSTANT:
                outside += f", or was skipped by a clock change in {rule.time_zone or units.time_zone}"
            return [
                (f"regexp_full_match({text}, {_EXCEL_DAY})", excel),
                (exists, outside),
                ("true", f"is no date of the form {' or '.join(rule.format) or 'iso'}"),
            ]
        case Kind.FLAG:
            return [("true", "is neither true nor false")]
        case Kind.TEXT if column.names_one:
            return [("true", _EXPONENT)]
        case _:
            return [("true", f"is none of {', '.join(column.choices)}")]


def _number_reasons(column: Column, rule: ColumnRule, text: str, units: Units) -> list[tuple[str, str]]:
    full = f"regexp_full_match({text}, "
    cases = [
        (full + r"'[+-]?[0-9.]+[eE][+-]?[0-9]+')", _EXPONENT),
        (
            full + r"'[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?')",
            "has thousands separators; declare thousands: ','",
        ),
        (full + r"'[+-]?[0-9]+,[0-9]+')", "has a decimal comma; declare decimal: ','"),
        (full + r"'\(.*\)')", "is in parentheses; write a minus sign"),
    ]
    if column.least is not None or column.most is not None:
        unbounded = Column(name=column.name, kind=column.kind, meaning=column.meaning)
        limits = f"at least {column.least}" + (
            f" and at most {column.most}" if column.most is not None else ""
        )
        cases.append((f"{value(unbounded, rule, text, units)} IS NOT NULL", f"must be {limits}"))
    plain = full + r"'[+-]?[0-9]{1,17}\.[0-9]+')"
    if column.kind is Kind.INTEGER or rule.unit == "minor":
        cases.append((plain, "is not a whole number"))
    else:
        what = units.currency if column.kind is Kind.MONEY else "the programme's points"
        decimals = _decimals(column, units)
        cases.append(
            (plain, f"has more decimals than {what} ({decimals}); declare round: half_up to round it")
        )
    cases.append((full + r"'[+-]?[0-9]{17,}(\.[0-9]+)?')", "is too large"))
    return cases


def shortened(text: str) -> str:
    """SQL for whether a spreadsheet wrote a long number as 1.38E+10, so that many members share it."""
    # Most texts are told by the first condition, which costs little.
    return rf"(contains({text}, 'E+') AND regexp_full_match({text}, '[0-9](\.[0-9]+)?E\+[0-9]{{2,}}'))"


def _decimals(column: Column, units: Units) -> int:
    return units.currency_decimals if column.kind is Kind.MONEY else units.point_decimals


def _plain(text: str, units: Units) -> str:
    """The number with a decimal point and without thousands separators, where the file has its own form."""
    if units.thousands:
        grouped = rf"'[+-]?[0-9]{{1,3}}([{units.thousands}][0-9]{{3}})*([{units.decimal}][0-9]+)?'"
        bare = f"replace({text}, {quoted(units.thousands)}, '')"
        text = (
            f"(CASE WHEN regexp_full_match({text}, {grouped.replace(chr(39) + ']', chr(39) * 2 + ']')}) "
            f"THEN {bare} ELSE {text} END)"
        )
    return f"replace(replace({text}, '.', '?'), ',', '.')" if units.decimal == "," else text


def _bounded(column: Column, number: str) -> str:
    limits = [f"{number} >= {column.least}"] if column.least is not None else []
    limits += [f"{number} <= {column.most}"] if column.most is not None else []
    return f"CASE WHEN {' AND '.join(limits)} THEN {number} END" if limits else number


def _within(moment: str) -> str:
    return f"CASE WHEN ({moment}) BETWEEN '{_EARLIEST}' AND '{_LATEST}' THEN ({moment}) END"


def _forms(rule: ColumnRule, typed: bool) -> tuple[str, ...]:
    """The declared forms; ISO too where the file holds real dates, or for a constant."""
    known = typed or rule.value is not None
    return (*rule.format, "iso") if known and "iso" not in rule.format else rule.format


def _local(text: str, form: str) -> str:
    return f"iso_time({text})" if form == "iso" else f"local_time({text}, {quoted(form)})"


def _instants(text: str, forms: tuple[str, ...], zone: str) -> list[str]:
    """One expression per form; a day without a time begins when the day begins, skipped hour or not."""
    found = []
    for form in forms:
        if "%z" in form:
            found.append(f"try_strptime({text}, {quoted(form)})")
            continue
        local = _local(text, form)
        if form != "iso" and "%H" not in form and "%I" not in form:
            found.append(f"timezone({quoted(zone)}, {local})")
        else:
            found.append(f"instant_of({local}, {quoted(zone)})")
        if form == "iso":
            found.append(f"iso_instant({text})")
    return found
