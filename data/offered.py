"""The campaigns of a snapshot as the source describes them, and the coupons that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import Snapshot
from loyalty_core.counting.targets import RESPONSE_DAYS
from loyalty_core.days import to_day
from loyalty_core.facts import COUPONS
from loyalty_core.offer_tables import COUPON_KINDS
from loyalty_core.offers import Stage, stage_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign; texts are empty and the budget (currency units) is None where the source says nothing.

    Without a last day it lasts for the days in which responses count.
    """

    id: str
    name: str
    kind: str
    starts_on: date
    ends_on: date
    stage: Stage
    goal: str
    budget: float | None

    @property
    def asks_coupon(self) -> bool:
        """Whether it asks to redeem its coupons, which those held out cannot do."""
        return self.kind in COUPON_KINDS


def campaigns(facts: SnapshotFacts, day: int) -> tuple[Campaign, ...]:
    """Every campaign, the latest first, at the stage of that day."""
    rows = facts.snapshot.arrow(
        """SELECT campaign_id AS id, coalesce(name, campaign_id) AS name, coalesce(kind, '') AS kind,
        starts_on, ends_on, coalesce(goal, '') AS goal, budget
        FROM campaigns ORDER BY starts_on DESC, campaign_id"""
    ).to_pylist()
    scale = 10**facts.programme.currency_decimals
    found = []
    for row in rows:
        last = row["ends_on"] or row["starts_on"] + timedelta(days=RESPONSE_DAYS)
        stage = stage_on(day, to_day(row["starts_on"]), to_day(last))
        budget = None if row["budget"] is None else row["budget"] / scale
        found.append(Campaign(**row | {"ends_on": last, "stage": stage, "budget": budget}))
    return tuple(found)


def open_coupons(snapshot: Snapshot) -> pd.DataFrame:
    """Coupons that members claimed and have not used, in the declared columns; some may have run out."""
    columns = ", ".join(column.name for column in COUPONS.columns)
    is_open = "claimed_at IS NOT NULL AND redeemed_at IS NULL AND state <> 'void'"
    return snapshot.query(f"SELECT {columns} FROM coupons WHERE {is_open}")
