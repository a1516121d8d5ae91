"""A history from the fact tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.columns import Columns
from loyalty_core.days import NEVER, day_of
from loyalty_core.facts import ENTRY_KINDS, REFUND, TABLES
from loyalty_core.history import (
    UNKNOWN_VALUE,
    Activities,
    Entries,
    History,
    Members,
    Purchases,
    TierChanges,
    Versions,
)
from loyalty_core.offer_tables import offers_from_frames, purchases_of_coupons
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import in_order

Frames = Mapping[str, pd.DataFrame]
ATTRIBUTES = ("region", "channel", "store", "gender")
MONEY = ("discount", "paid_points", "paid_stored_value")

# The columns of each table that a history is made of: what a reader needs to fetch.
COLUMNS: dict[str, tuple[str, ...]] = {
    "members": (
        "member_id",
        "valid_from",
        "joined_on",
        "left_on",
        "left_reason",
        "birth_year",
        "birthday",
        "consent",
        *ATTRIBUTES,
    ),
    "purchases": (
        "purchase_id",
        "member_id",
        "occurred_at",
        "amount",
        "kind",
        "quantity",
        *MONEY,
        "coupon_id",
        "channel",
        "store",
        "categories",
        "refund_of",
    ),
    "entries": (
        "member_id",
        "occurred_at",
        "kind",
        "amount",
        "available_on",
        "expires_on",
        "account",
        "reason",
        "reference",
    ),
    "tier_changes": ("member_id", "occurred_at", "from_tier", "to_tier", "reason"),
    "activities": ("member_id", "occurred_at", "kind", "value", "reference"),
}


def history_from_frames(frames: Frames, programme: Programme) -> History:
    """The history told by frames in the columns of the fact tables; a table left out has no rows.

    Of several rows of a member with one `valid_from` the last (by `version`, where given) holds.
    Whoever occurs in a fact without a row in `members` is a member since the first purchase, or
    the first event of any kind where there is no purchase. A refund finds its sale, and an entry its
    purchase, among the purchases of the same member; `purchase_id` serves nothing else.
    """
    tables = {name: Columns(frames.get(name), name) for name in COLUMNS}
    profiles = _latest_versions(tables["members"])
    ids = _member_ids(profiles, tables)
    events = {name: _Events(tables[name], ids, programme) for name in COLUMNS if name != "members"}
    labels: dict[str, tuple[str, ...]] = {}
    versions = _versions(profiles, ids, labels)
    purchases = _purchases(events["purchases"], purchases_of_coupons(frames), labels)
    members = _members(profiles, ids, versions, purchases, events, labels)
    return History(
        members=members,
        versions=versions,
        purchases=purchases,
        entries=_entries(events["entries"], events["purchases"], labels),
        tier_changes=_tier_changes(events["tier_changes"], programme, labels),
        activities=_activities(events["activities"], labels),
        labels=labels,
        offers=offers_from_frames(frames, ids, programme, labels),
    )


class _Events:
    """The rows of an event table in order of member and instant, with the member's position and the day."""

    def __init__(self, table: Columns, ids: pd.Index[Any], programme: Programme) -> None:
        at = table.instants(TABLES[table.name].time)
        member = table.choices("member_id", ids).astype(np.int64)
        order = in_order(member, at)
        self.table = table.rows(order)
        self.member, self.at = member[order], at[order]
        self.day = day_of(self.at, programme.zone)


def _latest_versions(table: Columns) -> Columns:
    """One row per member and valid_from, sorted by both."""
    valid_from = table.dates("valid_from", 0)
    version = table.whole("version", 0)
    member_codes, _ = table.ordered("member_id")
    order = np.lexsort((version, valid_from, member_codes))
    member, day = member_codes[order], valid_from[order]
    last = np.append((member[1:] != member[:-1]) | (day[1:] != day[:-1]), True)[: len(order)]
    return table.rows(order[last])


def _member_ids(profiles: Columns, tables: Mapping[str, Columns]) -> pd.Index[Any]:
    """Every member that any table names, sorted."""
    found = [rows.coded("member_id")[1] for rows in (profiles, *tables.values())]
    most, named = max(found, key=len), [rows for rows in tables.values() if len(rows)]
    if most.is_monotonic_increasing and all(rows.categories("member_id") is most for rows in named):
        return most
    ids: pd.Index[Any] = pd.Index(np.concatenate(found), dtype="str").unique().sort_values()
    return ids


def _versions(profiles: Columns, ids: pd.Index[Any], labels: dict[str, tuple[str, ...]]) -> Versions:
    return Versions(
        member=profiles.choices("member_id", ids).astype(np.int64),
        valid_from=profiles.dates("valid_from", 0),
        birth_year=profiles.whole("birth_year", 0),
        birthday=profiles.month_days("birthday"),
        consent=profiles.flags("consent"),
        codes={name: profiles.codes(name, labels) for name in ATTRIBUTES},
    )


