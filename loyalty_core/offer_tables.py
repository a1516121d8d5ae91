"""Offers from the fact tables campaigns, contacts and coupons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.columns import Columns
from loyalty_core.days import NEVER, day_of
from loyalty_core.facts import TABLES, TREATED
from loyalty_core.offers import UNKNOWN_COST, Campaigns, Contacts, Coupons, Offers
from loyalty_core.rules.programme import Programme

COUPON_KINDS = ("coupon", "coupons")  # campaigns that ask to redeem a coupon; all others ask to buy
VOID = "void"

# The columns of each table that offers are made of: what a reader of the latest versions needs to fetch.
OFFER_COLUMNS: dict[str, tuple[str, ...]] = {
    "campaigns": ("campaign_id", "kind", "starts_on", "ends_on", "cost"),
    "contacts": (
        "campaign_id",
        "member_id",
        "arm",
        "channel",
        "planned_at",
        "delivered_at",
        "opened_at",
        "clicked_at",
    ),
    "coupons": (
        "campaign_id",
        "member_id",
        "state",
        "offered_at",
        "claimed_at",
        "redeemed_at",
        "expires_on",
        "purchase_id",
        "reference",
    ),
}


def offers_from_frames(
    frames: Mapping[str, pd.DataFrame],
    members: pd.Index[Any],
    programme: Programme,
    labels: dict[str, tuple[str, ...]],
) -> Offers:
    """What the frames say was offered to those members; a table left out has no rows.

    Of several rows of one key the last (by `version`, where given) holds. Whoever no other table
    knows is no member, and what was offered to them is left out. The labels "campaigns.campaign_id",
    "contacts.channel" and "coupons.reference" are noted.
    """
    tables = {name: _latest(Columns(frames.get(name), name)) for name in OFFER_COLUMNS}
    named = [table.coded("campaign_id")[1] for table in tables.values()]
    ids: pd.Index[Any] = pd.Index(np.concatenate(named), dtype="str").unique().sort_values()
    labels["campaigns.campaign_id"] = tuple(ids)
    contacts, coupons = (_of_members(tables[name], members) for name in ("contacts", "coupons"))
    return Offers(
        campaigns=_campaigns(tables["campaigns"], ids),
        contacts=_contacts(contacts, members, ids, programme, labels),
        coupons=_coupons(coupons, members, ids, programme, labels),
    )


def purchases_of_coupons(frames: Mapping[str, pd.DataFrame]) -> pd.Index[Any]:
    """The purchases that coupons name, for sources whose purchases do not name their coupons."""
    coupons = _latest(Columns(frames.get("coupons"), "coupons"))
    kept = np.flatnonzero(~coupons.equal("state", VOID))
    return coupons.rows(kept).coded("purchase_id")[1]


def _latest(table: Columns) -> Columns:
    """The last version of each row."""
    if "version" not in table.frame:
        return table
    key, version = table.coded(TABLES[table.name].key[0])[0], table.whole("version", 0)
    order = np.lexsort((version, key))
    last = np.append(key[order][1:] != key[order][:-1], True)[: len(order)]
    return table.rows(order[last])


def _of_members(table: Columns, members: pd.Index[Any]) -> Columns:
    """The rows of members, by member and instant, of one instant first what expires first; coupons that are
    void are left out."""
    member = table.choices("member_id", members)
    kept = np.flatnonzero((member >= 0) & ~table.equal("state", VOID))
    at, until = table.instants(TABLES[table.name].time), table.dates("expires_on", NEVER)
    return table.rows(kept[np.lexsort((until[kept], at[kept], member[kept]))])


def _campaigns(table: Columns, ids: pd.Index[Any]) -> Campaigns:
    place = table.choices("campaign_id", ids)
    starts_on, ends_on = np.full((2, len(ids)), NEVER, np.int32)
    cost, asks_coupon = np.full(len(ids), UNKNOWN_COST, np.int64), np.zeros(len(ids), np.bool_)
    starts_on[place] = table.dates("starts_on", NEVER)
    ends_on[place] = table.dates("ends_on", NEVER)
    cost[place] = table.whole("cost", UNKNOWN_COST)
    asks_coupon[place] = table.choices("kind", COUPON_KINDS) >= 0
    return Campaigns(
        ids=ids.to_numpy(object), starts_on=starts_on, ends_on=ends_on, cost=cost, asks_coupon=asks_coupon
    )


def _contacts(
    table: Columns,
    members: pd.Index[Any],
    campaigns: pd.Index[Any],
    programme: Programme,
    labels: dict[str, tuple[str, ...]],
) -> Contacts:
    at = table.instants("planned_at")
    return Contacts(
        member=table.choices("member_id", members).astype(np.int64),
        campaign=table.choices("campaign_id", campaigns),
        at=at,
        day=day_of(at, programme.zone),
        treated=table.equal("arm", TREATED),
        delivered_on=_days(table, "delivered_at", programme),
        opened_on=_days(table, "opened_at", programme),
        clicked_on=_days(table, "clicked_at", programme),
        channel=table.codes("channel", labels),
    )


def _coupons(
    table: Columns,
    members: pd.Index[Any],
    campaigns: pd.Index[Any],
    programme: Programme,
    labels: dict[str, tuple[str, ...]],
) -> Coupons:
    return Coupons(
        member=table.choices("member_id", members).astype(np.int64),
        campaign=table.choices("campaign_id", campaigns),
        offered_on=_days(table, "offered_at", programme),
        claimed_on=_days(table, "claimed_at", programme),
        redeemed_at=table.instants("redeemed_at"),
        redeemed_on=_days(table, "redeemed_at", programme),
        expires_on=table.dates("expires_on", NEVER),
        rule=table.codes("reference", labels),
    )


def _days(table: Columns, column: str, programme: Programme) -> Ints:
    """The day of each instant, NEVER where there is none."""
    found = np.full(len(table), NEVER, np.int32)
    happened = _stated(table, column)
    found[happened] = day_of(table.rows(happened).instants(column), programme.zone)
    return found


def _stated(table: Columns, column: str) -> Flags:
    if column not in table.frame:
        return np.zeros(len(table), np.bool_)
    stated: Flags = table.frame[column].notna().to_numpy(np.bool_)
    return stated
