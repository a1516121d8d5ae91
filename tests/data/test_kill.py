"""An import killed at random moments, started again, with a reader looping all the while."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from data import lake, registry
from data.intake import accounts, importing
from data.intake.mapping import load_mapping
from data.snapshots import Snapshot, state_hash
from data.workspace import Workspace
from tests.data.shop import imported, lines, written

KILLS = int(os.environ.get("LOYALTY_KILLS", "20"))

# Each line feeds four tables, so that between two of them there are moments to be killed in.
MAPPING = """
name: chain
programme: {name: chain, tiers: [{name: member}, {name: gold, threshold: 50}]}
files:
  sales:
    match: "sales*"
    rows:
      - table: members
        columns:
          member_id: member
          valid_from: {value: "2026-01-01", format: iso}
      - table: purchases
        columns:
          purchase_id: id
          member_id: member
          kind: {value: sale}
          occurred_at: {from: when, format: "%Y-%m-%d %H:%M:%S"}
          amount: amount
      - table: entries
        columns:
          entry_id: {sql: "id || ':earn'"}
          member_id: member
          account: {value: points}
          kind: {value: earn}
          amount: pieces
          occurred_at: {from: when, format: "%Y-%m-%d %H:%M:%S"}
          reference: id
      - table: activities
        columns:
          activity_id: {sql: "id || ':visit'"}
          member_id: member
          occurred_at: {from: when, format: "%Y-%m-%d %H:%M:%S"}
          kind: {value: visit}
"""
BEFORE, MORE = 200, 700
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["data.workspace", "data.intake.importing"]
)  # so that a child is at work at once
NEVER = 10**9


def import_until(step: int, workspace: Path, source: Path, mapping: Path, steps: Connection) -> None:
    """The import as a process that kills itself without warning at that step on its way to the disk; one
    that ends sends how many steps there were."""
    left = [step]

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            _die_at_the_last(left)
            answer = function(*arguments, **named)
            _die_at_the_last(left)
            return answer

        return stepped

    for place, name in (
        (lake.LakeTable, "_write_shard"),
        (lake.LakeTable, "commit"),
        (lake.LakeTable, "restore"),
        (registry.Registry, "publish"),
        (importing, "derive"),
        (accounts, "write_rejects"),
    ):
        setattr(place, name, dying(getattr(place, name)))
    imported(workspace, source, load_mapping(mapping))
    steps.send(step - left[0])


def _die_at_the_last(left: list[int]) -> None:
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def _sales(first: int, last: int) -> bytes:
    rows = (
        f"s{n},m{n % 97},2026-03-{n % 28 + 1:02d} 10:00:{n % 60:02d},{n % 9 + 1}.50,{n % 5 + 1}"
        for n in range(first, last)
    )
    return lines(rows)


def assert_whole(snapshot: Snapshot) -> int:
    """Every purchase has its entry, its visit and its member, and the other way round; how many there are."""
    orphans = snapshot.arrow(
        "SELECT (SELECT count(*) FROM purchases) AS n, "
        "(SELECT count(*) FROM purchases p FULL JOIN entries e ON e.reference = p.purchase_id "
        " WHERE p.purchase_id IS NULL OR e.entry_id IS NULL) AS entries, "
        "(SELECT count(*) FROM purchases p FULL JOIN activities a "
        " ON a.activity_id = p.purchase_id || ':visit' "
        " WHERE p.purchase_id IS NULL OR a.activity_id IS NULL) AS visits, "
        "(SELECT count(*) FROM purchases ANTI JOIN members USING (member_id)) AS members"
    ).to_pylist()[0]
    assert (orphans["entries"], orphans["visits"], orphans["members"]) == (0, 0, 0)
    return int(orphans["n"])


class Reader(threading.Thread):
    """Reads the latest snapshot over and over; remembers what it saw, and what went wrong."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.over = folder, threading.Event()
        self.seen: set[int] = set()
        self.wrong: list[Exception] = []

    def run(self) -> None:
        workspace = Workspace.open(self.folder)
        while not self.over.is_set():
            try:
                snapshot = workspace.latest()
                assert snapshot is not None
                self.seen.add(assert_whole(snapshot))
            except Exception as error:  # whatever it is, the test must show it
                self.wrong.append(error)
                return
            time.sleep(0.2)  # leaves the machine to the import most of the time


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path, str, int]:
    """A workspace with some sales, more sales to import, the mapping, the state to reach, steps to it."""
    folder = tmp_path_factory.mktemp("kills")
    mapping = folder / "chain.yaml"
    mapping.write_text(MAPPING, "utf-8")
    begun = folder / "begun [会员] w"
    imported(begun, written(folder, _sales(0, BEFORE), "sales before.csv"), load_mapping(mapping))
    source = written(folder, _sales(BEFORE, MORE), "sales more.csv")
    clean = shutil.copytree(begun, folder / "clean")
    steps = _run(clean, source, mapping, NEVER)
    snapshot = Workspace.open(clean).latest()
    assert snapshot is not None and assert_whole(snapshot) == MORE and steps is not None
    return begun, source, mapping, state_hash(snapshot), steps


