import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import declared, fact_schema, lake_schema, pandas_frame
from data.shards import shard_of
from data.snapshots import Snapshot, state_hash
from data.workspace import Workspace
from loyalty_core.facts import PURCHASES, TABLES
from loyalty_core.rules.programme import Programme
from tests.data.facts_at_hand import entries, members, purchases


def published(workspace: Workspace, **rows: pd.DataFrame) -> Snapshot:
    """The state after appending those rows."""
    with workspace.writer("import") as writer:
        for table, frame in rows.items():
            writer.append(table, frame)
        return writer.publish("done")


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_empty_table_has_views_of_the_declared_types(local_workspace: Workspace, table):
    snapshot = published(local_workspace)
    everything = snapshot.arrow(f"SELECT * FROM {table.name}")
    assert everything.num_rows == 0 and everything.schema.names == lake_schema(table).names
    assert everything.schema.types == lake_schema(table).types
    assert snapshot.count(table.name) == 0
    assert list(snapshot.frame(table.name).columns) == [column.name for column in table]


def test_what_was_appended_comes_back_whole(local_workspace: Workspace):
    sales = purchases(0, 500).assign(categories=[["a", "b"], None] * 250, store="东门 '1'")
    back = published(local_workspace, purchases=sales).frame("purchases")
    expected = pandas_frame(declared(sales, PURCHASES))
    order = ["purchase_id"]
    back, expected = (f.sort_values(order).reset_index(drop=True) for f in (back, expected))
    assert [list(c) if c is not None else None for c in back.pop("categories")] == [
        list(c) if c is not None else None for c in expected.pop("categories")
    ]
    pd.testing.assert_frame_equal(back, expected)


def test_sums_and_days_come_exact_and_in_plain_types(local_workspace: Workspace):
    huge = pd.DataFrame(purchases(0, 2).assign(amount=[2**61, 2**61 + 1]))
    answer = published(local_workspace, purchases=huge).query(
        "SELECT sum(amount) AS total, max((occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE) AS last,"
        " max(occurred_at) AS at FROM purchases"
    )
    assert answer["total"][0] == 2**62 + 1 and answer["total"].dtype == np.int64
    assert answer["last"][0] == pd.Timestamp("2024-01-02")
    assert answer["at"][0] == pd.Timestamp("2024-01-02", tz="UTC")


def test_a_question_takes_parameters(local_workspace: Workspace):
    snapshot = published(local_workspace, purchases=purchases(0, 10))
    answer = snapshot.query("SELECT amount FROM purchases WHERE purchase_id = $id", {"id": "p3"})
    assert answer["amount"].tolist() == [103]


def test_a_frame_holds_the_chosen_shards_and_columns_only(local_workspace: Workspace):
    snapshot = published(local_workspace, purchases=purchases(0, 400))
    part = snapshot.frame("purchases", shards=[3, 4], columns=["member_id", "purchase_id"])
    assert list(part.columns) == ["member_id", "purchase_id"]
    owners = purchases(0, 400)["member_id"].fillna(purchases(0, 400)["purchase_id"])
    assert len(part) == sum(shard_of(owner) in (3, 4) for owner in owners) > 0
    whole = pd.concat([snapshot.frame("purchases", shards=[s]) for s in range(16)])
    assert sorted(whole["purchase_id"]) == sorted(purchases(0, 400)["purchase_id"])


