"""The demo's sales: where, what and by whom, of members and of guests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats, Ints
from loyalty_core.facts import REFUND, SALE
from simulation.behaviour import Season
from simulation.demo.leaving import chosen
from simulation.demo.people import (
    CATEGORIES,
    CHANNEL_SHARES,
    CHANNELS,
    FAVOURITE_SHARES,
    REGION_SHARES,
    STORES_PER_REGION,
    People,
    staff_names,
    store_names,
)
from simulation.demo.story import BEHAVIOUR, Part
from simulation.ledger_frames import Texts, instants, only, pick, sale_ids
from simulation.season import CLOSES_H, OPENS_H, intensity
from simulation.streams import Keys, Purpose, Streams, member_keys

OWN_CHANNEL = 0.7  # of a member's sales are made through the channel of joining
GUEST_SALES = 0.35  # sales to guests for each sale to a member
FAVOURITE, SECOND = 0.55, 0.25  # sales of the favourite category, and with a second one
REDUCED, MOST_OFF = 0.10, 0.2  # sales at a reduced price, and the most that is taken off


def purchases(part: Part, people: People) -> pd.DataFrame:
    """Sales and refunds of members, by member and instant, without what paid for them (see `Tables`)."""
    rows, streams = part.facts.purchases, part.demo.streams
    who, nth, refund = rows["member"], rows["ordinal"], rows["refund"]
    keys = part.keys[who]
    own = streams.uniform(Purpose.CHANNEL, keys, nth) < OWN_CHANNEL
    other = chosen(CHANNEL_SHARES, streams.uniform(Purpose.STORE, keys, nth))
    channel = pick(CHANNELS, np.where(own, people.channel[who], other))
    in_store = channel == "store"
    seat = streams.uniform(Purpose.STORE, keys, nth + 100_000)
    sale = sale_ids(part.facts, who, nth)
    return pd.DataFrame(
        {
            "purchase_id": np.where(refund, sale + "-R", sale),
            "member_id": part.population.ids[who],
            "kind": np.where(refund, REFUND, SALE),
            "occurred_at": instants(rows["at"]),
            "amount": rows["amount"],
            "discount": np.where(refund, 0, reductions(streams, keys, nth, rows["amount"])),
            "quantity": _quantities(streams, keys, nth) * rows["quantity"],
            "store": only(in_store, people.stores_at(who, rows["day"])),
            "channel": channel,
            "staff": only(in_store, staff_names(people.region_at(who, rows["day"]), people.store[who], seat)),
            "categories": _categories(streams, keys, nth, people.favourite[who]),
            "refund_of": only(refund, sale),
        }
    )


def guests(part: Part) -> pd.DataFrame:
    """Sales to people who are not members, in proportion to those to the members of the part."""
    demo = part.demo
    count = int(GUEST_SALES * (~part.facts.purchases["refund"]).sum())
    keys = member_keys([f"guest {part.number}/{number}" for number in range(count)])
    draw = [demo.streams.uniform(Purpose.GUEST, keys, nth) for nth in range(7)]
    days = _seasonal_days(demo.days, BEHAVIOUR.season, draw[0])
    channel = pick(CHANNELS, chosen(CHANNEL_SHARES, draw[1]))
    region, number = chosen(REGION_SHARES, draw[2]), (draw[3] * STORES_PER_REGION).astype(np.int64)
    spend = np.exp(4.5 + 0.6 * demo.streams.normal(Purpose.GUEST, keys, 4))
    hours_us = ((OPENS_H + (CLOSES_H - OPENS_H) * draw[5]) * 3.6e9).astype(np.int64)
    nothing, amount = np.zeros(count, np.int64), np.round(spend * 100).astype(np.int64)
    in_store = channel == "store"
    return pd.DataFrame(
        {
            "purchase_id": [f"G{part.number:02d}-{number:07d}" for number in range(1, count + 1)],
            "kind": SALE,
            "occurred_at": instants(demo.midnight(days) + hours_us),
            "amount": amount,
            "discount": reductions(demo.streams, keys, nothing, amount),
            "quantity": _quantities(demo.streams, keys, nothing),
            "store": only(in_store, store_names(region, number)),
            "channel": channel,
            "staff": only(in_store, staff_names(region, number, draw[6])),
            "categories": _categories(demo.streams, keys, nothing, chosen(FAVOURITE_SHARES, draw[6])),
        }
    )


def reductions(streams: Streams, keys: Keys, nth: Ints, amount: Ints) -> Ints:
    """What was taken off the price of each sale, in whole units of money."""
    luck = streams.uniform(Purpose.DISCOUNT, keys, nth) / REDUCED
    off = np.round(np.maximum(amount, 0) * MOST_OFF * luck / 100).astype(np.int64) * 100
    return np.where(luck < 1, off, 0)


def _categories(streams: Streams, keys: Keys, nth: Ints, favourite: Ints) -> Texts:
    """One or two categories of each sale."""
    luck, more = (streams.uniform(Purpose.CATEGORY, keys, 2 * nth + turn) for turn in (0, 1))
    first = np.where(
        luck < FAVOURITE, favourite, chosen(FAVOURITE_SHARES, (luck - FAVOURITE) / (1 - FAVOURITE))
    )
    second = chosen(FAVOURITE_SHARES, np.minimum(more / SECOND, 0.999))
    several = (more < SECOND) & (second != first)
    found: Texts = _BASKETS[np.where(several, 1 + second, 0) * len(CATEGORIES) + first]
    return found


def _quantities(streams: Streams, keys: Keys, nth: Ints) -> Ints:
    """One piece in half of all sales, rarely more than five."""
    luck = streams.uniform(Purpose.QUANTITY, keys, nth)
    pieces: Ints = np.minimum(1 + np.floor(-np.log2(1 - luck)), 9).astype(np.int64)
    return pieces


def _seasonal_days(days: tuple[int, int], season: Season, luck: Floats) -> Ints:
    first_day, last_day = days
    upto = np.cumsum(intensity(season, np.arange(first_day, last_day + 1)))
    found: Ints = first_day + np.searchsorted(upto, luck * upto[-1], side="right")
    return found


def _baskets() -> Texts:
    """Each category alone, then each with a second one."""
    alone = [[first] for first in CATEGORIES]
    pairs = [sorted({first, second}) for second in CATEGORIES for first in CATEGORIES]
    found = np.empty(len(alone) + len(pairs), object)
    found[:] = alone + pairs
    return found


_BASKETS = _baskets()
