"""Spells say day by day what they hold, however they are cut, joined or asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.counting.cuts import cut
from loyalty_core.counting.grid import Grid
from loyalty_core.days import NEVER, add_months, months_passed_on
from loyalty_core.periods import periods
from loyalty_core.timeline import Spells, daily, following, in_order, numbered, ranks, running, total_upto
from tests.core.generated import generated

UNCUT = cut(generated(0).history, generated(0).programme)
ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-20, 60), st.integers(0, 30), st.integers(0, 1)), max_size=20
)
EVENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(-20, 60), st.integers(-9, 9)), max_size=30)
DAYS = st.lists(st.integers(-30, 100), min_size=1, max_size=8, unique=True).map(sorted)
CHECKED = settings(max_examples=60)


def spells_of(rows: list[tuple[int, int, int, int]]) -> Spells:
    member, start, length, what = np.array(rows, np.int64).reshape(-1, 4).T
    return Spells(member, start, start + length, what)


def days_of(spells: Spells) -> list[set[int]]:
    return [set(range(start, end + 1)) for start, end in zip(spells.start, spells.end, strict=True)]


@CHECKED
@given(rows=ROWS)
def test_united_spells_hold_the_same_days_and_lie_apart(rows):
    spells = spells_of(rows)
    united = spells.united()

    def held(some: Spells) -> dict[tuple[int, int], set[int]]:
        found: dict[tuple[int, int], set[int]] = {}
        for member, what, days in zip(some.member, some.what, days_of(some), strict=True):
            found.setdefault((int(member), int(what)), set()).update(days)
        return found

    assert held(united) == held(spells)
    ends = list(zip(united.member, united.what, united.start, united.end, strict=True))
    assert [(m, start) for m, _, start, _ in ends] == sorted((m, start) for m, _, start, _ in ends)
    for m, what, start, end in ends:
        others = [one for one in ends if one[:2] == (m, what) and one[2:] != (start, end)]
        assert not any(begin <= end + 1 and until >= start - 1 for _, _, begin, until in others)


@CHECKED
@given(rows=ROWS, days=DAYS)
def test_spells_are_on_exactly_the_days_that_they_hold(rows, days):
    spells = spells_of(rows)
    spell, place = spells.on(np.array(days))
    expected = [(n, k) for n, held in enumerate(days_of(spells)) for k, day in enumerate(days) if day in held]
    assert list(zip(spell.tolist(), place.tolist(), strict=True)) == expected


@CHECKED
@given(rows=ROWS, member=st.integers(0, 5), day=st.integers(-40, 120))
def test_the_spell_that_holds_a_day_is_found(rows, member, day):
    spells = spells_of([(m, start, length, 0) for m, start, length, _ in rows]).united()
    held = enumerate(zip(spells.member, days_of(spells), strict=True))
    expected = [n for n, (whose, days) in held if whose == member and day in days] or [-1]
    assert spells.holding(np.array([member]), np.array([day])).tolist() == expected


@CHECKED
@given(rows=ROWS, days=DAYS)
def test_stocks_add_up_the_amounts_of_the_spells_that_hold_a_close(rows, days):
    spells, closes = spells_of(rows), np.array(days)
    spells = Spells(spells.member, spells.start, spells.end, np.zeros(len(rows), np.int64))
    amount = np.arange(len(rows)) - 5
    grid = Grid(periods(0, len(days) - 1, "day"), UNCUT)
    held = [[day in one for one in days_of(spells)] for day in days]
    assert grid.standing(spells, closes=closes)[:, 0].tolist() == [sum(one) for one in held]
    expected = [sum(int(a) for a, yes in zip(amount, one, strict=True) if yes) for one in held]
    assert grid.standing(spells, amount, closes)[:, 0].tolist() == expected


@CHECKED
@given(rows=ROWS, until=st.lists(st.integers(-30, 100), min_size=20, max_size=20))
def test_an_opening_is_held_where_the_day_lies_in_the_period_that_it_opens(rows, until):
    spells = spells_of([(m, start, length, 0) for m, start, length, _ in rows])
    chosen, until = periods(3, 40, "week"), np.array(until[: len(rows)], np.int64)
    expected = [
        sum(
            first <= day <= last and first - 1 in held
            for day, held in zip(until, days_of(spells), strict=True)
        )
        for first, last in zip(chosen.first, chosen.last, strict=True)
    ]
    assert Grid(chosen, UNCUT).opened(spells, until)[:, 0].tolist() == expected


@CHECKED
@given(events=EVENTS, who=st.integers(0, 5), when=st.integers(-40, 80))
def test_amounts_are_added_up_by_day_and_up_to_a_day(events, who, when):
    member, day, amount = np.array(events, np.int64).reshape(-1, 3).T
    by_day: dict[tuple[int, int], int] = {}
    for m, on, points in events:
        by_day[m, on] = by_day.get((m, on), 0) + points
    found = daily(member, day, amount)
    assert [tuple(map(int, row)) for row in zip(*found, strict=True)] == [
        (*k, v) for k, v in sorted(by_day.items())
    ]
    total = sum(points for (m, on), points in by_day.items() if m == who and on <= when)
    assert total_upto(*found, np.array([who]), np.array([when])).tolist() == [total]
    sums = [sum(v for (m, on), v in by_day.items() if m == key[0] and on <= key[1]) for key in sorted(by_day)]
    assert running(found[0], found[2]).tolist() == sums
    later = [
        min((on for m, on in by_day if m == key[0] and on > key[1]), default=NEVER) for key in sorted(by_day)
    ]
    assert following(*found[:2]).tolist() == later


@CHECKED
@given(days=DAYS, day=st.integers(-40, 110), many=st.sampled_from([1, 500]))
def test_ranks_are_those_of_a_search(days, day, many):
    asked = np.full(many, day)
    assert set(ranks(np.array(days), asked).tolist()) == {sum(one < day for one in days)}
    assert set(ranks(np.array(days), asked, after=True).tolist()) == {sum(one <= day for one in days)}


@CHECKED
@given(day=st.integers(0, 30_000), months=st.integers(1, 40))
def test_months_have_passed_on_the_first_day_that_lies_so_many_later(day, months):
    found = int(months_passed_on(np.array([day]), months)[0])
    earlier = add_months(np.array([found - 1, found, found + 1, found + 31]), -months)
    assert (earlier >= day).tolist() == [False, True, True, True]


@CHECKED
@given(
    rows=st.lists(st.tuples(st.integers(-1, 3), st.integers(-3, 3)), max_size=30),
    apart=st.sampled_from([1, 10**6, 2**60]),
)
def test_rows_are_put_in_order_by_member_and_instant_as_they_came(rows, apart):
    member, at = np.array(rows, np.int64).reshape(-1, 2).T * np.array([[1], [apart]])
    expected = sorted(range(len(rows)), key=lambda row: (member[row], at[row]))
    assert in_order(member, at).tolist() == expected


@CHECKED
@given(values=st.lists(st.integers(-20, 20)), apart=st.sampled_from([1, 1000]))
def test_values_are_numbered_as_they_ascend(values, apart):
    found, place = numbered(np.array(values, np.int64) * apart)
    assert found.tolist() == sorted({value * apart for value in values})
    assert found[place].tolist() == [value * apart for value in values]
