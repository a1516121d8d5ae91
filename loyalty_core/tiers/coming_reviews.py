"""What the next reviews of tiers will bring, as things stand."""

from __future__ import annotations

import pandas as pd

from loyalty_core.rules.programme import Programme

SOON_DAYS = 31
LOOKED_AT = ("tier", "review_on", "near_upgrade", "near_downgrade")  # of what portraits tell


def coming_reviews(found: pd.DataFrame, programme: Programme, day: int) -> pd.DataFrame:
    """The members of `portraits` at the close of `day` by tier, the lowest first: tier, members, those
    reviewed within 31 days, of these falling (who would lose the tier, or begin a grace period, if they did
    nothing more) and staying, and rising (who are close to the next tier).
    """
    soon = ((found["review_on"] > day) & (found["review_on"] <= day + SOON_DAYS)).to_numpy(bool)
    falling = soon & found["near_downgrade"].to_numpy(bool)
    each = pd.DataFrame(
        {
            "members": 1,
            "reviewed": soon.astype(int),
            "falling": falling.astype(int),
            "staying": (soon & ~falling).astype(int),
            "rising": found["near_upgrade"].to_numpy(bool).astype(int),
        }
    )
    # By code: the names of as many as there are members would take longer than all else.
    sums = each.groupby(found["tier"].astype("category").array, observed=True).sum()
    sums.index = pd.Index(sums.index.astype("str"), name="tier")
    return sums.reindex([tier.name for tier in programme.tiers], fill_value=0).reset_index()
