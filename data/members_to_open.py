"""Members to choose one from: those who were found, or who bought last."""

from __future__ import annotations

import pandas as pd

from data.member_story import members_like
from data.rollups.snapshot_facts import SnapshotFacts
from data.rollups.touched import only_shards
from data.shards import shard_of
from data.snapshots import Snapshot

MOST = 20
_PURCHASES_LOOKED_AT = 400  # the last ones of all, so that many members are among them


def members_to_open(facts: SnapshotFacts, found: tuple[str, ...]) -> pd.DataFrame:
    """Rows of member_id, tier (missing where never told), joined_on and last_purchase_on (missing, too).

    In the order of `found`; where nobody is, those who bought last, the latest first, or else the first ids.
    """
    snapshot = facts.snapshot
    members = list(found) or _latest_buyers(snapshot) or members_like(snapshot, "", MOST)
    return _described(snapshot, members, str(facts.programme.zone))


def _latest_buyers(snapshot: Snapshot) -> list[str]:
    sql = f"""SELECT member_id FROM (SELECT member_id, occurred_at FROM purchases
        WHERE member_id IS NOT NULL AND kind = 'sale'
        ORDER BY occurred_at DESC, member_id LIMIT {_PURCHASES_LOOKED_AT})
        GROUP BY member_id ORDER BY max(occurred_at) DESC, member_id LIMIT {MOST}"""
    return snapshot.query(sql)["member_id"].tolist()


def _described(snapshot: Snapshot, members: list[str], zone: str) -> pd.DataFrame:
    sql = """SELECT asked.member_id, tier, joined_on, last_purchase_on
        FROM (SELECT unnest($members) AS member_id) AS asked
        LEFT JOIN (SELECT member_id, arg_max(to_tier, occurred_at) AS tier FROM tier_changes
            WHERE member_id IN $members GROUP BY member_id) USING (member_id)
        LEFT JOIN (SELECT member_id, min(joined_on) AS joined_on FROM members
            WHERE member_id IN $members GROUP BY member_id) USING (member_id)
        LEFT JOIN (SELECT member_id, timezone($zone, max(occurred_at))::DATE AS last_purchase_on
            FROM purchases WHERE member_id IN $members AND kind = 'sale' GROUP BY member_id)
            USING (member_id)"""
    near = only_shards(snapshot, sorted({shard_of(one) for one in members}))
    rows = near.query(sql, {"members": members, "zone": zone})
    return rows.set_index("member_id").reindex(members).reset_index()
