"""Part of a simulation's members, with all that a worker needs to simulate them without the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.facts import ADJUST, ENTRY_KINDS, POINTS_ACCOUNT
from loyalty_core.histories import rows_of, select
from loyalty_core.history import NEVER, Entries, Flags, History, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import standing
from loyalty_core.rules.programme import Programme
from simulation.outset import Outset
from simulation.population import Population


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
    ends = np.zeros(len(past.purchases.member), bool)
    ends[sales[_firsts(who) | _lasts(who)]] = True
    return replace(
        past,
        purchases=rows_of(past.purchases, ends, ends),
        entries=_balances(past),
        tier_changes=rows_of(past.tier_changes, _lasts(past.tier_changes.member), ends),
        activities=rows_of(past.activities, np.zeros(len(past.activities.member), bool), ends),
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
        purchase=np.full(len(last), -1),
        codes={name: np.full(len(last), account if name == "account" else -1) for name in entries.codes},
    )


def _firsts(member: Ints) -> Flags:
    first: Flags = np.ones(len(member), bool)
    first[1:] = member[1:] != member[:-1]
    return first


def _lasts(member: Ints) -> Flags:
    return _firsts(member[::-1])[::-1]
