"""What a server found out of a large snapshot, laid down for the next one."""

from __future__ import annotations

import gc
import os
import shutil
from datetime import timedelta
from errno import ENOSPC
from functools import partial
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import disk_cache_room, segment_cache
from dashboard.disk_cache import KEPT, DiskCache, disk_cache_of, hold_in_file
from data.days_apart import days_apart
from data.portrayed import portrayed_once
from data.prefetch import count_ahead, read_ahead
from data.quality import known_shares, tables_held
from data.rollup_tables import periods_of
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from data.segmented import SegmentOfDay, every_crowd, every_crowd_ahead, learnt, picked, segment_of
from data.state_flows import state_flows
from data.unusual import unusual
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.periods import periods
from tests.core.generated import generated
from tests.data.test_rollups import facts, published

STATES = ("active", "silent", "churned", "new_inactive", "never_active")
CUTS = [((), {}), (("member_tier",), {"member_region": ["North", ""]}), ((), {"member_store": ["s1"]})]


CASE = generated(4, members=20)
SMALL = {"LEAST_ROWS": 0, "ROWS_FOR_PARTS": 0, "PARTS": 2}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with roll-ups of however few facts."""
    folder = tmp_path_factory.mktemp("cached") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(building, name, value)
        published(folder, CASE, [facts(CASE)])
    return folder


@pytest.fixture
def told(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SnapshotFacts:
    """What is known of a copy of it, of which nothing lies in a cache yet."""
    for name, value in SMALL.items():
        monkeypatch.setattr(building, name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    snapshot = Workspace.open(shutil.copytree(lake, tmp_path / "workspace")).latest()
    assert snapshot is not None
    return SnapshotFacts(snapshot, CASE.programme)


def answers(told: SnapshotFacts) -> list[Any]:
    """What pages ask of many members."""
    assert told.rollups is not None
    day = to_day(told.snapshot.as_of)
    spans = [
        periods_of("months", told.rollups.first_day, told.rollups.as_of),
        periods(day - 40, day - 3),  # which no roll-up has
    ]
    frames = [told.of(span, *cut) for span in spans for cut in CUTS]
    frames += [
        portrayed_once(told, day),
        state_flows(told, day, {}, to_day(told.snapshot.as_of - timedelta(40))),
    ]
    groups = partial(learnt, told, day)
    return [*frames, picked(every_crowd(told, day, [day - 100, day], (), groups), "lifecycle.active", {})]


def same(found: list[Any], expected: list[Any]) -> bool:
    for one, other in zip(found[:-1], expected[:-1], strict=True):
        pd.testing.assert_frame_equal(one[other.columns], other)
    return found[-1] == expected[-1]


def segments_of(told: SnapshotFacts, *states: str) -> list[SegmentOfDay]:
    """The members who are in those states on the last day."""
    return [segment_of(f"lifecycle.{state}", to_day(told.snapshot.as_of), ()) for state in states]


def test_the_next_server_finds_out_nothing_anew(
    told: SnapshotFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, day = answers(SnapshotFacts(told.snapshot, told.programme)), to_day(told.snapshot.as_of)
    every_crowd_ahead(told, day, [day - 100, day], [periods(day - 40, day - 3)])
    answers(told)
    read_ahead(told)
    count_ahead(told)
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    next_one = DiskCache(where.file).found()
    assert next_one is not None
    for name in (
        "rollups.snapshot_facts.elsewhere",
        "rollups.snapshot_facts.rolled_dealings",
        "rollups.snapshot_facts.rolled_lots",
        "portrayed.portrayed",
    ):
        monkeypatch.delattr(f"data.{name}")
    for facts_of_it in (told, next_one):
        assert not facts_of_it.dealings.rows.spent.flags.writeable  # mapped
        assert same(answers(facts_of_it), expected)
    assert any(np.any(frame.select_dtypes("number") != 0) for frame in expected[:-1])


def test_the_next_server_knows_what_the_data_page_tells(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, today = to_day(told.snapshot.as_of), told.snapshot.as_of

    def data_page(facts_of_it: SnapshotFacts) -> list[Any]:
        questions = tables_held(facts_of_it), known_shares(facts_of_it), unusual(facts_of_it, day)
        return [*questions, days_apart(facts_of_it, today)]

    expected = data_page(told)
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    next_one = DiskCache(where.file).found()
    monkeypatch.delattr(type(told.snapshot), "arrow")
    assert next_one is not None and data_page(next_one) == expected
    assert [held.table for held in expected[0]].count("purchases") == 1
    early = days_apart(next_one, today - timedelta(60))  # what is still to come is told by the day that it is
    assert early is not None and early.rows > 0


def test_another_snapshot_programme_or_version_of_the_code_finds_nothing(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {disk_cache_of("workspace", told), disk_cache_of("elsewhere", told)}
    renamed = told.programme.model_copy(update={"name": "another"})
    places.add(disk_cache_of("workspace", SnapshotFacts(told.snapshot, renamed)))
    monkeypatch.setattr("dashboard.disk_cache._code", lambda: "another")
    places.add(disk_cache_of("workspace", told))
    assert len(places) == 4
    assert all(place.found() is None for place in places)


def test_a_file_that_cannot_be_read_goes(told: SnapshotFacts, caplog: pytest.LogCaptureFixture) -> None:
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    where.file.write_bytes(where.file.read_bytes()[:100])
    assert where.found() is None and not where.file.exists()
    assert "says nothing that can be read" in caplog.text


def test_where_nothing_can_be_written_the_facts_stay_as_they_are(told: SnapshotFacts, tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("no folder")
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    assert where.found() is None and len(told.members) > 0


def test_what_is_found_out_meanwhile_does_not_keep_the_rest_from_being_laid_down(told: SnapshotFacts) -> None:
    class Disturbed(dict[int, pd.DataFrame]):
        times = 0

        def __reduce__(self) -> Any:
            Disturbed.times += 1
            if Disturbed.times == 1:
                raise RuntimeError("dictionary changed size during iteration")
            return dict, ()

    told.portrayed = Disturbed()
    hold_in_file(told)
    assert Disturbed.times == 2 and type(told.portrayed) is dict
    told.portrayed, Disturbed.times = Disturbed(), 0
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    assert Disturbed.times == 2 and where.found() is not None


def test_what_is_found_out_while_the_rest_is_laid_down_is_kept(told: SnapshotFacts) -> None:
    class Slow(pd.DataFrame):
        def __reduce__(self) -> Any:
            told.in_segments["meanwhile"] = 1  # which was laid down already
            return pd.DataFrame, ()

    told.in_segments["before"], told._standing[0] = 0, Slow()
    hold_in_file(told)
    assert type(told._standing[0]) is pd.DataFrame
    assert told.in_segments == {"before": 0, "meanwhile": 1}


def test_only_the_newest_files_of_a_workspace_stay(told: SnapshotFacts) -> None:
    folder = disk_cache_of("workspace", told).file.parent
    for age in range(KEPT + 2):
        where = DiskCache(folder / str(age))
        where.lay_down(told)
        os.utime(where.file, (age, age))
    last = DiskCache(folder / "last")
    last.lay_down(told)
    files = [one for one in folder.iterdir() if one.is_file()]
    assert last.file in files and len(files) == KEPT


def test_where_little_of_the_disk_is_left_nothing_is_laid_down(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk_cache_room, "LEAST_FREE", 1.0)
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    assert where.found() is None and "little is left of the disk" in caplog.text


def test_a_disk_that_is_full_leaves_no_draft(told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("simulation.mapped._lay_down", full)
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    hold_in_file(told)
    assert where.found() is None and list(where.file.parent.iterdir()) == [where.segments]
    assert len(told.members) > 0


def test_a_segment_is_rolled_up_once_and_anew_when_more_is_known_of_everybody(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_cache, "LEAST_MEMBERS", 2)
    churned, new = segments_of(told, "churned", "new_inactive")
    first = segment_cache.facts_of("workspace", told, churned)
    assert first.is_large and first.snapshot.among == set(churned.members(told))
    few = segment_cache.facts_of("workspace", told, new)
    assert not few.is_large and few.snapshot.among == set(new.members(told))
    where = disk_cache_of("workspace", told)
    (before,) = where.segments.glob("*/facts")
    where.lay_down(told)
    for _ in range(2):
        segment_cache.find_ahead("workspace", told, [churned, new])
        (anew,) = set(where.segments.glob("*/facts")) - {before}
    monkeypatch.delattr("dashboard.segment_cache.lay_down_segment")
    again = segment_cache.facts_of("workspace", told, churned)
    month = periods_of("months", again.rollups.first_day, again.rollups.as_of)
    pd.testing.assert_frame_equal(again.of(month, *CUTS[1]), first.of(month, *CUTS[1]))
    assert before.exists()  # the one before has not been let go
    del first
    gc.collect()
    segment_cache.find_ahead("workspace", told, [churned])
    assert not before.parent.exists() and anew.exists()


def test_what_was_left_unfinished_or_of_an_older_snapshot_goes_unless_it_is_held(told: SnapshotFacts) -> None:
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    newer = DiskCache(where.file.parent / "newer")
    newer.lay_down(told)
    (newer.segments / "segment").mkdir()
    (newer.segments / "segment" / "facts").write_text("whole")
    elsewhere = where.file.parent.parent / "another workspace" / "file.segments" / "segment"
    unfinished, older = where.segments / "unfinished", where.file.parent / "older.segments" / "segment"
    (used := where.segments / "used").mkdir()
    for folder in (unfinished, older, elsewhere):
        folder.mkdir(parents=True)
        (folder / "part-0").write_text("read")
    (older / "facts").write_text("whole")
    file = disk_cache_room.hold(used)
    segment_cache.find_ahead("workspace", told, [])
    there = [folder.exists() for folder in (unfinished, older, elsewhere, used)]
    assert file is not None and there == [False, False, True, True]
    assert (newer.segments / "segment").exists()
    os.close(file)
    segment_cache.find_ahead("workspace", told, [])
    assert not used.exists()


def test_once_something_newer_is_published_no_more_segments_are_laid_down(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_cache, "LEAST_MEMBERS", 1)
    where = disk_cache_of("workspace", told)
    where.lay_down(told)
    several = segments_of(told, *STATES)
    segment_cache.find_ahead("workspace", told, several, lambda: any(where.segments.glob("*/facts")))
    assert len(list(where.segments.iterdir())) == 1


def test_where_room_is_needed_what_was_asked_for_least_lately_goes_and_what_is_held_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_SEGMENTS_MIB", "4")
    segments = [tmp_path / "workspace" / f"{snapshot}.segments" / "segment" for snapshot in range(4)]
    for age, folder in enumerate(segments):
        folder.mkdir(parents=True)
        (folder / "facts").write_bytes(bytes(2**20))
        os.utime(folder, (1000 + age, 1000 + age))
    disk_cache_room.was_asked_for(segments[1])
    disk_cache_room.was_asked_for(segments[3], ever=False)
    file = disk_cache_room.hold(segments[0])
    assert file is not None and disk_cache_room.has_room(tmp_path, 0)
    assert not disk_cache_room.has_room(tmp_path, 1)
    assert disk_cache_room.make_room(tmp_path, 2 * 2**20)
    assert [folder.exists() for folder in segments] == [True, True, False, False]
    assert not disk_cache_room.make_room(tmp_path, 4 * 2**20)
    assert [folder.exists() for folder in segments] == [True, False, False, False]
    os.close(file)
    assert disk_cache_room.make_room(tmp_path, 4 * 2**20) and not disk_cache_room.folders(tmp_path)


def test_a_segment_for_which_there_is_no_room_is_counted_from_what_its_members_did(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_cache, "LEAST_MEMBERS", 1)
    monkeypatch.setenv("LOYALTY_SEGMENTS_MIB", "0")
    disk_cache_of("workspace", told).lay_down(told)
    (churned,) = segments_of(told, "churned")
    segment_cache.find_ahead("workspace", told, [churned])
    found = segment_cache.facts_of("workspace", told, churned)
    assert not found.is_large and found.snapshot.among == set(churned.members(told))
    assert not disk_cache_room.folders(disk_cache_of("workspace", told).file.parent.parent)


def test_who_asks_for_a_segment_waits_for_the_one_alone_that_is_just_being_laid_down(
    told: SnapshotFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_cache, "LEAST_MEMBERS", 1)
    disk_cache_of("workspace", told).lay_down(told)
    really = segment_cache.lay_down_segment
    inside = dict(zip(STATES, segments_of(told, *STATES), strict=True))
    members = {state: set(segment.members(told)) for state, segment in inside.items()}
    several = [state for state in STATES if members[state]]
    laid: list[str] = []
    asking = Thread(target=segment_cache.facts_of, args=("workspace", told, inside[several[-1]]))

    def slowly(everybody: SnapshotFacts, file: Path, ids: set[str], *given: Any) -> None:
        laid.append(next(state for state in several if members[state] == set(ids)))
        if len(laid) == 1:
            asking.start()
            while segment_cache._laying.length < 2:
                sleep(0.01)
        really(everybody, file, ids, *given)

    monkeypatch.setattr(segment_cache, "lay_down_segment", slowly)
    segment_cache.find_ahead("workspace", told, [inside[state] for state in several])
    asking.join()
    assert len(several) > 2 and laid == [several[0], several[-1], *several[1:-1]]
