"""One member among all: found by the beginning of an id, and what happened to them, newest first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from data.rollups.touched import only_shards
from data.shards import shard_of
from data.snapshots import Snapshot
from loyalty_core.facts import STORED_VALUE_ACCOUNTS, TABLES

SUBJECTS = ("purchases", "entries", "tier_changes", "activities", "coupons", "contacts")
_MONEY = ", ".join(f"'{account}'" for account in STORED_VALUE_ACCOUNTS)
_NAMING = [name for name, table in TABLES.items() if any(one.name == "member_id" for one in table)]

# Each subject in the columns of a story: happened_at, kind, money, points, number, what, more.
_TOLD = {
    "purchases": """SELECT occurred_at AS happened_at, kind, amount AS money, store AS what, channel AS more,
        purchase_id AS reference FROM purchases WHERE member_id = $member""",
    "entries": f"""SELECT occurred_at AS happened_at, kind, reason AS what, reference,
        CASE WHEN account IN ({_MONEY}) THEN amount END AS money,
        CASE WHEN account NOT IN ({_MONEY}) THEN amount END AS points,
        account AS more FROM entries WHERE member_id = $member""",
    "tier_changes": """SELECT occurred_at AS happened_at, 'tier' AS kind, to_tier AS what, from_tier AS more,
        reason AS reference FROM tier_changes WHERE member_id = $member""",
    "activities": """SELECT occurred_at AS happened_at, kind, value AS number, reference FROM activities
        WHERE member_id = $member""",
    "coupons": """SELECT unnest([offered_at, claimed_at, redeemed_at]) AS happened_at,
        unnest(['offered', 'claimed', 'redeemed']) AS kind, face_value AS money, reference AS what,
        coupon_id AS reference FROM coupons WHERE member_id = $member""",
    "contacts": """SELECT planned_at AS happened_at, arm AS kind, coalesce(name, campaign_id) AS what,
        contacts.channel AS more, contact_id AS reference
        FROM contacts LEFT JOIN campaigns USING (campaign_id) WHERE member_id = $member""",
}


def alone(snapshot: Snapshot, member_id: str) -> Snapshot:
    """The part of the facts that holds whatever is that member's."""
    return only_shards(snapshot, [shard_of(member_id)])


def members_like(snapshot: Snapshot, part: str, most: int = 20) -> list[str]:
    """The first members, by id, whose id has that part, in whatever case; those whose id begins so first."""
    named = " UNION ".join(f"SELECT member_id FROM {name}" for name in ("members", "purchases", "entries"))
    sql = f"""SELECT member_id FROM ({named}) WHERE contains(lower(member_id), lower($part))
        ORDER BY NOT starts_with(lower(member_id), lower($part)), member_id LIMIT {int(most)}"""
    return snapshot.query(sql, {"part": part})["member_id"].tolist()


def is_known(snapshot: Snapshot, member_id: str) -> bool:
    """Whether any fact is that member's."""
    named = (f"(SELECT 1 FROM {name} WHERE member_id = $member LIMIT 1)" for name in _NAMING)
    found = " UNION ALL ".join(named)
    return alone(snapshot, member_id).arrow(found, {"member": member_id}).num_rows > 0


def profile(snapshot: Snapshot, member_id: str, on: date) -> dict[str, Any]:
    """What the source says of the member on a day, column by column; empty where it says nothing."""
    sql = """SELECT * FROM members_versions WHERE member_id = $member AND valid_from <= $on
        ORDER BY valid_from DESC, version DESC LIMIT 1"""
    rows = alone(snapshot, member_id).arrow(sql, {"member": member_id, "on": on}).to_pylist()
    told = [column.name for column in TABLES["members"]]
    return {name: rows[0][name] for name in told if rows[0][name] not in (None, "")} if rows else {}


def story(
    snapshot: Snapshot,
    member_id: str,
    until: datetime,
    subjects: tuple[str, ...] = SUBJECTS,
    most: int = 25,
    skipped: int = 0,
) -> tuple[pd.DataFrame, int]:
    """A page of what happened before an instant, newest first, and how much there is in all.

    subject, happened_at, kind, money (minor units), points (units), number, what, more, reference; missing
    where the subject has no such thing.
    """
    parts = [f"SELECT '{name}' AS subject, * FROM ({_TOLD[name]})" for name in SUBJECTS if name in subjects]
    columns = """SELECT NULL::VARCHAR AS subject, NULL::TIMESTAMPTZ AS happened_at, NULL::VARCHAR AS kind,
        NULL::BIGINT AS money, NULL::BIGINT AS points, NULL::BIGINT AS number, NULL::VARCHAR AS what,
        NULL::VARCHAR AS more, NULL::VARCHAR AS reference WHERE false"""
    told = f"SELECT * FROM ({' UNION ALL BY NAME '.join([columns, *parts])}) WHERE happened_at < $until"
    asked = {"member": member_id, "until": until}
    rows = alone(snapshot, member_id).query(
        f"""SELECT *, count(*) OVER () AS total FROM ({told})
        ORDER BY happened_at DESC, subject, kind, reference LIMIT {int(most)} OFFSET {int(skipped)}""",
        asked,
    )
    return rows.drop(columns="total"), int(rows["total"].max()) if len(rows) else 0


def contacts(snapshot: Snapshot, member_id: str, until: datetime, most: int = 50) -> pd.DataFrame:
    """The campaigns that chose the member before an instant, newest first: campaign, channel, arm, and when
    the contact was planned, delivered, opened and clicked."""
    sql = f"""SELECT coalesce(name, campaign_id) AS campaign, contacts.channel AS channel, arm, planned_at,
        delivered_at, opened_at, clicked_at FROM contacts LEFT JOIN campaigns USING (campaign_id)
        WHERE member_id = $member AND planned_at < $until
        ORDER BY planned_at DESC, campaign_id LIMIT {int(most)}"""
    return alone(snapshot, member_id).query(sql, {"member": member_id, "until": until})
