"""SIGKILL at any moment of a write, while a reader in another process looks on."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from data.lake import LakeTable
from data.live import live_history
from data.registry import Registry
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import state_hash
from data.workspace import Workspace
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from tests.data import facts_at_hand
from tests.data.facts_at_hand import members

KILLS = int(os.environ.get("LOYALTY_KILLS", "20")) // 2  # on either kind of registry
BATCH = 40
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["data.workspace", "data.intake.importing"]
)  # so that a child is at work at once


def purchases(first: int, last: int) -> pd.DataFrame:
    """Sales of three members, so that the tables have few files and a batch is quickly written."""
    sales = facts_at_hand.purchases(first, last)
    return sales.assign(member_id=[f"m{n % 3}" for n in range(first, last)])


def entries(first: int, last: int) -> pd.DataFrame:
    """Their entries."""
    return facts_at_hand.entries(first, last).assign(member_id=purchases(first, last)["member_id"])


def write_batch(workspace: Workspace, number: int) -> None:
    """One import over three tables: batch `number` of sales, their entries, a new version of a member.

    What is published always has as many entries as sales, and the member's region names the batch.
    """
    first, last = number * BATCH, (number + 1) * BATCH
    with workspace.writer(f"batch {number}") as writer:
        writer.append("purchases", purchases(first, last))
        writer.append("members", members(("m0", str(number))))
        writer.replace_derived("entries", entries(0, last))
        writer.publish(str(number))


def opened(folder: Path, registry_url: str | None) -> Workspace:
    """The workspace, in a child, whose environment is that of the fork server."""
    os.environ.pop("LOYALTY_REGISTRY_URL", None)
    if registry_url is not None:
        os.environ["LOYALTY_REGISTRY_URL"] = registry_url
    return Workspace.open(folder)


def keep_writing(folder: Path, registry_url: str | None) -> None:
    workspace = opened(folder, registry_url)
    while True:
        latest = workspace.latest()
        write_batch(workspace, 0 if latest is None else int(latest.note) + 1)


def keep_reading(folder: Path, registry_url: str | None, stop, answers) -> None:
    """Look at the latest snapshot again and again; the number of looks, or what was torn."""
    workspace, looks, torn = opened(folder, registry_url), 0, []
    while not stop.is_set() and not torn:
        snapshot = workspace.latest()
        if snapshot is not None:
            torn = breaches(snapshot)
            looks += 1
        time.sleep(0.02)
    answers.put((looks, torn))


def breaches(snapshot) -> list[str]:
    """Where the snapshot is not exactly the batches up to the one that it is named after."""
    number = int(snapshot.note)
    expected = {"sales": (number + 1) * BATCH, "booked": (number + 1) * BATCH, "batch": str(number)}
    expected["amount"] = int(purchases(0, expected["sales"])["amount"].sum())
    row = snapshot.query(
        "SELECT (SELECT count(DISTINCT purchase_id) FROM purchases) AS sales,"
        " (SELECT sum(amount) FROM purchases) AS amount,"
        " (SELECT count(*) FROM entries) AS booked,"
        " (SELECT max(region) FROM members) AS batch"
    ).iloc[0]
    return [f"{snapshot.id}: {key} {row[key]}" for key in expected if row[key] != expected[key]]


def killed_after(seconds: float, *writer: object) -> None:
    """Let a process write for so long, then kill it whatever it does."""
    child = CONTEXT.Process(target=keep_writing, args=writer)
    child.start()
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL  # it was at work, not ended by an error


def two_writes_seconds(folder: Path, registry_url: str | None) -> float:
    """How long a process takes from its start until it has published twice."""
    child = CONTEXT.Process(target=keep_writing, args=(folder, registry_url))
    started = time.monotonic()
    child.start()
    workspace = Workspace.open(folder)
    while (latest := workspace.latest()) is None or latest.note == "0":
        assert child.is_alive() and time.monotonic() - started < 60
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    return time.monotonic() - started


def write_and_die(
    folder: Path, registry_url: str | None, number: int, step: str, rolled_up: bool = False
) -> None:
    """Write that batch, and be killed right before or after a step."""
    workspace = opened(folder, registry_url)
    if rolled_up:
        building.LEAST_ROWS = 0
    when, name, ordinal = step.split()
    subject = Registry if name == "publish" else LakeTable
    done, calls = getattr(subject, name), []

    def fatal(*args, **options):
        calls.append(name)
        last = len(calls) == int(ordinal)
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = done(*args, **options)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(subject, name, fatal)
    write_batch(workspace, number)


STEPS = [
    "before write 1",
    "before commit 1",
    "before commit 2",
    "after commit 2",
    "before commit 3",
    "before publish 1",
    "after publish 1",
]


@pytest.fixture
def clean_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The state hash of a workspace that took so many batches undisturbed, in one import on SQLite."""

    def written(batches: int) -> str:
        monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
        with Workspace.open(tmp_path / "clean").writer("all at once") as writer:
            writer.append("purchases", purchases(0, batches * BATCH))
            writer.append("members", members(*(("m0", str(number)) for number in range(batches))))
            writer.replace_derived("entries", entries(0, batches * BATCH))
            return state_hash(writer.publish("clean"))

    return written


