"""The full ledger of a simulated run goes on from its workspace, by the commands alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.living import asked

SCENARIO = """
months: 2
replications: 1
campaigns:
  - {name: back again, kind: wake_up, first_day: %(first)s, last_day: %(last)s}
later:
  - {first_day: %(later)s, changes: {earning.points_per_unit: 2}}
"""
OWN = {"first": "2026-11-10", "last": "2026-12-10", "later": "2026-12-01"}
DERIVED = {"first": "1998-07-10", "last": "1998-08-10", "later": "1998-08-01"}


def _told(*words: str | Path) -> dict:
    answer = asked(*words, "--json")
    assert answer.status == 0, answer.output + answer.complaint
    return json.loads(answer.output)


def _gone_on(workspace: Path, scenario: str, folder: Path) -> dict:
    """Simulate, import what that writes into a copy of the workspace under the programmes beside it, check;
    the rows that were written."""
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    run, after = folder / "run", shutil.copytree(workspace, folder / "after")
    simulated = _told("simulate", folder / "scenario.yaml", "--ledger", run, "--workspace", workspace)
    rows = simulated["ledger"]["rows"]
    imported = _told("import", run, "--mapping", "ledger", "--workspace", after)
    accepted = {Path(file["file_name"]).stem: file["accepted"] for file in imported["files"]}
    assert accepted == rows
    programmes = sorted(run.glob("programme-*.yaml"))
    assert len(programmes) == 2
    for document in programmes:
        _told("programme", "apply", document, "--workspace", after)
    checked = _told("check", "--workspace", after)
    assert [one["name"] for one in checked["checks"] if one["rows"]] == []
    assert checked["as_of"] > _told("check", "--workspace", workspace)["as_of"]
    return rows


def test_the_ledger_of_a_run_goes_on_where_the_source_keeps_one(demo: Path, tmp_path: Path) -> None:
    rows = _gone_on(demo, SCENARIO % OWN, tmp_path)
    some = {
        "members",
        "purchases",
        "entries",
        "tier_changes",
        "activities",
        "contacts",
        "coupons",
        "campaigns",
    }
    assert set(rows) == some
    assert all(rows[name] for name in some - {"activities", "coupons"})
    told = pd.read_parquet(tmp_path / "run" / "entries.parquet")
    report = _told("kpi", "--metrics", "points_redeemed", "--period", "month", "--from", "2026-11-01",
                   "--workspace", tmp_path / "after")  # fmt: skip
    of_points = told[(told["kind"] == "redeem") & (told["account"] == "points")]
    assert sum(row["points_redeemed"] for row in report["rows"]) == pytest.approx(-of_points["amount"].sum())


@pytest.mark.shared
def test_the_ledger_of_a_run_goes_on_where_it_was_derived(shared: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    _told("import", shared / "cdnow", "--mapping", "cdnow_sample", "--workspace", workspace)
    rows = _gone_on(workspace, SCENARIO % DERIVED, tmp_path)
    assert rows["entries_before"] > rows["entries"] > 0
    assert rows["tier_changes_before"] > rows["tier_changes"] > 0
