"""Segments rolled up like programmes of their own answer as the rows of their members do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from data.portrayed import portrayed
from data.rolled_segments import asked_of, is_read, lay_down_segment, read_apart
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from data.segmented import every_crowd, every_crowd_ahead, picked, through_time
from data.some_members import FactsOfSome, members_behind
from data.state_flows import state_flows
from loyalty_core.days import to_day
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.periods import Periods, period_start, periods
from simulation.mapped import read, write
from tests.core.generated import generated
from tests.data.test_rollups import CUTS, facts, published

Pairs = dict[str, tuple[FactsOfSome, FactsOfSome]]
FILTER = {"member_region": ["North", ""]}


def day_of(told: SnapshotFacts) -> int:
    """The last day."""
    assert told.snapshot.as_of is not None
    return to_day(told.snapshot.as_of)


def spans(told: SnapshotFacts) -> list[Periods]:
    """Periods that are rolled up, that are counted ahead and that are neither."""
    assert told.rollups is not None
    day = told.rollups.as_of
    return [
        periods(told.rollups.first_day, day, "month"),
        periods(day - 40, day - 3),
        week(day),
        periods(day - 90, day - 50),
    ]


def week(day: int) -> Periods:
    """The last whole week before a day, which is rolled up of everybody and not of a segment."""
    begin = period_start(day - 7, "week")
    return periods(begin, begin + 6)


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Whether both say the same, texts as codes or not."""
    pd.testing.assert_frame_equal(
        found[expected.columns], expected, check_dtype=False, check_categorical=False
    )


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnapshotFacts]:
    """A snapshot in two parts, of which something was asked."""
    with pytest.MonkeyPatch.context() as changed:
        for name, value in {"LEAST_ROWS": 0, "ROWS_FOR_PARTS": 0, "PARTS": 2}.items():
            changed.setattr(building, name, value)
        case = generated(4, members=12)
        snapshot = published(tmp_path_factory.mktemp("segments"), case, [facts(case)])
        told = SnapshotFacts(snapshot, case.programme)
        for span in spans(told):
            told.of(span)
        state_flows(told, day_of(told), {}, day_of(told) - 40)
        every_crowd_ahead(told, day_of(told), [day_of(told) - 40, day_of(told)], ())
        yield told


@pytest.fixture(scope="module")
def pairs(everybody: SnapshotFacts, tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Segments as they were laid down, and the same counted from what their members did."""
    folder: Path = tmp_path_factory.mktemp("laid")
    found = portrayed(everybody.snapshot, everybody.programme, day_of(everybody))
    ids = found["member_id"].astype(str)
    several = {"third": set(ids[::3]), "one": {ids.iloc[0]}}
    inside = {folder / name / "facts": members for name, members in several.items()}
    for file in inside:
        file.parent.mkdir()
    questions = asked_of(everybody, spans(everybody)[:2])
    read_apart(everybody, inside, write)
    for file, members in inside.items():
        assert is_read(everybody.snapshot, file)
        lay_down_segment(everybody, file, members, questions, read, write)
        assert not is_read(everybody.snapshot, file)
    return {file.parent.name: (read(file), counted(everybody, members)) for file, members in inside.items()}


def counted(everybody: SnapshotFacts, members: set[str]) -> FactsOfSome:
    """The facts of those members from what they did, of all that happened."""

    def tell(*_: object) -> History:
        return select(everybody.history, pd.Index(everybody.history.members.ids).isin(members))

    return FactsOfSome(everybody.snapshot.of_members(members), everybody.programme, tell)


@pytest.mark.parametrize("name", ["third", "one"])
@pytest.mark.parametrize("cut", CUTS)
def test_any_cut_is_answered_as_from_the_facts(
    name: str, cut, everybody: SnapshotFacts, pairs: Pairs
) -> None:
    rolled, counted = pairs[name]
    for span in spans(everybody):
        expected = counted.of(span, *cut)
        same(rolled.of(span, *cut), expected)
    assert name == "one" or expected.select_dtypes("number").to_numpy().any()


def test_steps_that_are_left_out_are_not_taken_for_days_without_facts(
    everybody: SnapshotFacts, pairs: Pairs
) -> None:
    rolled, counted = pairs["third"]
    known = [told.rollups.step_of(week(day_of(everybody))) for told in (everybody, rolled) if told.rollups]
    assert known == ["week", None]
    assert counted.of(week(day_of(everybody))).select_dtypes("number").to_numpy().any()


def test_what_was_asked_of_everybody_is_known_of_a_segment(
    everybody: SnapshotFacts, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled, counted = pairs["third"]
    columns = ["revenue", "members_active", "repeat_buyers_in_year"]
    days = day_of(everybody), day_of(everybody) - 40
    flows = state_flows(counted, days[0], FILTER, days[1])
    churned = through_time(counted, days[::-1], "lifecycle.churned", (), None, {})
    expected = [counted.of(span, (), FILTER, columns) for span in spans(everybody)[:2]]
    for name in (
        "rollups.snapshot_facts.finest_rolled",
        "rollups.snapshot_facts.elsewhere",
        "rollups.snapshot_facts.rolled_dealings",
        "state_flows.enrolled_on",
    ):
        monkeypatch.delattr(f"data.{name}")
    for span, told in zip(spans(everybody)[:2], expected, strict=True):
        pd.testing.assert_frame_equal(rolled.of(span, (), FILTER, columns)[told.columns], told)
    same(state_flows(rolled, days[0], FILTER, days[1]), flows)
    crowds = every_crowd(rolled, days[0], days[::-1], (), lambda: None)
    assert picked(crowds, "lifecycle.churned", {}) == churned and sum(one.members for one in churned)


def test_members_behind_a_figure_and_their_portraits_are_the_segments(
    everybody: SnapshotFacts, pairs: Pairs
) -> None:
    rolled, counted = pairs["third"]
    for day in (day_of(everybody), day_of(everybody) - 70):
        found, expected = (portrayed(one.snapshot, one.programme, day) for one in (rolled, counted))
        same(found, expected.reset_index(drop=True))
    behind = [members_behind(one, "revenue", spans(everybody)[1:2], {}) for one in (rolled, counted)]
    same(*behind)