def _members(
    profiles: Columns,
    ids: pd.Index[Any],
    versions: Versions,
    purchases: Purchases,
    events: Mapping[str, _Events],
    labels: dict[str, tuple[str, ...]],
) -> Members:
    """Joined as the latest version that knows says, else with the first purchase, else the first event."""
    joined_on = np.full(len(ids), NEVER, np.int32)
    left_on, left_reason = joined_on.copy(), np.full(len(ids), -1, np.int32)
    stated = profiles.dates("joined_on", NEVER)
    joined_on[versions.member[stated != NEVER]] = stated[stated != NEVER]  # later versions overwrite
    left_on[versions.member] = profiles.dates("left_on", NEVER)
    left_reason[versions.member] = profiles.codes("left_reason", labels)
    sale = ~purchases.refund
    happened = [(rows.member, rows.day) for rows in events.values()]
    for source in (
        [(purchases.member[sale], purchases.day[sale])],
        happened,
        [(versions.member, versions.valid_from)],
    ):
        joined_on = np.where(joined_on == NEVER, _earliest(len(ids), source), joined_on)
    return Members(ids=ids.to_numpy(object), joined_on=joined_on, left_on=left_on, left_reason=left_reason)


def _earliest(n: int, events: Iterable[tuple[Ints, Ints]]) -> Ints:
    """The first day of each of n members among the events, NEVER where there is none."""
    first = np.full(n, NEVER, np.int32)
    for member, day in events:
        np.minimum.at(first, member[member >= 0], day[member >= 0])
    return first


def _purchases(rows: _Events, of_coupons: pd.Index[Any], labels: dict[str, tuple[str, ...]]) -> Purchases:
    table = rows.table
    return Purchases(
        member=rows.member,
        day=rows.day,
        at=rows.at,
        amount=table.whole("amount", 0),
        refund=table.equal("kind", REFUND),
        quantity=table.whole("quantity", 0),
        **{name: table.whole(name, 0) for name in MONEY},
        with_coupon=table.known("coupon_id") | (table.choices("purchase_id", of_coupons) >= 0),
        refund_of=_sale_before(rows, _purchase_named(rows, "refund_of", rows)),
        codes={name: table.codes(name, labels) for name in ("channel", "store", "categories")},
    )


def _purchase_named(rows: _Events, column: str, purchases: _Events) -> Ints:
    """The place of the purchase of the same member that a column names, -1 where there is none."""
    codes, texts = rows.table.coded(column)
    if not len(texts):
        return np.full(len(codes), -1, np.int64)
    id_codes, ids = purchases.table.coded("purchase_id")
    place_of = np.full(len(ids) + 1, -1, np.int64)  # the last one answers the code -1
    place_of[id_codes] = np.arange(len(id_codes))
    place_of[-1] = -1
    found = np.append(place_of[ids.get_indexer(texts)], -1)[codes]
    found[np.append(purchases.member, -1)[found] != rows.member] = -1
    return found


def _sale_before(rows: _Events, sale: Ints) -> Ints:
    """The sale that each refund names, -1 where it would come after its refund."""
    found: Ints = np.where(np.append(rows.at, 0)[sale] <= rows.at, sale, -1)
    return found


def _entries(rows: _Events, purchases: _Events, labels: dict[str, tuple[str, ...]]) -> Entries:
    table = rows.table
    return Entries(
        member=rows.member,
        day=rows.day,
        at=rows.at,
        kind=table.choices("kind", ENTRY_KINDS),
        amount=table.whole("amount", 0),
        available_on=table.dates("available_on", rows.day),
        expires_on=table.dates("expires_on", NEVER),
        purchase=_purchase_named(rows, "reference", purchases),
        codes={name: table.codes(name, labels) for name in ("account", "reason")},
    )


def _tier_changes(rows: _Events, programme: Programme, labels: dict[str, tuple[str, ...]]) -> TierChanges:
    names = tuple(tier.name for tier in programme.known_tiers)
    return TierChanges(
        member=rows.member,
        day=rows.day,
        at=rows.at,
        from_tier=rows.table.choices("from_tier", names),
        to_tier=rows.table.choices("to_tier", names),
        codes={"reason": rows.table.codes("reason", labels)},
    )


def _activities(rows: _Events, labels: dict[str, tuple[str, ...]]) -> Activities:
    return Activities(
        member=rows.member,
        day=rows.day,
        at=rows.at,
        value=rows.table.whole("value", int(UNKNOWN_VALUE)),
        codes={name: rows.table.codes(name, labels) for name in ("kind", "reference")},
    )
