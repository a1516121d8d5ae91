"""Members by tier as tables."""

from __future__ import annotations

import math

import pandas as pd

from loyalty_core.metrics.ladder_tables import Migration, members_by_tier, share_above_lowest


def test_shares_above_the_lowest_tier_are_of_the_members_there_are() -> None:
    rows = pd.DataFrame(
        {
            "period_end": pd.to_datetime(
                ["2026-01-31", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"]
            ),
            "member_tier": ["base", "gold", "base", "gold", "base"],
            "tier_members": [30, 10, 5, 0, 0],
        }
    )
    table = members_by_tier(rows, ["base", "silver", "gold"])
    assert table.to_numpy().tolist() == [[30, 0, 10], [5, 0, 0], [0, 0, 0]]
    above = share_above_lowest(table).tolist()
    assert above[:2] == [0.25, 0] and math.isnan(above[2])


def test_a_migration_tells_who_stayed_among_those_of_the_ladder() -> None:
    moves = pd.DataFrame(
        [("base", "base", 60), ("base", "gold", 20), ("gold", "base", 5), ("gold", "gold", 15),
         (None, "base", 9), ("gold", None, 3), ("old", "base", 4)],
        columns=["opening_tier", "member_tier", "tier_migration"],
    )  # fmt: skip
    found = Migration.of(moves, ["base", "silver", "gold"])
    assert list(found.members.index) == ["base", "gold"]  # nobody began in silver
    assert found.shares.loc["base"].to_list() == [0.75, 0, 0.25]
    assert found.shares.loc["gold"].to_list() == [0.25, 0, 0.75]
    assert found.stayed == 0.75
    nobody = Migration.of(moves[:0], ["base", "gold"])
    assert nobody.members.empty and math.isnan(nobody.stayed)
