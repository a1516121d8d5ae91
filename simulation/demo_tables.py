"""The demo's facts as frames in the declared columns: members, purchases, ledger, tiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, POINTS_ACCOUNT, REFUND, REVERSE, SALE
from loyalty_core.history import NEVER, Ints
from simulation import ledger_frames
from simulation.behaviour import Season
from simulation.demo import BEHAVIOUR, Demo
from simulation.ledger_frames import Texts, dates, instants, only, pick
from simulation.season import intensity
from simulation.streams import Floats, Keys, Purpose, Streams, member_keys

REGIONS, REGION_SHARES = ("East", "South", "North", "West"), (0.34, 0.27, 0.22, 0.17)
CHANNELS, CHANNEL_SHARES = ("store", "app", "web"), (0.50, 0.35, 0.15)
STORES_PER_REGION = 3
GENDERS, GENDER_SHARES = ("female", "male", "other", None), (0.52, 0.41, 0.01, 0.06)
OWN_CHANNEL = 0.7  # of a member's sales are made through the channel of joining
MOVED = 0.04  # of the members move to another region once
GUEST_SALES = 0.35  # sales to guests for each sale to a member
_ATTRIBUTES = ("region", "channel", "store", "gender", "birth", "birthday", "consent", "moved", "moved_on")


def members(demo: Demo) -> pd.DataFrame:
    """One row for each member, and another one for those who moved to another region."""
    people = demo.population
    draws = {
        name: demo.streams.uniform(Purpose.ATTRIBUTE, people.keys, place)
        for place, name in enumerate(_ATTRIBUTES)
    }
    region, channel = _of(REGION_SHARES, draws["region"]), _of(CHANNEL_SHARES, draws["channel"])
    in_store = channel == CHANNELS.index("store")
    store_number = (draws["store"] * STORES_PER_REGION).astype(int)
    born = np.clip(1987 + 11 * demo.streams.normal(Purpose.ATTRIBUTE, people.keys, 20), 1940, 2008)
    joined_on = dates(people.joined_on)
    frame = pd.DataFrame(
        {
            "member_id": people.ids,
            "valid_from": joined_on,
            "joined_on": joined_on,
            "birth_year": pd.array(np.where(draws["birth"] < 0.93, born, np.nan).round(), dtype="Int64"),
            "birthday": _birthdays(draws["birthday"]),
            "gender": pick(GENDERS, _of(GENDER_SHARES, draws["gender"])),
            "region": pick(REGIONS, region),
            "channel": pick(CHANNELS, channel),
            "store": _store_names(region, store_number),
            "staff": only(in_store, _staff_names(region, store_number, draws["birth"])),
            "consent": draws["consent"] < 0.82,
        }
    )
    return pd.concat([frame, _moves(demo, frame, region, store_number, draws)], ignore_index=True)


def purchases(demo: Demo, people: pd.DataFrame) -> pd.DataFrame:
    """Sales and refunds of members."""
    rows = demo.facts.purchases
    who, nth, refund = rows["member"], rows["ordinal"], rows["refund"]
    keys = demo.population.keys[who]
    profile = people.drop_duplicates("member_id")  # the first row of each member, in their order
    own = demo.streams.uniform(Purpose.CHANNEL, keys, nth) < OWN_CHANNEL
    other = pick(CHANNELS, _of(CHANNEL_SHARES, demo.streams.uniform(Purpose.STORE, keys, nth)))
    channel = np.where(own, profile["channel"].to_numpy(object)[who], other)
    sale = sale_ids(demo, who, nth)
    return pd.DataFrame(
        {
            "purchase_id": np.where(refund, sale + "-R", sale),
            "member_id": demo.population.ids[who],
            "kind": np.where(refund, REFUND, SALE),
            "occurred_at": instants(rows["at"]),
            "amount": rows["amount"],
            "quantity": _quantities(demo.streams, keys, nth) * np.where(refund, -1, 1),
            "store": only(channel == "store", profile["store"].to_numpy(object)[who]),
            "channel": channel,
            "refund_of": only(refund, sale),
        }
    )


def guests(demo: Demo) -> pd.DataFrame:
    """Sales to people who are not members."""
    count = int(GUEST_SALES * (~demo.facts.purchases["refund"]).sum())
    keys = member_keys([f"guest {number}" for number in range(count)])
    draw = [demo.streams.uniform(Purpose.GUEST, keys, nth) for nth in range(4)]
    days = _seasonal_days(demo, BEHAVIOUR.season, draw[0])
    channel = pick(CHANNELS, _of(CHANNEL_SHARES, draw[1]))
    region, number = _of(REGION_SHARES, draw[2]), (draw[3] * STORES_PER_REGION).astype(int)
    spend = np.exp(4.5 + 0.6 * demo.streams.normal(Purpose.GUEST, keys, 4))
    hours_us = ((10 + 11 * demo.streams.uniform(Purpose.GUEST, keys, 5)) * 3.6e9).astype(np.int64)
    return pd.DataFrame(
        {
            "purchase_id": [f"G{number:07d}" for number in range(1, count + 1)],
            "kind": SALE,
            "occurred_at": instants(demo.midnight(days) + hours_us),
            "amount": np.round(spend * 100).astype(np.int64),
            "quantity": _quantities(demo.streams, keys, np.zeros(count, np.int64)),
            "store": only(channel == "store", _store_names(region, number)),
            "channel": channel,
        }
    )


def entries(demo: Demo) -> pd.DataFrame:
    """The ledger of points."""
    rows = demo.facts.entries
    kind = pick(ENTRY_KINDS, rows["kind"])
    sale = sale_ids(demo, rows["member"], rows["ordinal"])
    rewards = [reward.name for reward in demo.programme.rewards]
    reason = pd.Series(kind).map({EARN: "purchase", EXPIRE: "expiry", REVERSE: "refund"}).to_numpy(object)
    rewarded = rows["reward"] >= 0
    lasting = rows["expires_on"] == NEVER
    waited = (rows["amount"] < 0) & (rows["available_on"] > rows["day"])  # taken back before it was there
    return pd.DataFrame(
        {
            "entry_id": sale + "-" + kind + np.where(waited, "-pending", ""),
            "member_id": demo.population.ids[rows["member"]],
            "account": POINTS_ACCOUNT,
            "kind": kind,
            "amount": rows["amount"],
            "occurred_at": instants(rows["at"]),
            "recorded_at": instants(rows["at"]),
            "available_on": dates(rows["available_on"]),
            "expires_on": dates(np.where(lasting, 0, rows["expires_on"])).where(~lasting),
            "reason": np.where(rewarded, pick((*rewards, None), rows["reward"]), reason),
            "reference": sale,
        }
    )


def tier_changes(demo: Demo) -> pd.DataFrame:
    """Joining, upgrades on a purchase, and what reviews decided."""
    return ledger_frames.tier_changes(demo.facts, demo.programme)


def sale_ids(demo: Demo, who: Ints, nth: Ints) -> Texts:
    """The id of each member's sale of that number."""
    return ledger_frames.sale_ids(demo.facts, who, nth)


