"""Facts in which no check finds anything, and the programme they follow."""

from __future__ import annotations

import pandas as pd

from loyalty_core.rules.programme import Programme, Tier

PROGRAMME = Programme(name="checked", tiers=(Tier(name="member"), Tier(name="gold", threshold=100)))
Frames = dict[str, pd.DataFrame]


def rows(columns: str, *values: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(list(values), columns=columns.split())
    for name in frame:
        if name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        elif name.endswith("_on") or name == "valid_from":
            frame[name] = pd.to_datetime(frame[name])
    return frame


def clean() -> Frames:
    """Two members, a guest, a ledger with a redemption, an expiry and a claw-back, and a campaign."""
    return {
        "members": rows(
            "member_id valid_from joined_on left_on birth_year gender",
            ("ann", "2022-01-01", "2022-01-01", None, 1990, "female"),
            ("ben", "2022-02-01", "2022-02-01", "2022-12-31", None, None),
        ),
        "purchases": rows(
            "purchase_id member_id kind occurred_at amount refund_of",
            ("p1", "ann", "sale", "2022-01-01T10:00", 10_000, None),
            ("p2", "ben", "sale", "2022-12-31T23:00", 5_000, None),
            ("p3", None, "sale", "2022-03-01T10:00", 700, None),
            ("p4", "ann", "refund", "2022-04-01T10:00", -10_000, "p1"),
        ),
        "entries": rows(
            "entry_id member_id account kind amount occurred_at available_on expires_on reference",
            ("e1", "ann", "points", "earn", 100, "2022-01-01T10:00", None, "2023-01-01", "p1"),
            ("e2", "ann", "points", "redeem", -30, "2022-02-01T10:00", None, None, "p1"),
            ("e3", "ann", "points", "reverse", -20, "2022-04-01T10:00", None, None, "p4"),
            ("e4", "ann", "points", "expire", -50, "2023-01-01T00:00", None, None, None),
            ("e5", "ben", "points", "earn", 50, "2022-12-31T23:00", "2023-01-05", "2024-01-01", "p2"),
            ("c1", "ben", "stored_value", "earn", 900, "2022-12-01T10:00", None, None, None),
            ("c2", "ben", "stored_value", "redeem", -900, "2022-12-02T10:00", None, None, "p2"),
        ),
        "tier_changes": rows(
            "member_id occurred_at from_tier to_tier",
            ("ann", "2022-01-01T00:00", None, "member"),
            ("ann", "2022-01-01T10:00", "member", "gold"),
            ("ben", "2022-02-01T00:00", None, "member"),
        ),
        "activities": rows(
            "activity_id member_id occurred_at kind", ("a1", "ann", "2022-05-01T10:00", "sign_in")
        ),
        "campaigns": rows(
            "campaign_id starts_on ends_on goal", ("c1", "2022-06-01", "2022-06-30", "lift >= 1%")
        ),
        "contacts": rows(
            "contact_id campaign_id member_id arm planned_at delivered_at opened_at clicked_at",
            ("t1", "c1", "ann", "treated", "2022-06-01T08:00", "2022-06-01T09:00", "2022-06-01T10:00", None),
            ("t2", "c1", "ben", "held_out", "2022-06-01T08:00", None, None, None),
        ),
        "coupons": rows(
            "coupon_id campaign_id member_id state offered_at claimed_at redeemed_at",
            ("k1", "c1", "ann", "offered", "2022-06-01T09:00", None, None),
        ),
    }
