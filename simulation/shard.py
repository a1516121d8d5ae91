"""Part of a simulation's members, with all that a worker needs to simulate them without the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from loyalty_core.accounts import Accounts
from loyalty_core.facts import ADJUST, ENTRY_KINDS, POINTS_ACCOUNT
from loyalty_core.histories import select
from loyalty_core.history import NEVER, Activities, Entries, Flags, History, Ints, Purchases, TierChanges
from loyalty_core.programme import Programme
from loyalty_core.replay import standing
from simulation.outset import Outset
from simulation.population import Population

Events = TypeVar("Events", Purchases, TierChanges, Activities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Members with the same kind of past: `past` and their accounts under each programme, or none of it."""

    population: Population
    past: History | None
    accounts: tuple[Accounts | None, ...]


def shards(outset: Outset, programmes: Sequence[Programme], size: int) -> list[Shard]:
    """All members in parts of about `size`; results do not depend on how many there are."""
    eve = outset.days[0] - 1
    return [
        *(_with_past(outset, part, programmes, eve) for part in _parts(len(outset.members), size)),
        *(
            Shard(population=outset.joining.part(part), past=None, accounts=(None,) * len(programmes))
            for part in _parts(len(outset.joining), size)
        ),
    ]


def _with_past(outset: Outset, part: Ints, programmes: Sequence[Programme], eve: int) -> Shard:
    mask = np.zeros(len(outset.members), bool)
    mask[part] = True
    past = select(outset.past, mask)
    accounts = tuple(standing(past, programme, eve) for programme in programmes)
    return Shard(population=outset.members.part(part), past=remembered(past), accounts=accounts)


def _parts(n: int, size: int) -> list[Ints]:
    count = max(1, -(-n // size))
    return [part for part in np.array_split(np.arange(n), count) if len(part)]


def remembered(past: History) -> History:
    """What the figures of later periods need of a past: each member's first and last sale, the balance
    as one entry, the last tier. Tiers, lots and qualifying spend go on in the accounts."""
    sales = np.flatnonzero((past.purchases.member >= 0) & ~past.purchases.refund)
    who = past.purchases.member[sales]
    ends = sales[_firsts(who) | _lasts(who)]
    return replace(
        past,
        purchases=_rows(past.purchases, ends),
        entries=_balances(past),
        tier_changes=_rows(past.tier_changes, np.flatnonzero(_lasts(past.tier_changes.member))),
        activities=_rows(past.activities, np.zeros(0, np.int64)),
    )


def _balances(past: History) -> Entries:
    """One entry of the points account for each member who has any."""
    entries, names = past.entries, past.labels.get("entries.account", ())
    account = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -1
    rows = np.flatnonzero((entries.codes["account"] == account) & (account >= 0))
    who = entries.member[rows]
    begins, last = np.flatnonzero(_firsts(who)), rows[_lasts(who)]
    total = np.add.reduceat(entries.amount[rows], begins) if len(begins) else entries.amount[:0]
    return Entries(
        member=entries.member[last],
        day=entries.day[last],
        at=entries.at[last],
        kind=np.full(len(last), ENTRY_KINDS.index(ADJUST), entries.kind.dtype),
        amount=total,
        available_on=entries.day[last],
        expires_on=np.full(len(last), NEVER),
        codes={name: np.full(len(last), account if name == "account" else -1) for name in entries.codes},
    )


def _rows(events: Events, rows: Ints) -> Events:
    kept = {
        field.name: getattr(events, field.name)[rows] for field in fields(events) if field.name != "codes"
    }
    if not isinstance(events, TierChanges):
        kept["codes"] = {name: codes[rows] for name, codes in events.codes.items()}
    return replace(events, **kept)


def _firsts(member: Ints) -> Flags:
    first: Flags = np.ones(len(member), bool)
    first[1:] = member[1:] != member[:-1]
    return first


def _lasts(member: Ints) -> Flags:
    return _firsts(member[::-1])[::-1]
