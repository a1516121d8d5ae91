"""The sandbox as its readers open it, for its tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from loyalty_core.rules.programme import Programme, Reward, Tier
from tests.dashboard import reader

VIEW = "views/sandbox.py"
GOLD = "sandbox:tiers.gold.threshold"
MONTHS, REPLICATIONS = 3, 3
CLUB = Programme(
    name="club",
    currency="GBP",
    tiers=(Tier(name="member"), Tier(name="silver", threshold=500), Tier(name="gold", threshold=1000)),
    rewards=(Reward(name="tea", points=200, cost=3),),
)


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(VIEW, workspace, monkeypatch, **query)


def words_of(page: AppTest) -> str:
    parts = [
        *page.markdown,
        *page.caption,
        *page.title,
        *page.header,
        *page.subheader,
        *page.info,
        *page.error,
    ]
    fields = [field.label for field in [*page.number_input, *page.button, *page.expander]]
    tables = [table.value.to_string() for table in page.dataframe]
    return " ".join([*(str(part.value) for part in parts), *fields, *tables])
