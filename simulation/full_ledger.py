"""All that a run brought about, as the tables of a workspace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from loyalty_core.days import to_date
from simulation.arm import Arm
from simulation.coupon_frames import coupons, coupons_held, coupons_used, redeemed
from simulation.journal import Facts
from simulation.ledger_frames import (
    activities,
    campaigns,
    contacts,
    entries,
    members,
    other_entries,
    purchases,
    tier_changes,
)


def full_ledger(
    facts: Facts, arm: Arm, days: tuple[int, int], open_coupons: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """All that a run brought about: members who joined, purchases, entries, tier changes, campaigns,
    contacts, activities and coupons, those of the friends whom members brought included.

    Members who were there before the first of `days` are known to the workspace already and have no rows
    of their own; for a run without a past everything is told. The ids of purchases, and of members who join,
    name the run's first day, so that they are not those of the past, which may hold runs as well.
    `open_coupons` are the workspace's that were claimed and not used, in the declared columns; those used in
    the run have a row as they stand then.
    """
    first_day, last_day = days
    mark = f"s{to_date(first_day):%y%m%d}-"
    held = None if open_coupons is None else coupons_held(open_coupons, first_day)
    several = [_named(one, first_day, mark) for one in (facts, facts.friends) if one is not None]
    tables: dict[str, list[pd.DataFrame]] = {}
    for one in several:
        found = {
            "members": members(one, first_day),
            "purchases": purchases(one, mark).assign(coupon_id=coupons_used(one, arm, mark, held)),
            "entries": pd.concat(
                [entries(one, arm.programme, mark), other_entries(one, arm.other_accounts, mark)],
                ignore_index=True,
            ),
            "tier_changes": tier_changes(one, arm.programme),
            "contacts": contacts(one, arm),
            "activities": activities(one, arm.programme),
            "coupons": coupons(one, arm, last_day, mark),
        }
        for name, frame in found.items():
            tables.setdefault(name, []).append(frame)
    if held is not None:
        tables["coupons"].append(redeemed(several[0], arm, held, mark))
    whole = {name: pd.concat(frames, ignore_index=True) for name, frames in tables.items()}
    return {**whole, "campaigns": campaigns(arm, first_day, whole["contacts"])}


def _named(facts: Facts, first_day: int, mark: str) -> Facts:
    """The facts with the run's mark on the ids of those who joined in it."""
    people = facts.population
    ids = np.where(people.joined_on >= first_day, mark + people.ids, people.ids)
    return Facts(facts.journal, replace(people, ids=ids))
