"""Two workspaces of clubs that have members in common, to be merged."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.workspace import Workspace
from loyalty_core.rules.programme import Programme

CLUB = Programme(name="club", expiry={"months": 24})
POINTS = Programme(name="points", expiry={"months": 24})


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def people(*rows: tuple[str, str, str | None, list[str]]) -> pd.DataFrame:
    """Members: id, joined on, region, attributes."""
    return pd.DataFrame(
        {
            "member_id": [row[0] for row in rows],
            "valid_from": pd.to_datetime([row[1] for row in rows]),
            "joined_on": pd.to_datetime([row[1] for row in rows]),
            "region": pd.Series([row[2] for row in rows], dtype=object),
            "attributes": pd.Series([row[3] for row in rows], dtype=object),
        }
    )


def ledger(*rows: tuple[str, str, str, int, str, str | None]) -> pd.DataFrame:
    """Entries: id, member, kind, amount, day, expiry."""
    return pd.DataFrame(
        {
            "entry_id": [row[0] for row in rows],
            "member_id": [row[1] for row in rows],
            "account": "points",
            "kind": [row[2] for row in rows],
            "amount": [row[3] for row in rows],
            "occurred_at": [day(row[4]) for row in rows],
            "expires_on": pd.to_datetime([row[5] for row in rows]),
        }
    )


def sales(*rows: tuple[str, str | None, int, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "purchase_id": [row[0] for row in rows],
            "member_id": [row[1] for row in rows],
            "kind": "sale",
            "occurred_at": [day(row[3]) for row in rows],
            "amount": [row[2] for row in rows],
        }
    )


def filled(folder: Path, programme: Programme, **tables: pd.DataFrame) -> Workspace:
    workspace = Workspace.open(folder)
    workspace.apply_programme(programme)
    with workspace.writer("facts") as writer:
        for name, rows in tables.items():
            writer.append(name, rows)
        writer.publish("facts")
    return workspace


def club_in(folder: Path) -> Workspace:
    """A club whose members have phones; c2 and c3 share one."""
    return filled(
        folder / "club",
        CLUB,
        members=people(
            ("c1", "2024-05-01", "North", ["phone=138 0000 0001"]),
            ("c2", "2024-05-01", "South", ["phone=13800000002"]),
            ("c3", "2024-05-01", "South", ["phone=13800000002"]),
            ("c4", "2024-05-01", None, []),
        ),
        purchases=sales(("1", "c1", 5_000, "2025-01-05"), ("2", "c4", 7_000, "2025-01-06")),
        entries=ledger(
            ("e1", "c1", "earn", 100, "2025-01-05", "2027-01-05"),
            ("e2", "c1", "redeem", -30, "2025-02-01", None),
        ),
    )


def points_in(folder: Path) -> Workspace:
    """A points system of its own: p1 is c1, p2 could be c2 or c3, c4 is another c4."""
    return filled(
        folder / "points",
        POINTS,
        members=people(
            ("p1", "2023-03-01", "East", ["phone=138-0000-0001", "size=L"]),
            ("p2", "2023-03-01", "East", ["phone=13800000002"]),
            ("c4", "2023-03-01", "West", []),
        ),
        purchases=sales(
            ("1", "p1", 900, "2025-01-05"), ("2", "c4", 7_000, "2024-01-06"), ("9", None, 10, "2024-01-07")
        ),
        entries=ledger(
            ("e1", "p1", "earn", 40, "2024-01-05", "2026-01-05"),
            ("e3", "p1", "earn", 50, "2024-06-05", "2026-06-05"),
            ("e4", "p1", "redeem", -45, "2024-07-05", None),
            ("e5", "p2", "earn", 7, "2024-07-05", None),
            ("e6", "c4", "earn", 9, "2025-03-05", "2027-03-05"),
        ),
    )