def _of(shares: tuple[float, ...], luck: Floats) -> Ints:
    return np.searchsorted(np.cumsum(shares)[:-1], luck, side="right")


def _birthdays(luck: Floats) -> Texts:
    days = (luck * 365).astype(int).astype("datetime64[D]")  # of 1970
    return only(luck < 0.9, np.char.replace(np.datetime_as_string(days), "1970-", "").astype(object))


def _store_names(region: Ints, number: Ints) -> Texts:
    names: Texts = pick(REGIONS, region) + " " + (number + 1).astype(str).astype(object)
    return names


def _staff_names(region: Ints, number: Ints, luck: Floats) -> Texts:
    seat = (luck * 1000).astype(int) % 6 + 1
    initials = pick(REGIONS, region).astype("U1").astype(object)
    names: Texts = initials + (10 * number + seat).astype(str).astype(object)
    return names


def _moves(
    demo: Demo, frame: pd.DataFrame, region: Ints, number: Ints, draws: dict[str, Floats]
) -> pd.DataFrame:
    joined, last_day = demo.population.joined_on, demo.days[1]
    day = joined + 1 + (draws["moved_on"] * np.maximum(last_day - joined, 1)).astype(np.int32)
    moved = (draws["moved"] < MOVED) & (day <= last_day)
    there = (region[moved] + 1) % len(REGIONS)
    return frame[moved].assign(
        valid_from=dates(day[moved]).to_numpy(),
        region=pick(REGIONS, there),
        store=_store_names(there, number[moved]),
    )


def _quantities(streams: Streams, keys: Keys, nth: Ints) -> Ints:
    """One piece in half of all sales, rarely more than five."""
    luck = streams.uniform(Purpose.QUANTITY, keys, nth)
    pieces: Ints = np.minimum(1 + np.floor(-np.log2(1 - luck)), 9).astype(np.int64)
    return pieces


def _seasonal_days(demo: Demo, season: Season, luck: Floats) -> Ints:
    first_day, last_day = demo.days
    upto = np.cumsum(intensity(season, np.arange(first_day, last_day + 1)))
    days: Ints = first_day + np.searchsorted(upto, luck * upto[-1], side="right")
    return days
