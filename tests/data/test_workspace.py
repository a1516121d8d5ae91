import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from data.lake import LakeTable, LeaseLostError
from data.snapshots import state_hash
from data.tables import Import, ImportFile, Lease
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.facts import ENTRIES, PURCHASES
from loyalty_core.rules.programme import Programme, Tier
from tests.data.facts_at_hand import entries, members, purchases


def lease_of_another(workspace: Workspace, **changes) -> None:
    """Make it look as if someone else held the lease."""
    now = datetime.now(UTC)
    held = {"owner": "another", "purpose": "import of May", "taken_at": now, "heartbeat_at": now}
    with Session(workspace.registry.engine) as session, session.begin():
        session.execute(update(Lease).values(held | changes))


def test_an_empty_workspace_opens_and_has_nothing(workspace: Workspace):
    again = Workspace.open(workspace.folder, create=False)
    assert again.latest() is None and again.programme is None and again.registry.snapshots() == []


def test_a_missing_workspace_is_not_made_when_not_asked_for(tmp_path: Path):
    with pytest.raises(InputError, match="there is no workspace here"):
        Workspace.open(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_is_no_workspace(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be used as a workspace"):
        Workspace.open(tmp_path / "file")


def test_the_programme_applied_last_is_in_force(workspace: Workspace):
    first = Programme(name="first", tiers=(Tier(name="银卡"),))
    workspace.apply_programme(first)
    assert workspace.programme == first
    workspace.apply_programme(Programme(name="second"))
    assert Workspace.open(workspace.folder).programme == Programme(name="second")


def test_nothing_is_visible_before_it_is_published_and_then_all_of_it(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        assert workspace.latest() is None
        assert writer.pending().count("purchases") == 10
        writer.append("entries", entries(0, 10))
        snapshot = writer.publish("first")
    latest = workspace.latest()
    assert latest == snapshot and latest.note == "first"
    assert latest.count("purchases") == latest.count("entries") == 10


@pytest.mark.parametrize("how", ["leaves", "raises"])
def test_a_writer_that_does_not_publish_leaves_nothing(workspace: Workspace, how: str):
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        before = writer.publish("first")
    try:
        with workspace.writer("import") as writer:
            writer.append("purchases", purchases(10, 20))
            writer.append("entries", entries(0, 5))
            if how == "raises":
                raise OSError("disk full")
    except OSError:
        pass
    assert workspace.latest() == before
    table = LakeTable(workspace.lake, PURCHASES)
    assert sum(file.rows for file in table.files(table.head())) == 10
    with workspace.writer("import") as writer:
        writer.append("members", members(("m1", "a")))
        after = writer.publish("third")
    assert (after.count("purchases"), after.count("entries"), after.count("members")) == (10, 0, 1)


def test_a_writer_is_of_no_use_after_publishing(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.publish("done")
        with pytest.raises(RuntimeError, match="take a new one"):
            writer.append("purchases", purchases(0, 1))


def test_publishing_nothing_new_keeps_the_snapshot_and_still_files_the_account(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        first = writer.publish("first")
    with workspace.writer("import") as writer:
        file = ImportFile(file_name="a.csv", rows_read=10, accepted=0, duplicate=10, conflict=0, rejected=0)
        second = writer.publish("again", import_=Import(mapping="cdnow", files=[file]))
    assert second == first and len(workspace.registry.snapshots()) == 1
    (account,) = workspace.registry.imports()
    assert account.snapshot_id == first.id and account.rows_written == {}
    assert (account.mapping, account.files[0].duplicate) == ("cdnow", 10)


def test_the_account_of_an_import_stands_with_its_snapshot(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        writer.append("members", members(("m1", "a")))
        snapshot = writer.publish("May", import_=Import())
    (account,) = workspace.registry.imports()
    assert account.id == writer.import_id and account.snapshot_id == snapshot.id
    assert account.rows_written == {"members": 1, "purchases": 10}
    assert account.started_at <= account.finished_at
    ids = snapshot.query("SELECT DISTINCT import_id FROM purchases")["import_id"]
    assert ids.tolist() == [writer.import_id]


def test_derived_rows_are_replaced_as_a_whole_and_facts_stay(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.append("entries", entries(0, 5).assign(entry_id=[f"fact{n}" for n in range(5)]))
        assert writer.replace_derived("entries", entries(0, 50)) > 0
        writer.publish("first")
    with workspace.writer("import") as writer:
        writer.replace_derived("entries", entries(20, 40, kind="adjust"))
        latest = writer.publish("second")
    rows = latest.query("SELECT entry_id, kind, derived FROM entries ORDER BY entry_id")
    assert rows[~rows["derived"]]["entry_id"].tolist() == [f"fact{n}" for n in range(5)]
    assert sorted(rows[rows["derived"]]["entry_id"]) == sorted(entries(20, 40)["entry_id"])
    assert set(rows[rows["derived"]]["kind"]) == {"adjust"}


def test_derived_rows_that_are_the_same_already_are_left_alone(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.replace_derived("entries", entries(0, 50))
        first = writer.publish("first")
    with workspace.writer("import") as writer:
        assert writer.replace_derived("entries", entries(0, 50).sample(frac=1, random_state=1)) == 0
        assert writer.publish("again") == first
    with workspace.writer("import") as writer:
        assert writer.replace_derived("entries", entries(0, 49)) == 1
        latest = writer.publish("one less")
    kept = {f.path for f in first.files("entries")} & {f.path for f in latest.files("entries")}
    assert len(kept) == len(first.files("entries")) - 1
    with workspace.writer("import") as writer:
        writer.replace_derived("entries", entries(0, 1).iloc[:0])
        assert writer.publish("none").count("entries") == 0


def test_tables_of_facts_alone_take_no_derived_rows(workspace: Workspace):
    with workspace.writer("import") as writer, pytest.raises(ValueError, match="holds facts only"):
        writer.replace_derived("purchases", purchases(0, 1))


def test_derived_and_given_rows_keep_their_mark_when_laid_out_anew(workspace: Workspace):
    for part in range(3):
        with workspace.writer("import") as writer:
            given = entries(part, part + 1).assign(entry_id=f"fact{part}", member_id="m1")
            writer.append("entries", given)
            writer.append("members", members(("m1", f"region {part}")))
            writer.replace_derived("entries", entries(0, 30))
            before = writer.publish("part")
    after = workspace.compact()
    marks = "SELECT entry_id, derived, import_id, amount FROM entries ORDER BY entry_id"
    assert after.query(marks).equals(before.query(marks))
    assert after.query("SELECT region FROM members")["region"].tolist() == ["region 2"]
    assert state_hash(after) == state_hash(before)
    assert len(after.files("entries")) < len(before.files("entries"))


# The lease


def test_a_second_writer_is_told_of_the_first(workspace: Workspace):
    refusal = pytest.raises(InputError, match=r"another import is running since .*import of May")
    with workspace.writer("import of May"), refusal:
        workspace.writer("import of June").__enter__()
    with workspace.writer("import of June"):
        pass


def test_a_living_writer_on_another_host_keeps_others_out(workspace: Workspace):
    lease_of_another(workspace, host="elsewhere", pid=1)
    with pytest.raises(InputError, match="process 1 on elsewhere"):
        workspace.writer("import").__enter__()


@pytest.mark.parametrize("death", ["silent for long", "process gone"])
def test_a_dead_writer_is_succeeded_and_its_rows_never_show(workspace: Workspace, death: str):
    import socket

    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        writer.publish("first")
    table = LakeTable(workspace.lake, PURCHASES)
    orphans = table.files(table.head())
    table.commit(table.head(), [_copied(file) for file in orphans])  # as if killed right after this
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    if death == "process gone":
        lease_of_another(workspace, host=socket.gethostname(), pid=ended.pid)
    else:
        long_ago = datetime.now(UTC) - timedelta(minutes=5)
        lease_of_another(workspace, host="elsewhere", pid=os.getpid(), heartbeat_at=long_ago)
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(10, 15))
        latest = writer.publish("second")
    assert sorted(latest.frame("purchases")["purchase_id"]) == sorted(purchases(0, 15)["purchase_id"])


def _copied(file):
    from dataclasses import replace
    from shutil import copy

    relative = file.relative.replace("part-", "part-orphan")
    path = file.path.parent / Path(relative).name
    copy(file.path, path)
    return replace(file, path=path, relative=relative)


def test_a_writer_that_was_declared_dead_by_mistake_cannot_publish(workspace: Workspace):
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 10))
        lease_of_another(workspace, host="elsewhere")
        with pytest.raises(LeaseLostError):
            writer.publish("too late")
    assert workspace.latest() is None
    with Session(workspace.registry.engine) as session:
        assert session.get_one(Lease, "lake").owner == "another"  # and it frees no lease but its own


def test_a_writer_that_was_declared_dead_by_mistake_spoils_nothing(workspace: Workspace):
    slow_block = workspace.writer("slow")
    slow = slow_block.__enter__()
    slow.append("entries", entries(0, 10))
    lease_of_another(workspace, host="elsewhere", heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
    with workspace.writer("quick") as quick:
        quick.append("entries", entries(10, 20))
        for table in ("entries", "activities"):  # one that the successor has touched, one not yet
            with pytest.raises(LeaseLostError):
                slow._commit(table, [])
        slow_block.__exit__(None, None, None)
        quick.append("entries", entries(30, 40))
        published = quick.publish("quick")
    expected = [*entries(10, 20)["entry_id"], *entries(30, 40)["entry_id"]]
    assert sorted(workspace.latest().frame("entries")["entry_id"]) == sorted(expected)
    assert LakeTable(workspace.lake, ENTRIES).head() == published.versions["entries"]


# One registry per workspace


def test_two_workspaces_cannot_share_a_registry(tmp_path: Path, registry_url: str | None, monkeypatch):
    if registry_url is None:
        monkeypatch.setenv("LOYALTY_REGISTRY_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    Workspace.open(tmp_path / "one")
    with pytest.raises(InputError, match="belongs to another workspace"):
        Workspace.open(tmp_path / "two")
    monkeypatch.setenv("LOYALTY_REGISTRY_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    Workspace.open(tmp_path / "two")
    monkeypatch.delenv("LOYALTY_REGISTRY_URL")
    if registry_url is not None:
        monkeypatch.setenv("LOYALTY_REGISTRY_URL", registry_url)
        Workspace.open(tmp_path / "one", create=False)


def test_a_refused_registry_is_not_left_half_claimed(tmp_path: Path, registry_url, monkeypatch):
    if registry_url is None:
        monkeypatch.setenv("LOYALTY_REGISTRY_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    Workspace.open(tmp_path / "one")
    for _ in range(2):  # the second try must not find itself at home
        with pytest.raises(InputError, match="belongs to another workspace"):
            Workspace.open(tmp_path / "two")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "is no database address"),
        ("mysql://localhost/x", "mysql is not supported"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot be opened"),
    ],
)
def test_a_wrong_registry_address_is_one_clear_line_without_the_password(
    tmp_path, monkeypatch, url, complaint
):
    monkeypatch.setenv("LOYALTY_REGISTRY_URL", url)
    with pytest.raises(InputError, match=complaint) as refused:
        Workspace.open(tmp_path / "one")
    assert "\n" not in str(refused.value) and "secret" not in str(refused.value)


def _open_and_count(folder: Path, registry_url: str | None, results) -> None:
    os.environ.pop("LOYALTY_REGISTRY_URL", None)  # a fork server keeps the environment of its start
    if registry_url is not None:
        os.environ["LOYALTY_REGISTRY_URL"] = registry_url
    results.put(Workspace.open(folder).registry.snapshots() == [])


def test_many_processes_may_open_a_new_workspace_at_once(tmp_path: Path, registry_url: str | None):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["data.workspace"])
    results = context.Queue()
    openers = [
        context.Process(target=_open_and_count, args=(tmp_path / "新 one", registry_url, results))
        for _ in range(4)
    ]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0] * 4
    assert [results.get(timeout=1) for _ in openers] == [True] * 4


def test_sqlite_writes_ahead_and_waits_for_the_disk(local_workspace: Workspace):
    with local_workspace.registry.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_readers_of_the_registry_are_not_blocked_by_a_write(local_workspace: Workspace):
    local_workspace.apply_programme(Programme(name="first"))
    with local_workspace.registry.engine.begin() as connection:
        connection.execute(text("UPDATE programme_versions SET note = 'x'"))
        assert Workspace.open(local_workspace.folder).programme == Programme(name="first")


# Old snapshots


def test_vacuum_keeps_the_files_of_every_kept_snapshot(workspace: Workspace):
    kept = []
    for part in range(4):
        with workspace.writer("import") as writer:
            writer.replace_derived("entries", entries(part, part + 20))
            kept.append(writer.publish(f"part {part}"))
    with workspace.writer("given up") as writer:
        writer.append("purchases", purchases(0, 100))
    assert workspace.vacuum(keep=2, days=0) > 0
    assert [row.id for row in workspace.registry.snapshots()] == [kept[3].id, kept[2].id]
    for part in (2, 3):
        found = workspace.snapshot(kept[part].id).frame("entries")
        assert sorted(found["entry_id"]) == sorted(entries(part, part + 20)["entry_id"])
    with pytest.raises(InputError, match="retired"):
        workspace.snapshot(kept[0].id)
    with workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 3))
        assert writer.publish("after").count("purchases") == 3
    assert workspace.vacuum(keep=2, days=7) == 0
