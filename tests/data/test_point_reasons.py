"""For what points were given and taken, held against the rows of the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from data.point_reasons import points_by_reason
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.days import to_day

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


@pytest.mark.parametrize("where", [{}, {"member_region": ["North", "West"]}])
def test_reasons_are_those_of_the_ledger(demo_workspace: Path, where: dict[str, list[str]]) -> None:
    workspace = Workspace.open(demo_workspace)
    snapshot, programme = workspace.latest(), workspace.programme
    found = points_by_reason(SnapshotFacts(snapshot, programme), to_day(LAST), where, to_day(FIRST))
    times, points = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    versions = snapshot.query("SELECT member_id, valid_from, region, left_on FROM members")
    latest = versions.sort_values("valid_from").drop_duplicates("member_id", keep="last")
    enrolled = latest[latest["left_on"].isna()]
    regions = dict(zip(enrolled["member_id"], enrolled["region"], strict=True))
    for row in snapshot.query("SELECT * FROM entries WHERE account = 'points'").itertuples():
        day = row.occurred_at.tz_convert("Asia/Shanghai").date()
        here = not where or regions.get(row.member_id) in where["member_region"]
        if here and FIRST <= day <= LAST and row.kind in ("earn", "redeem"):
            times[row.kind, row.reason or ""] += 1
            points[row.kind, row.reason or ""] += abs(row.amount)
    told = {(row.kind, row.reason): (row.times, row.points) for row in found.itertuples()}
    scale = 10**programme.point_decimals
    assert told == {key: (times[key], points[key] / scale) for key in times} and len(told) > 4
    for kind in ("earn", "redeem"):
        most = found.loc[found["kind"] == kind, "points"].to_list()
        assert most == sorted(most, reverse=True)
