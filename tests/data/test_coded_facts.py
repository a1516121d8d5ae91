"""Facts read straight from their files are those that a query tells, and a history of them is whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data.coded_facts import coded_facts
from data.live import live_history
from data.schema import VERSION, pandas_frame
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.facts import ENTRIES, MEMBERS, PURCHASES
from loyalty_core.rules.programme import Programme
from tests.data.facts_at_hand import entries, members, purchases

PROGRAMME = Programme(name="club")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    """Two imports: sales, some with coupons; then refunds of some, and what takes their points back."""
    sales = purchases(1, 60).assign(coupon_id=["c1" if n % 3 else "" for n in range(59)])
    sales["categories"] = [["tea", "mugs"] if n % 2 else None for n in range(59)]
    back = purchases(30, 40, -200).assign(kind="refund", refund_of=lambda rows: rows["purchase_id"])
    back["purchase_id"] = "r" + back["purchase_id"]
    taken = entries(30, 40).assign(kind="reverse", reference=lambda rows: rows["entry_id"].str[1:])
    taken["entry_id"] = "t" + taken["entry_id"]
    taken["expires_on"] = pd.to_datetime(["2025-01-01" if n % 2 else None for n in range(10)])
    workspace = Workspace.open(tmp_path_factory.mktemp("coded"))
    for note, told in {
        "sales": (sales, entries(1, 60), members(("m3", "east"), ("m5", "west"))),
        "refunds": (back, taken, members(("m3", "north"))),
    }.items():
        with workspace.writer(note) as writer:
            for table, rows in zip((PURCHASES, ENTRIES, MEMBERS), told, strict=True):
                writer.append(table.name, rows)
            found = writer.publish(note)
    return found


@pytest.mark.parametrize("table", [PURCHASES, ENTRIES])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("some", [None, ["m3", "m4"]])
def test_the_rows_are_those_of_a_query(snapshot: Snapshot, table, plain, some) -> None:
    told = snapshot if some is None else snapshot.of_members(some)
    names = [column.name for column in table][::-1]
    expected = told.arrow(f"SELECT {', '.join(names)} FROM {table.name}")
    assert 0 < expected.num_rows < 200
    found = coded_facts(told, table, names, plain=plain).cast(expected.schema)
    if some is not None:  # a query gives the rows of some members in no certain order
        expected, found = (rows.sort_by(table.key[0]) for rows in (expected, found))
    assert found.equals(expected)


def test_of_versions_all_are_told(snapshot: Snapshot) -> None:
    found = pandas_frame(coded_facts(snapshot, MEMBERS, ["member_id", "region", VERSION]))
    assert found.sort_values(VERSION)["region"].tolist() == ["east", "west", "north"]
    north = live_history(snapshot, PROGRAMME)
    place = list(north.members.ids).index("m3")
    regions = north.versions.codes["region"][north.versions.member == place]
    assert [north.labels["members.region"][code] for code in regions] == ["north"]


def test_a_column_that_was_declared_later_is_unknown_in_files_from_before(snapshot, tmp_path: Path) -> None:
    files = snapshot.files(PURCHASES.name)
    older = replace(files[0], path=tmp_path / "older.parquet")
    pq.write_table(pq.read_table(files[0].path, partitioning=None).drop_columns(["store"]), older.path)
    told = replace(snapshot, _files={PURCHASES.name: [older, *files[1:]]})
    found = coded_facts(told, PURCHASES, ["store", "purchase_id"])
    assert found.column("store").null_count == found.num_rows == sum(file.rows for file in files)


def test_nothing_at_all_has_the_columns_too(snapshot: Snapshot) -> None:
    empty = replace(snapshot, _files={PURCHASES.name: []})
    assert coded_facts(empty, PURCHASES, ["amount", "store"]).schema.names == ["amount", "store"]


def test_refunds_find_their_sales_and_entries_those_that_nothing_else_tells(snapshot: Snapshot) -> None:
    history = live_history(snapshot, PROGRAMME)
    bought, booked = history.purchases, history.entries
    refunds = np.flatnonzero(bought.refund & (bought.member >= 0))
    sold = bought.refund_of[refunds]
    assert len(refunds) > 5 and (bought.amount[sold] - bought.amount[refunds] == 300).all()
    taking = np.flatnonzero(booked.purchase >= 0)
    assert len(taking) and (bought.day[booked.purchase[taking]] == booked.day[taking]).all()
    assert 0 < bought.with_coupon.sum() < len(bought.member)
    assert set(history.labels["purchases.categories"]) == {"tea|mugs"}


def test_until_a_day_only_what_happened_by_its_close_is_told(snapshot: Snapshot) -> None:
    whole = live_history(snapshot, PROGRAMME)
    day = int(np.sort(whole.purchases.day)[20])
    until = live_history(snapshot, PROGRAMME, day)
    assert len(until.purchases.day) == (whole.purchases.day <= day).sum()
    assert len(until.entries.day) == (whole.entries.day <= day).sum()
