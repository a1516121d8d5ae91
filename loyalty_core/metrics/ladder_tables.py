"""Members by tier as tables: over time, and from one tier to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


def members_by_tier(rows: pd.DataFrame, ladder: Sequence[str]) -> pd.DataFrame:
    """Members at each close in each tier of the ladder, 0 where none, from values of `tier_members`."""
    table = rows.pivot(index="period_end", columns="member_tier", values="tier_members")
    return table.reindex(columns=list(ladder)).fillna(0)


def share_above_lowest(by_tier: pd.DataFrame) -> pd.Series[float]:
    """Of the members of each row those who are above the lowest tier; missing where there are none."""
    everybody = by_tier.sum(axis=1)
    return (1 - by_tier.iloc[:, 0] / everybody).where(everybody > 0)


@dataclass(frozen=True, slots=True)
class Migration:
    """Members by tier at the opening (rows, those alone that had any) and at the close."""

    members: pd.DataFrame

    @classmethod
    def of(cls, moves: pd.DataFrame, ladder: Sequence[str]) -> Migration:
        """From values of `tier_migration`; who was or is in no tier of the ladder is left out."""
        known = moves[moves["opening_tier"].isin(ladder) & moves["member_tier"].isin(ladder)]
        table = known.pivot(index="opening_tier", columns="member_tier", values="tier_migration")
        table = table.reindex(index=list(ladder), columns=list(ladder)).fillna(0)
        return cls(table[table.sum(axis=1) > 0])

    @property
    def shares(self) -> pd.DataFrame:
        """Of each row, the share that went to each tier."""
        return self.members.div(self.members.sum(axis=1), axis=0)

    @property
    def stayed(self) -> float:
        """The share of all of them who are where they were; nan where there are none."""
        everybody = self.members.to_numpy().sum()
        there = np.trace(self.members.reindex(columns=self.members.index).to_numpy())
        return float(there / everybody) if everybody else float("nan")
