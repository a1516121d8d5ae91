"""How many of what the command line tells: one is not several."""

from __future__ import annotations

import pytest

from dashboard.commands import counted


@pytest.mark.parametrize(
    ("count", "things", "said"),
    [
        (1, "members", "1 member"),
        (0, "members", "0 members"),
        (2000, "members", "2,000 members"),
        (1, "entries", "1 entry"),
        (1, "tier changes", "1 tier change"),
        (1, "purchases", "1 purchase"),
    ],
)
def test_things_are_counted_as_one_says_it(count: int, things: str, said: str) -> None:
    assert counted(count, things) == said
