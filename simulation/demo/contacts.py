"""The demo's campaigns and whom they chose, as the tables `campaigns` and `contacts` tell them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats, Ints
from loyalty_core.facts import HELD_OUT, TREATED
from simulation.demo.calendar import COST_MINOR
from simulation.demo.people import People
from simulation.demo.story import Demo, Part
from simulation.ledger_frames import dates, instants, pick
from simulation.streams import Purpose

MAIN_CHANNEL = 0.7  # of a campaign's contacts, the others go another way
OTHER_CHANNELS = ("wechat", "mail", "app", "sms")
DELIVERED = {"sms": 0.98, "mail": 0.94, "app": 0.91, "wechat": 0.97}
OPENED = {"sms": 0.22, "mail": 0.27, "app": 0.34, "wechat": 0.46}
CLICKED = {"sms": 0.05, "mail": 0.06, "app": 0.12, "wechat": 0.16}
SENT_AFTER_H = 9
# What preparing a campaign costs for each member of the programme, print, media and gifts included.
PREPARING_MINOR = {
    "wake_up": 15,
    "win_back": 12,
    "double_points": 45,
    "member_day": 25,
    "coupon": 120,
    "birthday": 25,
}
PLANNED = (0.92, 1.25)  # the budget beside the cost, from and up to
_HOUR_US = 3_600_000_000


def campaigns(demo: Demo, told: pd.DataFrame) -> pd.DataFrame:
    """All campaigns. `told` has campaign and channel of those treated; what has not begun has no cost."""
    campaign = [offer.campaign for offer in demo.offers]
    begins, ends = (
        np.array([getattr(one, name) for one in campaign], np.int64) for name in ("starts_on", "ends_on")
    )
    fees = told["channel"].map(COST_MINOR).groupby(told["campaign_id"]).sum()
    ids = [one.campaign_id for one in campaign]
    preparing = np.array([PREPARING_MINOR[one.kind] for one in campaign]) * demo.members
    cost = fees.reindex(ids).fillna(0).to_numpy(np.int64) + preparing
    luck = demo.streams.uniform(Purpose.CONTACT, np.arange(len(ids)).astype(np.uint64), 10_000)
    begun = begins <= demo.days[1]
    budget = cost * (PLANNED[0] + (PLANNED[1] - PLANNED[0]) * luck)
    return pd.DataFrame(
        {
            "campaign_id": ids,
            "name": [offer.name for offer in demo.offers],
            "kind": [one.kind for one in campaign],
            "starts_on": dates(begins),
            "ends_on": dates(ends),
            "channel": [one.channel for one in campaign],
            "goal": [offer.goal for offer in demo.offers],
            "budget": (budget / 1000).round().astype(np.int64) * 1000,
            "cost": pd.Series(pd.array(cost, dtype="Int64")).where(pd.Series(begun)),
        }
    )


def contacts(part: Part, people: People) -> pd.DataFrame:
    """Members chosen by a campaign: those alone who may be contacted. Those held out hear nothing."""
    demo, rows = part.demo, part.facts.contacts
    free = people.consents[rows["member"]] & (rows["day"] < part.left_on[rows["member"]])
    who, number, treated = (rows[name][free] for name in ("member", "campaign", "treated"))
    luck = [demo.streams.uniform(Purpose.CONTACT, part.keys[who], 8 * number + place) for place in range(6)]
    channel = _channels(demo, number, luck[4])
    planned = rows["at"][free] + SENT_AFTER_H * _HOUR_US
    delivered = planned + (luck[0] * _HOUR_US).astype(np.int64)
    opened = delivered + (luck[1] * 30 * _HOUR_US).astype(np.int64)
    clicked = opened + (luck[2] * _HOUR_US).astype(np.int64)
    share = {name: channel.map(rates).to_numpy(float) for name, rates in _RATES.items()}
    reached = treated & (luck[5] < share["delivered"])
    read = reached & (luck[3] < share["opened"]) & (opened <= demo.last_instant)
    acted = read & (luck[3] < share["clicked"]) & (clicked <= demo.last_instant)
    ids = pick(tuple(offer.campaign.campaign_id for offer in demo.offers), number)
    return pd.DataFrame(
        {
            "contact_id": ids + "/" + part.population.ids[who],
            "campaign_id": ids,
            "member_id": part.population.ids[who],
            "arm": np.where(treated, TREATED, HELD_OUT),
            "channel": channel,
            "planned_at": instants(planned),
            "delivered_at": instants(delivered).where(reached),
            "opened_at": instants(opened).where(read),
            "clicked_at": instants(clicked).where(acted),
        }
    )


_RATES = {"delivered": DELIVERED, "opened": OPENED, "clicked": CLICKED}


def _channels(demo: Demo, number: Ints, luck: Floats) -> pd.Series[Any]:
    """Most by the campaign's own channel, the others by any."""
    main = pick(tuple(offer.campaign.channel for offer in demo.offers), number)
    others = luck >= MAIN_CHANNEL
    place = ((luck - MAIN_CHANNEL) / (1 - MAIN_CHANNEL) * len(OTHER_CHANNELS)).astype(np.int64)
    return pd.Series(np.where(others, pick(OTHER_CHANNELS, np.maximum(place, 0)), main))
