"""The files of CDNOW as purchases, read for tests without our own intake."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd


def sample(shared: Path) -> pd.DataFrame:
    """The sales of the sample of the literature."""
    path = shared / "cdnow" / "CDNOW_sample.txt"
    rows = pd.read_fwf(
        path, header=None, names=["number", "member_id", "date", "quantity", "dollars"], dtype=str
    )
    return _sales(rows)


def master(shared: Path) -> pd.DataFrame:
    """The sales of the master file."""
    with (shared / "cdnow" / "CDNOW_master.txt").open() as lines:
        rows = [line.split() for line in lines][1:]
    return _sales(pd.DataFrame(rows, columns=["member_id", "date", "quantity", "dollars"]))


def _sales(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "member_id": rows["member_id"],
            "kind": "sale",
            "occurred_at": pd.to_datetime(rows["date"], format="%Y%m%d", utc=True),
            "amount": [int(Decimal(dollars) * 100) for dollars in rows["dollars"]],
            "quantity": rows["quantity"].astype(int),
        }
    )
