"""The history that a run brings about: its facts alone, or after a programme's past."""

from __future__ import annotations

import numpy as np

from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import (
    NEVER,
    Activities,
    Entries,
    Flags,
    History,
    Ints,
    Members,
    Purchases,
    TierChanges,
    Versions,
)
from loyalty_core.programme import Programme
from simulation.journal import Arrays, Facts
from simulation.population import Population

MEMBER_ATTRIBUTES = ("region", "channel", "store", "gender")
PURCHASE_ATTRIBUTES = ("channel", "store")
Labels = dict[str, tuple[str, ...]]


def continued(
    population: Population, facts: Facts, programme: Programme, past: History | None = None
) -> History:
    """`past` of the same members followed by the facts of a run; without a past the facts alone.

    Simulated purchases have no channel and no store yet: their codes are -1.
    """
    before = past or _blank(population)
    return History(
        members=before.members,
        versions=before.versions,
        purchases=_purchases(before.purchases, facts.purchases),
        entries=_entries(before, facts.entries, programme),
        tier_changes=_tier_changes(before.tier_changes, facts.tier_changes),
        activities=before.activities,
        labels=_labels(before.labels, programme),
    )


def _purchases(past: Purchases, new: Arrays) -> Purchases:
    order = _order(past.member, past.at, new)
    count = len(new["member"])
    return Purchases(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        amount=_joined(past.amount, new["amount"], order),
        refund=_joined(past.refund, new["refund"], order).astype(bool),
        quantity=_joined(past.quantity, np.where(new["refund"], -1, 1), order),
        codes={name: _joined(codes, np.full(count, -1), order) for name, codes in past.codes.items()},
    )


def _entries(before: History, new: Arrays, programme: Programme) -> Entries:
    past, labels = before.entries, _labels(before.labels, programme)
    order = _order(past.member, past.at, new)
    names = np.array([labels["entries.reason"].index(reward.name) for reward in programme.rewards] + [-1])
    account = np.full(len(new["member"]), labels["entries.account"].index(POINTS_ACCOUNT))
    added = {"account": account, "reason": names[new["reward"]]}
    return Entries(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        kind=_joined(past.kind, new["kind"], order),
        amount=_joined(past.amount, new["amount"], order),
        available_on=_joined(past.available_on, new["day"], order),
        expires_on=_joined(past.expires_on, new["expires_on"], order),
        codes={
            name: _joined(codes, added.get(name, np.full(len(account), -1)), order)
            for name, codes in past.codes.items()
        },
    )


def _tier_changes(past: TierChanges, new: Arrays) -> TierChanges:
    order = _order(past.member, past.at, new)
    return TierChanges(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        from_tier=_joined(past.from_tier, new["from_tier"], order),
        to_tier=_joined(past.to_tier, new["to_tier"], order),
    )


def _labels(labels: Labels, programme: Programme) -> Labels:
    """Known labels, and those that a run adds behind them: codes already given stay."""
    rewards = [reward.name for reward in programme.rewards]
    return {
        **labels,
        "entries.account": _extended(labels.get("entries.account", ()), [POINTS_ACCOUNT]),
        "entries.reason": _extended(labels.get("entries.reason", ()), rewards),
    }


def _extended(known: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    return (*known, *(name for name in names if name not in known))


def _order(member: Ints, at: Ints, new: Arrays) -> Ints:
    """The past first among rows of one member and instant."""
    return np.lexsort((np.concatenate([at, new["at"]]), np.concatenate([member, new["member"]])))


def _joined(past: Ints | Flags, new: Ints | Flags, order: Ints) -> Ints:
    both: Ints = np.concatenate([past, new.astype(past.dtype)])[order]
    return both


def _blank(population: Population) -> History:
    """A history in which nothing has happened yet, every attribute unknown."""
    n, nothing = len(population), np.zeros(0, np.int64)
    unknown = np.full(n, -1, np.int32)
    return History(
        members=Members(ids=population.ids, joined_on=population.joined_on, left_on=np.full(n, NEVER)),
        versions=Versions(
            member=np.arange(n),
            valid_from=population.joined_on,
            birth_year=np.zeros(n, np.int32),
            consent=unknown,
            codes=dict.fromkeys(MEMBER_ATTRIBUTES, unknown),
        ),
        purchases=Purchases(
            member=nothing,
            day=nothing.astype(np.int32),
            at=nothing,
            amount=nothing,
            refund=nothing.astype(bool),
            quantity=nothing,
            codes={name: nothing.astype(np.int32) for name in PURCHASE_ATTRIBUTES},
        ),
        entries=Entries(
            member=nothing,
            day=nothing.astype(np.int32),
            at=nothing,
            kind=nothing.astype(np.int8),
            amount=nothing,
            available_on=nothing.astype(np.int32),
            expires_on=nothing.astype(np.int32),
            codes={"account": nothing.astype(np.int32), "reason": nothing.astype(np.int32)},
        ),
        tier_changes=TierChanges(
            member=nothing, day=nothing.astype(np.int32), at=nothing, from_tier=nothing, to_tier=nothing
        ),
        activities=Activities(
            member=nothing, day=nothing.astype(np.int32), codes={"kind": nothing.astype(np.int32)}
        ),
        labels={},
    )
