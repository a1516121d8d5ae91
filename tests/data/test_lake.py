import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from data.lake import LakeTable, LeaseLostError, usable_folder
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.facts import PURCHASES
from tests.data.facts_at_hand import members, purchases

AWKWARD = [
    "with spaces",
    "会员 数据",
    "[brackets] {braces} (round)",
    'it\'s "quoted" `so`',
    "100% *real* what? #1 a&b;c",
    "shard=5",
    "region=north",
    "~tilde^caret|pipe<angle>",
    "%zz",
]


@pytest.fixture(autouse=True)
def on_sqlite(monkeypatch):
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)


@pytest.mark.parametrize("name", AWKWARD)
def test_a_workspace_works_in_a_folder_of_any_name(tmp_path: Path, name: str):
    workspace = Workspace.open(tmp_path / name)
    for first in (0, 50):
        with workspace.writer("import") as writer:
            writer.append("purchases", purchases(first, first + 50))
            writer.append("members", members(("m1", "north"), ("m2", "south")))
            writer.publish("done")
    with workspace.writer("given up") as writer:
        writer.append("purchases", purchases(200, 300))
    workspace.compact()
    assert workspace.vacuum(keep=1, days=0) > 0
    latest = Workspace.open(tmp_path / name, create=False).latest()
    assert latest.frame("purchases")["amount"].sum() == purchases(0, 100)["amount"].sum()
    assert sorted(latest.query("SELECT region FROM members")["region"]) == ["north", "south"]


@pytest.mark.parametrize("name", ["per%41cent", "back\\slash"])
def test_a_folder_whose_name_delta_cannot_write_is_refused_in_one_line(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="path must not hold") as refused:
        Workspace.open(tmp_path / name)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / name).exists()


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert usable_folder(Path("here")) == tmp_path / "here"


def test_one_append_is_one_transaction_of_at_most_16_files(local_workspace: Workspace):
    with local_workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 2000))
        snapshot = writer.publish("done")
    table = LakeTable(local_workspace.lake, PURCHASES)
    assert table.head() == snapshot.versions["purchases"] == 1
    assert len(snapshot.files("purchases")) == 16
    assert sum(file.rows for file in snapshot.files("purchases")) == 2000


def test_the_log_is_never_cleaned_up_behind_a_snapshot(local_workspace: Workspace):
    with local_workspace.writer("import"):
        pass
    settings = DeltaTable(local_workspace.lake / "purchases").metadata().configuration
    assert settings["delta.enableExpiredLogCleanup"] == "false"


def test_other_readers_of_delta_see_the_same_rows(local_workspace: Workspace):
    with local_workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 200))
        snapshot = writer.publish("done")
    elsewhere = DeltaTable(local_workspace.lake / "purchases").to_pyarrow_table().to_pandas()
    ours = snapshot.query("SELECT * FROM purchases")
    assert sorted(elsewhere.columns) == sorted(ours.columns)
    for column in ("purchase_id", "amount", "shard"):
        assert sorted(elsewhere[column]) == sorted(ours[column])


def test_a_commit_on_a_table_that_has_moved_on_is_refused(local_workspace: Workspace):
    with local_workspace.writer("import") as writer:
        table = LakeTable(local_workspace.lake, PURCHASES)
        writer.append("purchases", purchases(0, 10))
        files = writer.pending().files("purchases")
        with pytest.raises(LeaseLostError):
            table.commit(0, files[:1])
        assert table.head() == 1


def test_columns_declared_after_the_files_were_written_are_null(local_workspace: Workspace):
    with local_workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 20))
        snapshot = writer.publish("done")
    for file in snapshot.files("purchases"):  # as an older release would have written them
        rows = pa.parquet.read_table(file.path, partitioning=None).drop_columns(["staff"])
        pa.parquet.write_table(rows, file.path)
    with local_workspace.writer("import") as writer:
        writer.append("purchases", purchases(20, 40).assign(staff="Ann"))
        latest = writer.publish("done")
    staff = latest.query("SELECT staff, count(*) AS n FROM purchases GROUP BY staff ORDER BY staff")
    assert staff["n"].tolist() == [20, 20] and staff["staff"].notna().tolist() == [True, False]


def test_a_table_declared_after_a_snapshot_was_published_is_empty_in_it(local_workspace: Workspace):
    with local_workspace.writer("import") as writer:
        writer.append("purchases", purchases(0, 5))
        now = writer.publish("done")
    older = Snapshot(1, None, {"purchases": now.versions["purchases"]}, None, local_workspace.lake)
    assert older.count("coupons") == 0 and older.count("purchases") == 5


def test_many_small_imports_are_laid_out_anew_and_stay_the_same_rows(local_workspace: Workspace):
    for day in range(30):
        with local_workspace.writer("import") as writer:
            writer.append("purchases", purchases(day, day + 1).assign(member_id="m1"))
            latest = writer.publish("a day")
    assert len(latest.files("purchases")) <= 24
    compacted = local_workspace.compact()
    assert len(compacted.files("purchases")) == 1
    assert compacted.id > latest.id
    amounts = compacted.frame("purchases")["amount"]
    assert (
        sorted(amounts) == sorted(purchases(0, 30)["amount"]) == sorted(latest.frame("purchases")["amount"])
    )
    log = local_workspace.lake / "purchases" / "_delta_log" / f"{compacted.versions['purchases']:020}.json"
    adds = [json.loads(line) for line in log.read_text().splitlines()]
    assert [action["add"]["dataChange"] for action in adds if "add" in action] == [False]
