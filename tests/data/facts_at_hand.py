"""A few rows of each kind, in the columns that an importer delivers."""

from __future__ import annotations

import pandas as pd


def purchases(first: int, last: int, amount: int = 100) -> pd.DataFrame:
    """Sales number `first` … `last` - 1 of twenty members, one a day; every seventh is a guest's."""
    numbers = range(first, last)
    return pd.DataFrame(
        {
            "purchase_id": [f"p{n}" for n in numbers],
            "member_id": [None if n % 7 == 0 else f"m{n % 20}" for n in numbers],
            "kind": "sale",
            "occurred_at": pd.to_datetime(list(numbers), unit="D", origin="2024-01-01", utc=True),
            "amount": [amount + n for n in numbers],
        }
    )


def entries(first: int, last: int, kind: str = "earn") -> pd.DataFrame:
    """One entry for each of these sales."""
    sales = purchases(first, last)
    return pd.DataFrame(
        {
            "entry_id": "e" + sales["purchase_id"],
            "member_id": sales["member_id"].fillna("m0"),
            "account": "points",
            "kind": kind,
            "amount": sales["amount"],
            "occurred_at": sales["occurred_at"],
        }
    )


def members(*regions: tuple[str, str], since: str = "2024-01-01") -> pd.DataFrame:
    """Members with their regions."""
    return pd.DataFrame(
        {
            "member_id": [member for member, _ in regions],
            "valid_from": pd.to_datetime([since] * len(regions)),
            "region": [region for _, region in regions],
        }
    )
