"""The smallest programme that pages are opened on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.workspace import Workspace
from loyalty_core.rules.programme import Programme


def three_members(folder: Path, programme: Programme) -> Path:
    """Three members and four sales in five weeks: no ledger, no region, no year to look back on."""
    workspace = Workspace.open(folder)
    workspace.apply_programme(programme)
    sales = [("s1", "ann", "2026-09-28", 4000), ("s2", "bob", "2026-09-30", 2500),
             ("s3", "ann", "2026-10-12", 6000), ("s4", "cai", "2026-10-31", 120000)]  # fmt: skip
    purchases = pd.DataFrame(sales, columns=["purchase_id", "member_id", "occurred_at", "amount"])
    purchases["occurred_at"] = pd.to_datetime(purchases["occurred_at"] + "T12:00:00Z")
    with workspace.writer("test") as writer:
        writer.append("purchases", purchases.assign(kind="sale"))
        writer.publish("test")
    return folder
