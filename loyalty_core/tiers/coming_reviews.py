"""What the next reviews of tiers will bring, as things stand."""

from __future__ import annotations

import pandas as pd

from loyalty_core.arrays import Flags
from loyalty_core.rules.programme import Programme

SOON_DAYS = 31
LOOKED_AT = ("tier", "review_on", "near_upgrade", "near_downgrade")  # of what portraits tell


def coming_reviews(found: pd.DataFrame, programme: Programme, day: int) -> pd.DataFrame:
    """The members of `portraits` at the close of `day` by tier, the lowest first: tier, members, those
    reviewed within 31 days, of these falling (who would lose the tier, or begin a grace period, if they did
    nothing more) and staying, and rising (who are close to the next tier).
    """
    each = pd.DataFrame(
        {"members": 1} | {name: who.astype(int) for name, who in outcomes(found, day).items()}
    )
    # By code: the names of as many as there are members would take longer than all else.
    sums = each.groupby(found["tier"].astype("category").array, observed=True).sum()
    sums.index = pd.Index(sums.index.astype("str"), name="tier")
    return sums.reindex([tier.name for tier in programme.tiers], fill_value=0).reset_index()


def outcomes(found: pd.DataFrame, day: int) -> dict[str, Flags]:
    """Of each of the `portraits` at the close of `day` whether it is reviewed soon, falls or stays then, and
    whether it is rising."""
    soon = ((found["review_on"] > day) & (found["review_on"] <= day + SOON_DAYS)).to_numpy(bool)
    falling = soon & found["near_downgrade"].to_numpy(bool)
    return {
        "reviewed": soon,
        "falling": falling,
        "staying": soon & ~falling,
        "rising": found["near_upgrade"].to_numpy(bool),
    }
