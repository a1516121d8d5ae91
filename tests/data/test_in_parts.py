"""What the roll-ups of a large snapshot do not hold: counted a part of the members at a time, as from all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

from data.live import live_history
from data.portrayed import portrayed
from data.prefetch import count_ahead, read_ahead
from data.rollups import building, snapshot_facts
from data.rollups.snapshot_facts import SnapshotFacts
from data.segmented import adds_up, crowds_through_time, names_that_add_up, picked, through_time
from data.some_members import members_behind
from data.standing import asked
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import to_day
from loyalty_core.history import History
from loyalty_core.metrics.by_member import by_member
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods, periods
from loyalty_core.portraits import portraits
from tests.core.generated import generated
from tests.data.test_rollups import CUTS, TOLD, facts, published

World = tuple[SnapshotFacts, History, int]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A snapshot in two parts, its whole history, and a day that nothing is rolled up of."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(building, "LEAST_ROWS", 0)
        changed.setattr(building, "ROWS_FOR_PARTS", 0)
        changed.setattr(building, "PARTS", 2)
        case = generated(4, members=20)
        snapshot = published(tmp_path_factory.mktemp("parts"), case, [facts(case)])
        told = SnapshotFacts(snapshot, case.programme)
        assert told.is_large
        yield told, live_history(snapshot, case.programme), to_day(snapshot.as_of - timedelta(days=73))


def odd_spans(day: int) -> list[Periods]:
    """Periods that no step of the roll-ups has, one of them preceded by another."""
    return [periods(day - 40, day), Periods(np.array([day - 99, day - 40]), np.array([day - 41, day]), 0)]


def test_any_period_is_counted_as_from_the_history_of_everybody(world: World) -> None:
    told, history, day = world
    random = Random(1)
    told.expect(odd_spans(day))
    for span in odd_spans(day):
        assert told.rollups is not None and told.rollups.step_of(span) is None
        for by, where in random.sample([one for one in CUTS if "account" not in one[1]], 3):
            expected = period_facts(history, told.programme, span, by, where, TOLD)
            found = told.of(span, by, where, TOLD)
            pd.testing.assert_frame_equal(found[expected.columns], expected)
    assert "history" not in vars(told)


def test_what_the_last_day_rests_on_is_read_without_the_history_of_everybody(world: World) -> None:
    told, _history, _day = world
    read_ahead(told)
    assert {"dealings", "lots"} <= vars(told).keys()
    assert "history" not in vars(told)


def test_lots_are_followed_once_to_the_closes_of_all_periods_that_anybody_may_choose(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, history, day = world
    question = (), {"member_region": ["North", ""]}, ["lot_points_left"]
    expected = [period_facts(history, told.programme, span, *question) for span in odd_spans(day)]
    told.expect(odd_spans(day))
    count_ahead(told, odd_spans(day))
    monkeypatch.delattr("loyalty_core.points.lot_changes.LotChanges.at_closes")
    found = [told.of(span, *question) for span in odd_spans(day)]
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one[other.columns], other)
    assert expected[-1]["lot_points_left"].any()


def test_members_are_portrayed_as_from_the_history_of_everybody(world: World) -> None:
    told, history, day = world
    expected = portraits(history, told.programme, day)
    found = portrayed(told.snapshot, told.programme, day)
    assert len(expected) > 10
    for name in expected:
        assert found[name].astype(object).where(found[name].notna(), None).tolist() == (
            expected[name].astype(object).where(expected[name].notna(), None).tolist()
        ), name


def test_who_is_enrolled_on_any_day_is_known_without_the_history_of_everybody(world: World) -> None:
    told, history, day = world
    expected = portraits(history, told.programme, day)
    rows = asked(told, day, {}, "SELECT * FROM standing ORDER BY member_id")
    assert rows["member_id"].tolist() == expected["member_id"].tolist()
    assert rows["state"].tolist() == expected["state"].tolist()
    assert rows["days_since_purchase"].tolist() == expected["days_since_purchase"].tolist()
    assert "history" not in vars(told)


@pytest.mark.parametrize("name", ["revenue", "active_rate"])
def test_who_is_behind_a_figure_is_found_without_the_history_of_everybody(world: World, name: str) -> None:
    told, history, day = world
    span = periods(day - 40, day)
    expected = by_member(METRICS[name], history, told.programme, span, {})
    found = members_behind(told, name, [span], {})
    assert len(expected) > 3
    assert found["member_id"].tolist() == expected["member_id"].tolist()
    assert found["top"].tolist() == expected["top"].tolist()
    assert "history" not in vars(told)


def test_segments_develop_as_in_the_history_of_everybody(world: World) -> None:
    told, _history, day = world
    whole = SnapshotFacts(told.snapshot, told.programme)
    vars(whole)["is_large"] = False
    names = ["lifecycle.active", "lifecycle.churned", "rfm.lost", "value.high"]
    closes = [day - 200, day]
    seen, kept = 0, crowds_through_time(told, closes, names_that_add_up((), None), (), None)
    for name, where in product(names, ({}, {"member_region": ["North", ""]})):
        expected = through_time(whole, closes, name, (), None, where)
        assert through_time(told, closes, name, (), None, where) == expected
        assert adds_up(told, name) is not (name == "value.high") and not adds_up(whole, name)
        if adds_up(told, name):
            assert picked(kept, name, where) == expected
            seen += sum(one.members for one in expected)
    assert seen > 0 and "history" not in vars(told)


def test_days_that_were_expected_are_counted_as_from_the_history_where_members_are_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    case = generated(5, members=6)
    told = SnapshotFacts(published(tmp_path, case, [facts(case)]), case.programme)
    span, _two = odd_spans(to_day(told.snapshot.as_of - timedelta(days=50)))
    told.expect([span])
    monkeypatch.setattr(snapshot_facts, "period_facts", None)  # nothing is counted again
    for by, where in [one for one in CUTS if "account" not in one[1]][:4]:
        expected = period_facts(told.history, told.programme, span, by, where, TOLD)
        pd.testing.assert_frame_equal(told.of(span, by, where, TOLD)[expected.columns], expected)
