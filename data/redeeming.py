"""How the redemption of points develops with their age."""

from __future__ import annotations

import pandas as pd

from data.rollups import SnapshotFacts
from loyalty_core.finance.development import Development, promised, redemption_triangle
from loyalty_core.finance.redemption_tables import link_ratios, redeemed_shares
from loyalty_core.points.lot_ledger import lot_ledger


def redemption_by_age(facts: SnapshotFacts, day: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The triangle and the link ratios as known at the close of `day`: as in `redeemed_shares` and
    `link_ratios`."""
    found = _development(facts, day)
    return redeemed_shares(found.triangle), link_ratios(found)


def _development(facts: SnapshotFacts, day: int) -> Development:
    if facts.rollups is None:
        return promised(redemption_triangle(lot_ledger(facts.history, day)))
    return facts.lots.outlook(day).found
