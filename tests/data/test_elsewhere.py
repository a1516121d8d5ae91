"""Work that is done by a process of its own."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from data.elsewhere import elsewhere, nobody_waits
from data.priority import BEHIND_PAGES, LAST
from data.snapshots import Snapshot
from loyalty_core.errors import InputError
from loyalty_core.names import near
from loyalty_core.rules.programme import programme_from_dict


def test_another_process_finds_it_and_raises_what_it_would_here() -> None:
    assert elsewhere(os.getpid) != os.getpid()
    assert elsewhere(near, "nort", ("north", "south")) == near("nort", ("north", "south"))
    with pytest.raises(InputError, match="tires"):
        elsewhere(programme_from_dict, {"name": "odd", "tires": []})


def test_work_gives_way_to_the_pages_and_where_nobody_waits_to_all() -> None:
    ours = os.nice(0)
    with nobody_waits():
        assert elsewhere(os.nice, 0) == LAST
        assert elsewhere(os.sched_getscheduler, 0) == os.SCHED_IDLE
    assert elsewhere(os.nice, 0) == max(BEHIND_PAGES, ours)
    assert elsewhere(os.sched_getscheduler, 0) == os.sched_getscheduler(0)


def test_what_is_printed_is_no_part_of_the_answer() -> None:
    assert elsewhere(print, "a line") is None


def test_who_waits_is_told_where_the_process_is_ended() -> None:
    with pytest.raises(RuntimeError, match="abort was ended before it had found anything"):
        elsewhere(os.abort)


def test_a_snapshot_is_sent_while_other_threads_look_up_its_files(tmp_path: Path) -> None:
    snapshot = Snapshot(1, None, {}, None, tmp_path)

    class Files(list[object]):
        def __reduce__(self) -> Any:  # asked for between two of the tables
            snapshot.files("purchases")
            return list, ()

    snapshot._files.update(members=Files(), entries=Files())
    sent = pickle.loads(pickle.dumps(snapshot))
    assert sent == snapshot and sent._files == {"members": [], "entries": []}
    assert "purchases" in snapshot._files