def _started(workspace: Path, source: Path, mapping: Path, step: int) -> tuple[BaseProcess, Connection]:
    """An import that dies at that step, and where it sends how many it took."""
    told, steps = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=import_until, args=(step, workspace, source, mapping, steps))
    child.start()
    steps.close()
    return child, told


def _run(workspace: Path, source: Path, mapping: Path, step: int) -> int | None:
    """The steps that the import took, None if it was killed; it ends in no other way."""
    child, told = _started(workspace, source, mapping, step)
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return told.recv() if child.exitcode == 0 else None


def test_an_import_killed_anywhere_and_started_again_is_one_clean_run(
    ground: tuple[Path, Path, Path, str, int], tmp_path: Path
) -> None:
    begun, source, mapping, state, steps = ground
    workspace = shutil.copytree(begun, tmp_path / "killed [会员] w")
    reader = Reader(workspace)
    reader.start()
    luck = random.Random(KILLS)
    # Spread over the whole run; on one workspace, so that what one leaves lies in the way of the next.
    killed = [1 + (place * steps + luck.randrange(steps)) // KILLS for place in range(KILLS)]
    published = deaths = 0  # the last steps come last: once published, there is nothing left to kill
    for step in killed:
        done = _run(workspace, source, mapping, step)
        snapshot = Workspace.open(workspace).latest()
        assert snapshot is not None
        assert assert_whole(snapshot) in (BEFORE, MORE)
        published += assert_whole(snapshot) == MORE
        deaths += done is None
        assert done is None or published
    assert deaths > 0.8 * KILLS
    assert _run(workspace, source, mapping, NEVER) is not None
    reader.over.set()
    reader.join()
    assert not reader.wrong
    assert reader.seen <= {BEFORE, MORE} and BEFORE in reader.seen
    snapshot = Workspace.open(workspace).latest()
    assert snapshot is not None
    assert assert_whole(snapshot) == MORE
    assert state_hash(snapshot) == state


def test_an_import_killed_while_reading_leaves_nothing_behind(
    ground: tuple[Path, Path, Path, str, int], tmp_path: Path
) -> None:
    begun, source, mapping, state, _ = ground
    workspace = shutil.copytree(begun, tmp_path / "w")
    child, _ = _started(workspace, source, mapping, NEVER)
    staging = workspace / "staging"
    deadline = time.monotonic() + 60
    while not staging.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.join()
    assert staging.exists()
    assert _run(workspace, source, mapping, NEVER) is not None
    assert not staging.exists()
    snapshot = Workspace.open(workspace).latest()
    assert snapshot is not None and state_hash(snapshot) == state
