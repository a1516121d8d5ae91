"""Days that stand apart from all others are told, and nothing is left out for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from data.days_apart import DaysApart, apart, days_apart
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.days import to_day
from tests.data.shop import imported, lines, sale, written

TODAY = date(2026, 6, 30)
LATE = "s99,m1,2099-01-01 10:00:00,10.00,1"


def rows(**days: int) -> pd.Series:
    """Days, as x20260131, with their numbers of rows."""
    numbers = {to_day(date.fromisoformat(day[1:])): count for day, count in days.items()}
    return pd.Series(numbers)


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (rows(x20260601=900, x20260602=90), None),
        (
            rows(x20260601=900, x20260702=1),
            DaysApart(1, date(2026, 7, 2), date(2026, 7, 2), date(2026, 6, 1)),
        ),
        (rows(x20260101=900, x20260201=8), None),  # 31 days
        (
            rows(x20260101=900, x20260202=5, x20260203=3),
            DaysApart(8, date(2026, 2, 2), date(2026, 2, 3), date(2026, 1, 1)),
        ),
        (rows(x20260101=900, x20260202=10), None),  # no few
        (rows(x20990101=1), None),  # no others
        (pd.Series(dtype="int64"), None),
    ],
)
def test_days_stand_apart_behind_a_gap_and_where_they_are_still_to_come(
    held: pd.Series, found: DaysApart | None
) -> None:
    assert apart(held, TODAY) == found


def test_an_import_tells_of_days_that_stand_apart_and_takes_their_rows(
    tmp_path: Path, workspace_path: Path
) -> None:
    usual = [sale(number) for number in range(20)]
    imported(workspace_path, written(tmp_path, lines(usual)))
    late = written(tmp_path / "late", lines([sale(20), LATE]))
    expected = DaysApart(1, date(2099, 1, 1), date(2099, 1, 1), date(2026, 3, 21))
    said, did = imported(workspace_path, late, dry_run=True), imported(workspace_path, late)
    assert said.apart == did.apart == expected and did.rows_written["purchases"] == 2
    assert did.to_json()["apart"] == {
        "rows": 1,
        "first": "2099-01-01",
        "last": "2099-01-01",
        "before": "2026-03-21",
    }
    after = imported(workspace_path, written(tmp_path / "after", lines([sale(21)])))
    assert after.apart is None and after.to_json()["apart"] is None
    workspace = Workspace.open(workspace_path)
    found = days_apart(SnapshotFacts(workspace.latest(), workspace.programme), TODAY)
    assert found is not None and (found.rows, found.first) == (1, date(2099, 1, 1))
