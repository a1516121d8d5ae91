"""The check of roll-ups: silent on those that a snapshot has, and it finds what is planted in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.lake import LakeTable
from data.recounting import rolled_up
from data.rollup_tables import DEALINGS, LOTS, MEMBER_MONTHS, PERIOD_FACTS, PERIOD_MEMBERS, ROLLUPS
from data.rollups import building
from data.snapshots import Snapshot
from loyalty_core.checks.evidence import Evidence
from loyalty_core.checks.rollup_checks import roll_ups_are_what_a_recount_gives
from tests.core.generated import generated
from tests.data.test_rollups import facts, published

CASE = generated(1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """One with roll-ups in two parts, of two imports."""
    whole = facts(CASE)
    late = whole["purchases"].dropna(subset="member_id").iloc[:1].assign(purchase_id="late")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"LEAST_ROWS": 0, "ROWS_FOR_PARTS": 0, "PARTS": 2}.items():
            patch.setattr(building, name, value)
        return published(tmp_path_factory.mktemp("rolled up"), CASE, [whole, {"purchases": late}])


def offending(snapshot: Snapshot, full: bool = True) -> pd.DataFrame:
    told = rolled_up(snapshot, CASE.programme, full)
    return roll_ups_are_what_a_recount_gives(Evidence({}, CASE.programme, told))


def tampered(snapshot: Snapshot, name: str, change) -> Snapshot:
    """The snapshot as if the largest file of a roll-up that can be changed so held other rows."""
    table = LakeTable(snapshot.lake, ROLLUPS[name])
    files = sorted(snapshot.files(name), key=lambda file: -file.rows)
    file, rows = next((file, rows) for file in files if (rows := change(table.read([file]))) is not None)
    other = table.write_file([rows], file.shard)
    kept = [one for one in snapshot.files(name) if one is not file]
    return replace(snapshot, _files=snapshot._files | {name: [*kept, other]})


def one_more(column: str):
    """The first row that counts something in the column counts one more; None where none does."""

    def change(rows: pa.Table) -> pa.Table | None:
        counts = rows[column].to_pylist()
        place = next((place for place, count in enumerate(counts) if count), None)
        if place is None:
            return None
        counts[place] += 1
        index = rows.schema.get_field_index(column)
        return rows.set_column(index, rows.schema.field(index), pa.array(counts, pa.int64()))

    return change


def without_one(rows: pa.Table) -> pa.Table:
    return rows.slice(1)


def of_one_member_less(rows: pa.Table) -> pa.Table:
    """A member that is kept by name is another one in one of its cells."""
    member = pc.if_else(pc.equal(pa.array(range(len(rows))), 0), 2**31, rows["member"])
    return rows.set_column(rows.schema.get_field_index("member"), "member", member)


def test_a_sample_of_every_step_is_what_a_recount_gives(snapshot: Snapshot) -> None:
    looked_at = list(rolled_up(snapshot, CASE.programme))
    assert len({told.step for told in looked_at}) == 7
    assert sum(len(rows) for told in looked_at for rows in told.finest.rows.values()) > 100
    assert offending(snapshot, full=False).empty


def test_whatever_is_planted_is_found_and_nothing_else(snapshot: Snapshot) -> None:
    for name, change in (
        (PERIOD_FACTS.name, one_more("revenue")),
        (PERIOD_FACTS.name, one_more("points_issued")),
        (PERIOD_MEMBERS.name, of_one_member_less),
        (MEMBER_MONTHS.name, one_more("balance")),
        (DEALINGS.name, without_one),
        (LOTS.name, without_one),
    ):
        snapshot = tampered(snapshot, name, change)
    found = offending(snapshot)
    kept = found["column"].str.endswith("members in several cells")
    assert kept.any()
    rest = found[~kept].sort_values("column")
    assert rest["column"].tolist() == ["balance", "dealings", "lots", "points_issued", "revenue"]
    assert (rest["rolled_up"] - rest["recounted"]).tolist() == [1, -1, -1, 1, 1]


def test_nothing_is_looked_at_where_nothing_is_rolled_up(tmp_path: Path) -> None:
    assert offending(published(tmp_path, CASE, [facts(CASE)])).empty
