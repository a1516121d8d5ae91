"""How the redemption of points develops with their age."""

from __future__ import annotations

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.finance.development import Development, promised, redemption_triangle
from loyalty_core.finance.redemption_tables import link_ratios, redeemed_at_once, redeemed_shares
from loyalty_core.points.lot_ledger import lot_ledger


def redemption_by_age(
    facts: SnapshotFacts, day: int, latest: int
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """The triangle and the link ratios as known at the close of `day`, and what of the latest earn months (so
    many) was redeemed at once: as in `redeemed_shares`, `link_ratios` and `redeemed_at_once`."""
    found = _development(facts, day)
    return redeemed_shares(found.triangle), link_ratios(found), redeemed_at_once(found.triangle, latest)


def _development(facts: SnapshotFacts, day: int) -> Development:
    if facts.rollups is None:
        return promised(redemption_triangle(lot_ledger(facts.history, day)))
    return facts.lots.outlook(day).found
