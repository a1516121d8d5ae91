"""Lists of actions and the workspace: what past campaigns say they bring, and their record as campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from data.contactable import leaving
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.actions.action_lists import LISTS
from loyalty_core.actions.hold_out import held_out
from loyalty_core.actions.listing import Listing
from loyalty_core.actions.pooled_lift import pooled_lift
from loyalty_core.actions.sight import Sight
from loyalty_core.arrays import Flags
from loyalty_core.counting.cuts import CAMPAIGN
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.errors import InputError
from loyalty_core.facts import HELD_OUT, TREATED
from loyalty_core.periods import periods
from loyalty_core.text import Language

ASSUMED_LIFT = Decimal("0.02")
OF_ITS_KIND, OF_ANY_KIND, ASSUMED = "kind", "any", "assumed"
RUNS_FOR_DAYS = 30
_SETTLED = ("treated_bought", "treated_settled", "held_out_bought", "held_out_settled")


@dataclass(frozen=True, slots=True)
class Lift:
    """The share of contacted members who respond because of it; what that rests on, and its 95 % interval
    where campaigns with a hold-out measured it."""

    share: Decimal
    basis: str
    low: float | None = None
    high: float | None = None


def past_lifts(facts: SnapshotFacts, day: int) -> dict[str, Lift]:
    """By list what campaigns of its kind brought in the 365 days up to the close of `day`; those of any kind
    where none of its own held anybody out, and an assumption where none did at all."""
    found = facts.of(periods(day - YEAR_DAYS + 1, day), (CAMPAIGN,), {}, frozenset(_SETTLED))
    kinds = facts.snapshot.query("SELECT campaign_id, kind FROM campaigns").set_index("campaign_id")["kind"]
    kind = found[CAMPAIGN].map(kinds)
    return {one.name: _lift(found, (kind == one.campaign).to_numpy(bool)) for one in LISTS.values()}


def channels(facts: SnapshotFacts) -> tuple[str, ...]:
    """The channels of campaigns so far, the most used first."""
    sql = "SELECT channel FROM campaigns WHERE channel IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
    return tuple(facts.snapshot.query(sql)["channel"])


def _lift(found: pd.DataFrame, own: Flags) -> Lift:
    for basis, rows in ((OF_ITS_KIND, found[own]), (OF_ANY_KIND, found)):
        told = pooled_lift(*(rows[name].to_numpy(np.float64) for name in _SETTLED))
        if told is not None:
            return Lift(round(Decimal(str(max(told[0], 0.0))), 4), basis, *told[1:])
    return Lift(ASSUMED_LIFT, ASSUMED)


def rows_of(name: str, found: Listing, sight: Sight, spoken: Language) -> pd.DataFrame:
    """The list as it leaves: rank, member_id, reason and offer in words, money in currency units; whether
    they may be contacted, which all of them may."""
    one, scale = LISTS[name], 10**sight.programme.currency_decimals
    listed = sight.portraits.iloc[found.rows]
    ids = listed["member_id"].astype(str).to_numpy()
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(ids) + 1),
            "member_id": ids,
            "reason": [one.reason(sight, int(row))(spoken) for row in found.rows],
            "offer": one.offer(spoken),
            "at_stake": found.stake / scale,
            "expected_gain": found.gain / scale,
        }
    )
    return leaving(rows, listed)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A list that was recorded as a campaign: the rows of those to contact, with what their contacts must
    have when they come back, and how many are held out."""

    campaign_id: str
    treated: pd.DataFrame
    held_out: int


def recorded(
    workspace: Workspace, name: str, rows: pd.DataFrame, percent: int, channel: str, now: datetime
) -> Recorded:
    """Record a list (`rows_of`) as a campaign with a planned contact for each member, some of them held out.

    InputError where nobody is on the list, or everybody would be held out.
    """
    if not 0 <= percent <= 90:
        raise InputError(f"hold-out {percent}: write a share of the list from 0 to 90 percent")
    held = held_out(rows["member_id"], name, percent)
    if held.all():
        raise InputError(f"{name}: nobody is left to contact; nothing was recorded")
    with workspace.writer(f"list {name}") as writer:
        known = set(writer.pending().query("SELECT campaign_id FROM campaigns")["campaign_id"])
        campaign_id = _free(f"{name}-{now:%Y-%m-%d}", known)
        writer.append("campaigns", _campaign(campaign_id, name, channel, now))
        contacts = rows[["member_id"]].assign(
            contact_id=campaign_id + "/" + rows["member_id"],
            campaign_id=campaign_id,
            arm=np.where(held, HELD_OUT, TREATED),
            channel=channel or None,
            planned_at=now,
        )
        writer.append("contacts", contacts)
        writer.publish(f"list {name} recorded as campaign {campaign_id}")
    sent = contacts.assign(planned_at=f"{now:%Y-%m-%dT%H:%M:%SZ}").drop(columns="member_id")
    return Recorded(campaign_id, rows.join(sent)[~held], int(held.sum()))


def _campaign(campaign_id: str, name: str, channel: str, now: datetime) -> pd.DataFrame:
    one = LISTS[name]
    row = {
        "campaign_id": campaign_id,
        "name": f"{one.label.en} {now:%Y-%m-%d} · {one.label.zh} {now:%Y-%m-%d}",
        "kind": one.campaign,
        "starts_on": now.date(),
        "ends_on": now.date() + timedelta(days=RUNS_FOR_DAYS - 1),
        "channel": channel or None,
        "goal": one.meaning.en,
    }
    return pd.DataFrame([row])


def _free(wanted: str, known: set[str]) -> str:
    """The name, numbered where it is taken."""
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(known) + 2))
    return next(one for one in names if one not in known)