def test_killed_writers_leave_no_trace_and_readers_see_whole_imports_only(
    workspace: Workspace, registry_url: str | None, clean_hash
):
    where = (workspace.folder, registry_url)
    killed_after(0, *where)  # the first child waits for the fork server
    seconds = two_writes_seconds(*where)
    stop, answers = CONTEXT.Event(), CONTEXT.Queue()
    reader = CONTEXT.Process(target=keep_reading, args=(*where, stop, answers))
    reader.start()
    moments = random.Random(2026)
    for _ in range(KILLS):
        killed_after(moments.uniform(0.3, 1.1) * seconds, *where)
    stop.set()
    looks, torn = answers.get(timeout=60)
    reader.join()
    assert torn == [] and looks > KILLS

    last = int(workspace.latest().note)
    for number in range(last + 1, last + 3):  # the run after the last kill succeeds at once
        write_batch(workspace, number)
    latest = workspace.latest()
    assert breaches(latest) == []
    assert state_hash(latest) == clean_hash(last + 3)


def test_a_writer_killed_at_any_step_is_as_if_it_had_never_begun_or_had_finished(
    workspace: Workspace, registry_url: str | None, clean_hash
):
    write_batch(workspace, 0)
    number = 1
    for step in STEPS:
        child = CONTEXT.Process(target=write_and_die, args=(workspace.folder, registry_url, number, step))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL, step
        published = int(workspace.latest().note)
        assert published == (number if step == "after publish 1" else number - 1), step
        assert breaches(workspace.latest()) == [], step
        if published < number:
            write_batch(workspace, number)
        assert breaches(workspace.latest()) == [], step
        number += 1
    assert state_hash(workspace.latest()) == clean_hash(number)


def roll_ups_that_are_not_the_facts(workspace: Workspace) -> list[str]:
    """Columns in which the roll-ups of the latest snapshot differ from a count of its facts."""
    snapshot, programme = workspace.latest(), workspace.programme
    told = SnapshotFacts(snapshot, programme)
    assert told.rollups is not None
    months, columns = periods(*told.days, "month"), ["purchases", "points_issued", "members_enrolled"]
    found = told.of(months, ["member_region"], columns=columns)
    expected = period_facts(
        live_history(snapshot, programme), programme, months, ["member_region"], None, columns
    )
    return [name for name in expected if not found[name].equals(expected[name])]


def test_a_writer_killed_among_the_roll_ups_leaves_those_of_the_facts_that_show(
    local_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    local_workspace.apply_programme(Programme(name="rolled up"))
    write_batch(local_workspace, 0)
    for number, step in enumerate(["before commit 4", "after commit 5", "after commit 7"], start=1):
        where = (local_workspace.folder, None, number, step, True)
        child = CONTEXT.Process(target=write_and_die, args=where)
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL, step
        assert int(local_workspace.latest().note) == number - 1, step
        assert roll_ups_that_are_not_the_facts(local_workspace) == [], step
        write_batch(local_workspace, number)
        assert roll_ups_that_are_not_the_facts(local_workspace) == [], step
