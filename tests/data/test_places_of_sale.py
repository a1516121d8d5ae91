"""Points by where sales were made: as many as the ledger gave for the sales of each place."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.places_of_sale import points_by_place
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.errors import InputError


@pytest.fixture(scope="module")
def facts(demo_workspace: Path) -> SnapshotFacts:
    workspace = Workspace.open(demo_workspace)
    return SnapshotFacts(workspace.latest(), workspace.programme)


@pytest.mark.parametrize("name", ["purchase_store", "purchase_channel"])
def test_points_stand_where_the_sale_was_made(facts: SnapshotFacts, name: str) -> None:
    day = to_day(facts.snapshot.as_of)
    found = points_by_place(facts, day, {}, name, day - 30)
    column = name.removeprefix("purchase_")
    rows = facts.snapshot.query(
        f"""SELECT coalesce(p.{column}, '') AS place, sum(e.amount) AS units
        FROM entries AS e LEFT JOIN purchases AS p ON p.purchase_id = e.reference
        WHERE e.account = 'points' AND e.kind = 'earn' AND p.purchase_id IS NOT NULL
        AND (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE > DATE '2026-09-30' GROUP BY ALL"""
    ).set_index("place")["units"]
    assert len(rows) > 1 and rows.sum() > 0
    assert found.to_dict() == (rows / 10**facts.programme.point_decimals).to_dict()


def test_filters_are_of_members_and_not_of_places(facts: SnapshotFacts) -> None:
    day = to_day(facts.snapshot.as_of)
    everybody = points_by_place(facts, day, {}, "purchase_store", day - 30)
    regions = [
        points_by_place(facts, day, {"member_region": [one]}, "purchase_store", day - 30)
        for one in facts.labels("member_region")
    ]
    assert 0 < sum(one.sum() for one in regions) <= everybody.sum()
    assert all(len(one) for one in regions)


def test_what_is_no_place_of_sale_is_refused(facts: SnapshotFacts) -> None:
    with pytest.raises(InputError, match="member_store is no place of sale"):
        points_by_place(facts, to_day(facts.snapshot.as_of), {}, "member_store", 0)
