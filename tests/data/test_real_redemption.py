"""Redemption by cohorts on real points: the triangle holds every point that the source says was spent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.finance.development import development, redemption_triangle
from loyalty_core.finance.point_worth import points_ageing
from loyalty_core.finance.redemption_band import rate_band, simulated_ultimates
from loyalty_core.history_parts import as_of
from loyalty_core.points.lot_ledger import lot_ledger

SPENT = 79_480  # 7,948.0 regular points, as counted in the data's README


@pytest.mark.shared
def test_the_points_spent_by_x5_members_are_those_of_its_triangle(shared: Path, workspace_path: Path) -> None:
    import_files(workspace_path, [shared / "x5_retailhero"], load_mapping("x5_retailhero"))
    workspace = Workspace.open(workspace_path)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    history = live_history(snapshot, programme)
    day = as_of(history)
    assert day is not None
    ledger = lot_ledger(history, day)
    triangle = redemption_triangle(ledger)
    assert triangle.redeemed.sum() == SPENT
    assert len(triangle) == 5 and not triangle.closed  # November to the middle of March
    ageing, points = points_ageing(ledger), history.labels["entries.account"].index("points")
    outstanding = history.entries.amount[history.entries.codes["account"] == points].sum()
    assert ageing.by_age.sum() == ageing.by_expiry.sum() == triangle.open.sum() == outstanding
    found = development(triangle)
    around = rate_band(found, simulated_ultimates(found, np.random.default_rng(5), 200))
    assert SPENT / triangle.issued.sum() <= around.low < found.ultimate_redemption_rate < around.high <= 1
