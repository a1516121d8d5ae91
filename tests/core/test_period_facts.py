"""Periods follow the calendar, spells cover their days, and facts come out as rows that add up."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.counting import grid as grid_module
from loyalty_core.counting.cuts import cut
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.counting.sales import sales_of
from loyalty_core.days import to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.metrics.dictionary import METRICS, columns_of, evaluate, metrics_for
from loyalty_core.periods import STEPS, Periods, periods, year_earlier
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import Spells, distinct, latest, latest_at, moment, parts
from tests.core.generated import generated

DAYS = st.integers(-3000, 30000)


@given(first=DAYS, length=st.integers(0, 400), step=st.sampled_from(STEPS))
def test_periods_are_calendar_periods_clipped_to_the_span(first, length, step):
    found = periods(first, first + length, step)
    told = {
        "day": lambda day: day.toordinal(),
        "week": lambda day: tuple(day.isocalendar())[:2],
        "month": lambda day: (day.year, day.month),
    }[step]
    days = [to_date(day) for day in range(first, first + length + 1)]
    expected = {}
    for day in days:
        expected.setdefault(told(day), []).append(day)
    spans = [(to_date(a), to_date(b)) for a, b in zip(found.first, found.last, strict=True)]
    assert spans == [(run[0], run[-1]) for run in expected.values()]
    before = to_date(found.before)
    assert told(before) == told(days[0] - timedelta(days=1)) != told(before - timedelta(days=1))


def test_a_span_without_a_step_is_one_period_preceded_by_one_of_its_length():
    found = periods(100, 129)
    assert (found.first.tolist(), found.last.tolist(), found.before) == ([100], [129], 70)


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="cannot end"):
        periods(10, 9)


def test_periods_with_a_gap_are_refused():
    with pytest.raises(ValueError, match="without gap"):
        Periods(np.array([1, 9]), np.array([5, 12]), 0)


@given(first=DAYS, length=st.integers(0, 60), size=st.integers(1, 70))
def test_blocks_of_periods_are_the_same_periods(first, length, size):
    whole = periods(first, first + length, "day")
    blocks = list(whole.blocks(size))
    assert np.concatenate([block.first for block in blocks]).tolist() == whole.first.tolist()
    preceding = np.concatenate([block.preceding().first for block in blocks])
    assert preceding.tolist() == whole.preceding().first.tolist()


def test_a_year_before_29_february_is_28_february():
    assert to_date(year_earlier(np.array([to_day(date(2024, 2, 29))]))[0]) == date(2023, 2, 28)


EVENTS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-20, 60)), max_size=30).map(sorted)


@given(events=EVENTS, bounds=st.lists(st.integers(-30, 70), min_size=1, max_size=6, unique=True).map(sorted))
def test_the_latest_event_is_the_last_row_of_the_member_up_to_the_day(events, bounds):
    member, day = np.array(events, np.int64).reshape(-1, 2).T
    who, when = np.repeat(np.arange(5), len(bounds)), np.tile(bounds, 5)
    expected = [
        max((row for row, (m, d) in enumerate(events) if m == one and d <= on), default=-1)
        for one, on in zip(who, when, strict=True)
    ]
    assert latest(member, day, who, when).tolist() == expected
    assert latest_at(member, day, 5, np.array(bounds)).ravel().tolist() == expected


@given(events=EVENTS)
def test_member_and_day_come_back_from_a_moment(events):
    member, day = np.array(events, np.int64).reshape(-1, 2).T
    found = parts(moment(member, day))
    assert (found[0].tolist(), found[1].tolist()) == (member.tolist(), day.tolist())
    assert parts(distinct(moment(member, day)))[0].tolist() == [m for m, _ in sorted(set(events))]


UNCUT = cut(generated(0).history, generated(0).programme)
SPELLS = st.lists(st.tuples(st.integers(0, 4), st.integers(-20, 60), st.integers(0, 30)), max_size=20)


def _spells(rows) -> Spells:
    member, start, length = np.array(rows, np.int64).reshape(-1, 3).T
    return Spells(member, start, start + length, np.zeros(len(member), np.int64))


def _held(spells: Spells) -> list[tuple[int, int]]:
    ends = zip(spells.member, spells.start, spells.end, strict=True)
    return sorted((int(m), day) for m, start, end in ends for day in range(start, end + 1))


@given(rows=SPELLS, cuts=EVENTS)
def test_splitting_spells_keeps_their_days_and_no_cut_lies_within_one(rows, cuts):
    spells, (member, day) = _spells(rows), np.array(cuts, np.int64).reshape(-1, 2).T
    split = spells.split(member, day)
    assert _held(split) == _held(spells)
    inside = {
        (m, d)
        for m, a, b in zip(split.member, split.start, split.end, strict=True)
        for d in range(a + 1, b + 1)
    }
    assert not inside & set(cuts)


@given(rows=SPELLS, first=st.integers(-30, 40), step=st.sampled_from(["day", "week", None]))
def test_spells_are_counted_by_the_days_they_hold(rows, first, step):
    spells, chosen = _spells(rows), periods(first, first + 24, step)
    grid = Grid(chosen, UNCUT)
    held = _held(spells)
    spans = [range(a, b + 1) for a, b in zip(chosen.first, chosen.last, strict=True)]
    assert grid.days(spells)[:, 0].tolist() == [sum(day in span for _, day in held) for span in spans]
    assert grid.standing(spells)[:, 0].tolist() == [sum(day == span[-1] for _, day in held) for span in spans]
    assert grid.met(spells.united())[:, 0].tolist() == [
        len({m for m, day in held if day in span}) for span in spans
    ]


@pytest.mark.parametrize("by", [(), ("member_tier",), ("account",)])
def test_counting_a_few_periods_at_a_time_gives_the_same_facts(monkeypatch, by):
    case = generated(12)
    chosen = periods(first_day(case.history), as_of(case.history), "month")
    whole = period_facts(case.history, case.programme, chosen, by)
    monkeypatch.setattr(grid_module, "BLOCK_CELLS", 3 * len(case.history.members))
    pd.testing.assert_frame_equal(period_facts(case.history, case.programme, chosen, by), whole)


def test_a_row_stands_for_each_period_and_cell_in_order():
    case = generated(12)
    chosen = periods(first_day(case.history), as_of(case.history), "month")
    facts = period_facts(case.history, case.programme, chosen, ("member_tier",))
    tiers = facts["member_tier"].unique()
    assert len(facts) == len(chosen) * len(tiers)
    assert [tier for tier in tiers if not pd.isna(tier)] == ["base", "silver", "gold"]
    assert facts["period_end"].is_monotonic_increasing
    assert not facts.duplicated(["period_end", "member_tier"]).any()
    counted = facts.drop(columns=["period_first", "period_end", "member_tier"])
    assert (counted.dtypes == np.int64).all()


def test_the_families_give_the_columns_that_they_declare():
    case = generated(2)
    history, chosen = case.history, periods(first_day(case.history), as_of(case.history))
    grid, sales = Grid(chosen, cut(history, case.programme)), sales_of(history)
    for family in FAMILIES:
        assert set(family.count(history, case.programme, sales, grid)) == family.columns
    declared = [column for family in FAMILIES for column in family.columns]
    assert len(declared) == len(set(declared))
    assert columns_of(METRICS) <= set(declared)


@pytest.mark.parametrize("by", [(), ("member_region",)])
def test_counting_only_the_columns_of_a_metric_gives_the_same_values(by):
    case = generated(2)
    chosen = periods(first_day(case.history), as_of(case.history), "month")
    whole = period_facts(case.history, case.programme, chosen, by)
    cells = ["period_end", *by]
    for name in metrics_for(by):
        narrow = period_facts(case.history, case.programme, chosen, by, columns=columns_of([name]))
        assert columns_of([name]) <= set(narrow) < set(whole)
        both = whole.merge(narrow, on=cells, suffixes=("", "_narrow"))
        assert len(both) == len(narrow)
        found, expected = (
            evaluate(facts, [name], case.programme).set_index(cells)[name] for facts in (narrow, whole)
        )
        pd.testing.assert_series_equal(found, expected.loc[found.index], check_dtype=False)


def test_an_empty_history_has_one_row_of_noughts():
    empty = generated(0, members=0)
    nobody = {name: [] for name in empty.rows}
    history = type(empty)(empty.document, nobody).history
    facts = period_facts(history, empty.programme, periods(0, 30))
    assert len(facts) == 1
    assert (facts.drop(columns=["period_first", "period_end"]) == 0).all(axis=None)


def test_asking_for_too_many_rows_is_refused(monkeypatch):
    case = generated(1)
    monkeypatch.setattr(grid_module, "MOST_ROWS", 20)
    with pytest.raises(InputError, match="use fewer slices or longer periods"):
        period_facts(case.history, case.programme, periods(0, 20, "day"), ("member_region",))


def test_who_holds_just_the_price_of_the_cheapest_reward_could_afford_it_as_long_as_that_is_so():
    programme = Programme(name="c", rewards=({"name": "tea", "points": 100}, {"name": "cup", "points": 300}))
    lines = [("a", 2, 100), ("b", 2, 99), ("c", 2, 100), ("c", 3, -1)]
    entries = pd.DataFrame(lines, columns=["member_id", "day", "amount"]).assign(
        kind="adjust", account="points"
    )
    entries["occurred_at"] = [pd.Timestamp(2026, 3, day, 12, tz="UTC") for day in entries.pop("day")]
    joined = pd.Timestamp(2026, 1, 1)
    members = pd.DataFrame({"member_id": list("abc"), "valid_from": joined, "joined_on": joined})
    history = history_from_frames({"members": members, "entries": entries}, programme)
    days = periods(to_day(date(2026, 3, 1)), to_day(date(2026, 3, 4)), "day")
    facts = period_facts(history, programme, days, columns=["members_who_could_afford"])
    assert facts["members_who_could_afford"].tolist() == [0, 2, 1, 1]