@pytest.mark.parametrize("kept", [200_000, 0], ids=["keys kept", "too many to keep"])
def test_the_view_of_a_versioned_table_holds_the_last_version_written(
    local_workspace: Workspace, kept: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("data.snapshots._KEYS_KEPT", kept)
    published(local_workspace, members=members(("m1", "a"), ("m2", "a"), ("m1", "b")))
    published(local_workspace, members=members(("m1", "c"), since="2025-01-01"))
    snapshot = published(local_workspace, members=members(("m2", "z")))
    now = snapshot.query("SELECT member_id, valid_from, region FROM members ORDER BY ALL")
    assert now["region"].tolist() == ["b", "c", "z"]
    assert len(snapshot.query("SELECT * FROM members_versions")) == 5
    assert snapshot.count("members") == 3


def test_a_snapshot_stays_as_it_was_while_imports_go_on(local_workspace: Workspace):
    first = published(local_workspace, purchases=purchases(0, 10))
    published(local_workspace, purchases=purchases(10, 30))
    local_workspace.compact()
    local_workspace.vacuum(keep=20, days=0)
    assert first.count("purchases") == 10 and len(first.frame("purchases")) == 10
    assert local_workspace.snapshot(first.id).count("purchases") == 10
    assert local_workspace.latest().count("purchases") == 30


def test_as_of_is_the_last_business_day_with_an_event(local_workspace: Workspace):
    local_workspace.apply_programme(Programme(name="test", time_zone="Asia/Shanghai"))
    assert published(local_workspace, members=members(("m1", "a"))).as_of is None
    late = purchases(0, 1).assign(occurred_at=pd.to_datetime(["2024-05-31T16:00:00Z"]))
    assert published(local_workspace, purchases=late).as_of == date(2024, 6, 1)
    assert local_workspace.latest().as_of == date(2024, 6, 1)


def test_as_of_before_1970_is_a_day_too(local_workspace: Workspace):
    early = purchases(0, 1).assign(occurred_at=pd.to_datetime(["1969-12-31T23:59:59.5Z"]))
    assert published(local_workspace, purchases=early).as_of == date(1969, 12, 31)


def test_a_snapshot_serves_threads_and_travels_to_other_processes(local_workspace: Workspace):
    snapshot = published(local_workspace, purchases=purchases(0, 100), entries=entries(0, 100))
    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(lambda _: snapshot.query("SELECT sum(amount) AS s FROM entries")["s"][0], range(24))
    assert set(sums) == {entries(0, 100)["amount"].sum()}
    assert pickle.loads(pickle.dumps(snapshot)).count("purchases") == 100


def test_an_unknown_table_is_named(local_workspace: Workspace):
    with pytest.raises(KeyError, match="no fact table purchase; there are members, purchases"):
        published(local_workspace).frame("purchase")


@pytest.fixture(scope="module")
def hash_of_one_import(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of sixty sales and their entries, brought by one import."""
    whole = Workspace.open(tmp_path_factory.mktemp("whole"))
    return state_hash(published(whole, purchases=purchases(0, 60), entries=entries(0, 60)))


@settings(max_examples=8)
@given(order=st.permutations(range(60)), cut=st.integers(0, 60))
def test_the_state_hash_knows_no_order_and_no_split(order, cut, hash_of_one_import, tmp_path_factory):
    parts = Workspace.open(tmp_path_factory.mktemp("parts"))
    for numbers in (list(order[:cut]), list(order[cut:])):
        latest = published(
            parts, entries=entries(0, 60).iloc[numbers], purchases=purchases(0, 60).iloc[numbers]
        )
    assert state_hash(latest) == hash_of_one_import


@pytest.mark.parametrize("column", [c.name for c in PURCHASES])
def test_the_state_hash_sees_a_change_in_any_column(local_workspace: Workspace, column: str):
    rows = declared(purchases(1, 3).assign(categories=[["a"], ["a"]]), PURCHASES).to_pylist()
    hashes = set()
    for value in (rows[0][column], _other(rows[0][column], column)):
        changed = pa.Table.from_pylist([rows[0] | {column: value}, rows[1]], schema=fact_schema(PURCHASES))
        with local_workspace.writer("not published") as writer:
            writer.append("purchases", changed)
            hashes.add(state_hash(writer.pending()))
    assert len(hashes) == 2


def _other(value, column: str):
    known = {"occurred_at": pd.Timestamp("2030-01-01", tz="UTC"), "categories": ["b"], "kind": "refund"}
    if column in known:
        return known[column]
    numbers = {"amount", "discount", "paid_points", "paid_stored_value", "quantity"}
    return 7 if column in numbers else f"{value}x"


def test_the_state_hash_sees_a_row_twice_and_an_old_version(local_workspace: Workspace):
    hashes = [state_hash(published(local_workspace, purchases=purchases(0, 3), members=members(("m", "a"))))]
    hashes.append(state_hash(published(local_workspace, purchases=purchases(0, 1))))
    hashes.append(state_hash(published(local_workspace, members=members(("m", "b")))))
    hashes.append(state_hash(published(local_workspace, members=members(("m", "a")))))
    assert len(set(hashes)) == 4


def test_several_answers_at_one_go_are_those_of_each_alone(local_workspace: Workspace):
    with local_workspace.writer("facts") as writer:
        writer.append("purchases", purchases(0, 50))
        writer.append("members", members(("m1", "North"), ("m2", "South"), ("m2", "East")))
        snapshot = writer.publish("facts")
    queries = {
        "purchases": "SELECT member_id, amount FROM purchases ORDER BY purchase_id",
        "regions": "SELECT member_id, region FROM members ORDER BY member_id",
        "activities": "SELECT member_id, kind FROM activities",
    }
    found = snapshot.coded(queries)
    assert {name: len(frame) for name, frame in found.items()} == {
        "purchases": 50,
        "regions": 2,
        "activities": 0,
    }
    for name, sql in queries.items():
        texts = found[name].select_dtypes("category")
        assert "member_id" in texts
        plain = found[name].astype(dict.fromkeys(texts, "str"))
        pd.testing.assert_frame_equal(plain, snapshot.query(sql))
