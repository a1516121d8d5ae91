"""Counts at the finest cut give every other cut, to the unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting import finest as finest_module
from loyalty_core.counting.cuts import SLICES, cut_among, slice_labels
from loyalty_core.counting.families import FAMILIES, FactFamily, families_for
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, FinestFacts, count_finest, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import facts_frame, period_facts
from loyalty_core.counting.recombined import CodedFacts, CodedRows, follows_from_finest, recombined
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.periods import Periods, periods
from loyalty_core.rules.programme import Programme
from tests.core.generated import generated

SEEDS = range(32)
CUTS: list[tuple[tuple[str, ...], dict[str, list[str]]]] = [
    ((), {}),
    (("member_region",), {}),
    (("member_tier", "member_gender"), {"member_store": ["s1", ""]}),
    (("member_store",), {"member_channel": ["app"]}),
    ((), {"member_region": ["North", ""], "member_tier": ["silver", "gold"]}),
    (("purchase_channel",), {}),
    (("purchase_store", "member_region"), {"purchase_channel": ["web", ""]}),
    ((), {"purchase_channel": ["web", "till"], "member_tier": ["base", ""], "member_gender": ["male", ""]}),
    (("account",), {}),
    (("member_tier",), {"account": ["points"]}),
    (("member_tier", "account"), {"account": ["points", "status"]}),
    (("member_region", "member_channel", "member_store"), {}),
    (("campaign",), {"member_gender": ["female", ""]}),
    (("contact_channel", "member_region"), {}),
    (("opening_tier",), {"member_tier": ["silver", ""]}),
    ((), {"account": ["stored_value"], "member_tier": ["silver", ""]}),
]


@dataclass(frozen=True)
class Told:
    """A generated programme with its history, read once."""

    history: History
    programme: Programme
    labels: dict[str, tuple[str, ...]]


def told(seed: int) -> Told:
    case = generated(seed)
    history, programme = case.history, case.programme
    return Told(history, programme, {name: slice_labels(history, programme, name) for name in SLICES})


def _steps(case: Told, seed: int) -> list[Periods]:
    first, last = first_day(case.history), as_of(case.history)
    spans = [periods(first, last, "month"), periods(first, last)]
    return [*spans, periods(max(first, last - 150), last, "week")] if seed % 4 == 0 else spans


def _again(case: Told, finest: CodedFacts, chosen: Periods, by, where) -> pd.DataFrame:
    """The cut from the finest facts and the labels alone, without the history."""
    grid = Grid(chosen, cut_among(history_from_frames({}, case.programme), case.labels, by, where))
    families = [one for one in families_for(grid.cut) if follows_from_finest(one, grid.cut)]
    return facts_frame(grid, recombined(finest, grid, families))


def coded(finest: FinestFacts, labels: dict[str, tuple[str, ...]]) -> CodedFacts:
    """The same counts with texts as codes, as roll-ups tell them."""
    found = CodedFacts(labels)
    for slices, rows in finest.rows.items():
        found.rows[slices] = _coded(rows, slices, labels)
        kept = finest.kept[slices]
        found.kept[slices] = {
            str(name): _coded(kept[kept[COLUMN] == name], slices, labels) for name in set(kept[COLUMN])
        }
    return found


def _coded(rows: pd.DataFrame, slices: tuple[str, ...], labels: dict[str, tuple[str, ...]]) -> CodedRows:
    codes = {
        name: pd.Index(labels[name], dtype="str").get_indexer(rows[name].astype("str")) for name in slices
    }
    numbers = rows.drop(columns=[PERIOD_END, *slices, *rows.columns.intersection([COLUMN])])
    values = {str(name): numbers[name].to_numpy(np.int64) for name in numbers}
    return CodedRows(rows[PERIOD_END].to_numpy(np.int64), codes, values)


def _expected(case: Told, chosen: Periods, by, where, columns: list[str]) -> pd.DataFrame:
    """The same columns counted from the facts that pass the filter, without cells where all are 0."""
    names = [name for name in columns if name not in ("period_first", "period_end", *by)]
    facts = period_facts(case.history, case.programme, chosen, by, where, names)[columns]
    if not by:
        return facts
    keys = [facts[name].astype(object).where(facts[name].notna(), None) for name in by]
    filled = (facts[names] != 0).any(axis=1).groupby(keys, dropna=False).transform("any")
    return facts[filled.astype(bool)].reset_index(drop=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cut_follows_from_the_finest_one_to_the_unit(seed):
    case, random = told(seed), Random(seed)
    for chosen in _steps(case, seed):
        finest = coded(count_finest(case.history, case.programme, chosen), case.labels)
        for by, where in random.sample(CUTS, 4):
            found = _again(case, finest, chosen, by, where)
            expected = _expected(case, chosen, by, where, list(found.columns))
            pd.testing.assert_frame_equal(found, expected)


def test_members_found_in_several_cells_of_a_period_are_kept_by_name():
    kept = [count_finest(case.history, case.programme, _steps(case, 1)[1]).kept for case in map(told, SEEDS)]
    names = set().union(*(frame[COLUMN].unique() for found in kept for frame in found.values()))
    assert {"buyers", "members_redeeming", "members_who_could_afford"} <= names
    for frame in (frame for found in kept for frame in found.values()):
        assert (frame.groupby(["period_end", COLUMN, MEMBER], observed=True).size() > 1).all()


def test_counting_a_few_periods_and_searching_for_cells_gives_the_same_facts(monkeypatch):
    case = told(12)
    chosen = _steps(case, 0)[0]
    whole = count_finest(case.history, case.programme, chosen)
    monkeypatch.setattr(finest_module, "BLOCK_ROWS", 100)
    monkeypatch.setattr(finest_module, "WIDEST_TABLE", 0)
    parts = count_finest(case.history, case.programme, chosen)
    for slices, rows in whole.rows.items():
        pd.testing.assert_frame_equal(parts.rows[slices], rows)
        order = ["period_end", COLUMN, MEMBER, *slices]
        kept = [
            found.kept[slices].astype(str).sort_values(order, ignore_index=True) for found in (parts, whole)
        ]
        pd.testing.assert_frame_equal(*kept)


def test_a_column_computed_from_a_count_of_members_is_refused():
    """A sum of counts of members would lose those kept by name."""
    case = told(2)

    def twice(history, programme, sales, grid):
        pairs = grid.pairs(grid.place(history.purchases.day, _cells(history, grid)), history.purchases.member)
        return {"buyers": grid.members(pairs) * 2}

    def _cells(history, grid):
        codes = {f"purchase_{name}": history.purchases.codes[name] for name in ("channel", "store")}
        member = np.where(history.purchases.member >= 0, history.purchases.member, 0)
        return grid.cut.cells(history.purchases.member, history.purchases.day, codes) + 0 * member

    family = next(one for one in FAMILIES if "buyers" in one.columns)
    wrong = FactFamily(family.slices, twice, frozenset({"buyers"}))
    with pytest.raises(TypeError, match="buyers: one is computed from a count of members"):
        count_finest(case.history, case.programme, _steps(case, 1)[1], [wrong])
    assert slices_of(wrong) == slices_of(replace(wrong, count=family.count))
