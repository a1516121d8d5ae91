"""What the demo says of contact: campaigns, whom they chose, sign-ins, surveys, complaints, referrals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.facts import HELD_OUT, TREATED
from loyalty_core.history import Ints
from loyalty_core.timeline import LONG_AGO
from simulation.campaigns import Campaign
from simulation.demo import Demo
from simulation.demo_tables import sale_ids
from simulation.ledger_frames import dates, instants, pick
from simulation.streams import Purpose

COST_PER_CONTACT_MINOR = 35
CONTACT_CHANNELS = ("app", "sms", "mail")
NAMES = {"wake_up": "Wake-up: we miss you", "win_back": "Win-back: come home"}
GOALS = {
    "wake_up": "Silent members buy again within three weeks",
    "win_back": "Churned members buy again within three weeks",
}
SIGNS_IN = 0.45  # members who ever sign in
SIGN_IN_A_WEEK = 0.3
# Kind, letter of its ids, the luck that brings it about (from, up to), hours after the sale.
AFTER_SALES = (
    ("survey", "S", 0.0, 0.04, 2),
    ("complaint", "C", 0.04, 0.0433, 2),
    ("referral", "R", 0.05, 0.056, 2),
    ("nps", "N", 0.06, 0.08, 26),
    ("task_offered", "O", 0.10, 0.14, 2),  # to write a review
    ("task", "T", 0.10, 0.122, 30),
    ("quality_sample", "Q", 0.15, 0.153, 2),  # staff looks at a field of the profile
)
RIGHT_FIELDS = 0.96
STAYS_AROUND_DAYS = 60  # after the last purchase
_HOUR_US = 3_600_000_000


def campaigns(demo: Demo) -> pd.DataFrame:
    """The campaigns that have begun."""
    rows = [_campaign(demo, number, campaign) for number, campaign in enumerate(demo.campaigns)]
    columns = ["campaign_id", "name", "kind", "starts_on", "ends_on", "channel", "goal", "budget", "cost"]
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("starts_on", "ends_on"):
        frame[column] = dates(frame[column].to_numpy(np.int64))
    return frame


def _campaign(demo: Demo, number: int, campaign: Campaign) -> tuple[object, ...]:
    chosen = demo.facts.contacts["campaign"] == number
    cost = COST_PER_CONTACT_MINOR * int(demo.facts.contacts["treated"][chosen].sum())
    channel = CONTACT_CHANNELS[number % 2]
    name, goal = NAMES[campaign.kind], GOALS[campaign.kind]
    ends = campaign.starts_on, campaign.ends_on
    return campaign.campaign_id, name, campaign.kind, *ends, channel, goal, cost // 1000 * 1000 + 10_000, cost


def contacts(demo: Demo) -> pd.DataFrame:
    """Members chosen by a campaign. Those held out hear nothing; of the others most get it, few click."""
    rows, last_at = demo.facts.contacts, demo.last_instant
    who, campaign, treated = rows["member"], rows["campaign"], rows["treated"]
    keys = demo.population.keys[who]
    luck = [demo.streams.uniform(Purpose.CONTACT, keys, 8 * campaign + place) for place in range(4)]
    planned = rows["at"] + 9 * _HOUR_US
    delivered = planned + (luck[0] * _HOUR_US).astype(np.int64)
    opened = delivered + (luck[1] * 30 * _HOUR_US).astype(np.int64)
    clicked = opened + (luck[2] * _HOUR_US).astype(np.int64)
    reached = treated & (luck[0] < 0.96)
    read = reached & (luck[3] < 0.38) & (opened <= last_at)
    acted = read & (luck[3] < 0.12) & (clicked <= last_at)
    ids = pick(tuple(one.campaign_id for one in demo.campaigns) or ("",), campaign)
    return pd.DataFrame(
        {
            "contact_id": ids + "/" + demo.population.ids[who],
            "campaign_id": ids,
            "member_id": demo.population.ids[who],
            "arm": np.where(treated, TREATED, HELD_OUT),
            "channel": pick(CONTACT_CHANNELS, campaign % 2),
            "planned_at": instants(planned),
            "delivered_at": instants(delivered).where(reached),
            "opened_at": instants(opened).where(read),
            "clicked_at": instants(clicked).where(acted),
        }
    )


def activities(demo: Demo) -> pd.DataFrame:
    """Sign-ins of members who are around, surveys and complaints after sales, referrals."""
    return pd.concat([_sign_ins(demo), _after_sales(demo)], ignore_index=True)


def _sign_ins(demo: Demo) -> pd.DataFrame:
    """At most one a week, from joining until a while after the last purchase."""
    people, (first_day, last_day) = demo.population, demo.days
    keen = np.flatnonzero(demo.streams.uniform(Purpose.ACTIVITY, people.keys, 0) < SIGNS_IN)
    weeks = np.arange((last_day - first_day) // 7 + 1)
    member, week = (axis.ravel() for axis in np.meshgrid(keen, weeks, indexing="ij"))
    luck = demo.streams.uniform(Purpose.ACTIVITY, people.keys[member], 1 + week) / SIGN_IN_A_WEEK
    member, week, luck = member[luck < 1], week[luck < 1], luck[luck < 1]
    day = first_day + 7 * week + (luck * 7).astype(np.int64)
    around = (day > people.joined_on[member]) & (day <= np.minimum(_around_until(demo), last_day)[member])
    member, day, luck = member[around], day[around], luck[around]
    at = demo.midnight(day) + ((7 + 16 * (luck * 7 % 1)) * _HOUR_US).astype(np.int64)
    ids = [f"S{name}-{number}" for name, number in zip(people.ids[member], day.tolist(), strict=True)]
    return _activity_frame(demo, ids, member, at, "sign_in")


def _around_until(demo: Demo) -> Ints:
    last = np.full(len(demo.population), LONG_AGO)
    last[demo.facts.purchases["member"]] = demo.facts.purchases["day"]
    return last + STAYS_AROUND_DAYS


def _after_sales(demo: Demo) -> pd.DataFrame:
    """Hours after a sale some answer a survey, complain, refer a friend or do a task."""
    rows = demo.facts.purchases
    sales = np.flatnonzero(~rows["refund"])
    member, nth, sold_at = rows["member"][sales], rows["ordinal"][sales], rows["at"][sales]
    keys = demo.population.keys[member]
    luck = demo.streams.uniform(Purpose.ACTIVITY, keys, 10_000 + nth)
    grumble = demo.streams.exponential(Purpose.ACTIVITY, keys, 20_000 + nth)
    values = {
        "survey": 5 - np.minimum(0.7 * grumble, 4).astype(np.int64),
        "nps": 10 - np.minimum(2.5 * grumble, 10).astype(np.int64),
        "quality_sample": (luck < 0.15 + RIGHT_FIELDS * 0.003).astype(np.int64),
    }
    frames = []
    for kind, letter, low, high, hours in AFTER_SALES:
        at = sold_at + hours * _HOUR_US
        some = np.flatnonzero((luck >= low) & (luck < high) & (at <= demo.last_instant))
        sale = sale_ids(demo, member[some], nth[some])
        frame = _activity_frame(demo, [letter + name for name in sale], member[some], at[some], kind)
        if kind in values:
            frame = frame.assign(value=values[kind][some])
        frames.append(frame.assign(reference=sale) if kind.startswith("task") else frame)
    return pd.concat(frames, ignore_index=True)


def _activity_frame(demo: Demo, ids: list[str], member: Ints, at: Ints, kind: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "activity_id": np.array(ids, dtype=object),
            "member_id": demo.population.ids[member],
            "occurred_at": instants(at),
            "kind": kind,
            "value": pd.array([pd.NA] * len(ids), dtype="Int64"),
        }
    )
