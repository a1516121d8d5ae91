"""The history that a run brings about: its facts alone, or after a programme's past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_moves import TIER_REASONS
from simulation.continued_offers import with_coupons
from simulation.journal import ACTIVITIES, Facts
from simulation.population import Population
from simulation.rows import Arrays

MEMBER_ATTRIBUTES = ("region", "channel", "store", "gender")
PURCHASE_ATTRIBUTES = ("channel", "store", "categories")
Labels = dict[str, tuple[str, ...]]


def continued(
    population: Population,
    facts: Facts,
    programme: Programme,
    past: History | None = None,
    first_day: int = 0,
) -> History:
    """`past` of the same members followed by the facts of a run; without a past the facts alone.

    Simulated purchases are made where and of what their member usually buys. `first_day` is the run's: by it
    the coupons of the past are known that members still held.
    """
    before = past or _blank(population)
    labels = _labels(before.labels, programme, facts.journal.others)
    order = _order(before.purchases.member, before.purchases.at, facts.purchases)
    place = np.append(np.argsort(order), -1)  # in the whole, of the past's purchases and then the new
    return replace(
        before,
        purchases=_purchases(before.purchases, facts.purchases, population, order, place),
        entries=_entries(before, facts, place, labels, programme),
        tier_changes=_tier_changes(before.tier_changes, facts.tier_changes, labels),
        activities=_activities(before.activities, facts.activities, labels, programme),
        offers=with_coupons(before, facts, programme, labels, first_day),
        labels=labels,
    )


def _purchases(past: Purchases, new: Arrays, population: Population, order: Ints, place: Ints) -> Purchases:
    with_coupon = (new["discount"] > 0) & ~new["refund"]
    own = place[len(past.member) :]
    taken_back = np.where(new["refund"], own[_sale_of(new, new["member"], new["ordinal"])], -1)
    return Purchases(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        amount=_joined(past.amount, new["amount"], order),
        refund=_joined(past.refund, new["refund"], order).astype(bool),
        quantity=_joined(past.quantity, new["quantity"], order),
        discount=_joined(past.discount, new["discount"], order),
        paid_points=_joined(past.paid_points, new["paid_points"], order),
        paid_stored_value=_joined(past.paid_stored_value, new["paid_stored_value"], order),
        with_coupon=_joined(past.with_coupon, with_coupon, order).astype(bool),
        refund_of=_joined(place[past.refund_of], taken_back, order),
        codes={
            name: _joined(codes, getattr(population, name)[new["member"]], order)
            for name, codes in past.codes.items()
        },
    )


def _sale_of(purchases: Arrays, member: Ints, ordinal: Ints) -> Ints:
    """The rows of the sales that those members made as their `ordinal`-th; -1 for no ordinal."""
    sales = np.flatnonzero(~purchases["refund"])
    first = np.searchsorted(purchases["member"][sales], member)
    found = np.append(sales, -1)[np.minimum(first + ordinal, len(sales))]
    rows: Ints = np.where(ordinal < 0, -1, found)
    return rows


def _entries(before: History, facts: Facts, place: Ints, labels: Labels, programme: Programme) -> Entries:
    past, new = before.entries, _of_all_accounts(facts, labels["entries.account"])
    order = _order(past.member, past.at, new)
    names = np.array([labels["entries.reason"].index(reward.name) for reward in programme.rewards] + [-1])
    added = {"account": new["account"], "reason": names[new["reward"]]}
    purchase = place[len(before.purchases.member) :][_sale_of(facts.purchases, new["member"], new["ordinal"])]
    return Entries(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        kind=_joined(past.kind, new["kind"], order),
        amount=_joined(past.amount, new["amount"], order),
        available_on=_joined(past.available_on, new["available_on"], order),
        expires_on=_joined(past.expires_on, new["expires_on"], order),
        purchase=_joined(place[past.purchase], purchase, order),
        codes={
            name: _joined(codes, added.get(name, np.full(len(new["member"]), -1)), order)
            for name, codes in past.codes.items()
        },
    )


def _of_all_accounts(facts: Facts, names: tuple[str, ...]) -> Arrays:
    """The entries of a run; those beside the account of points can be spent at once and buy no rewards."""
    points, others = facts.entries, facts.other_entries
    places = np.array([names.index(name) for name in facts.journal.others], np.int64)
    own = {"account": np.full(len(points["member"]), names.index(POINTS_ACCOUNT))}
    none = np.full(len(others["member"]), -1)
    told = {"account": places[others["account"]], "available_on": others["day"], "reward": none}
    return {
        name: np.concatenate([(points | own)[name], (others | told)[name]]) for name in (*points, "account")
    }


def _tier_changes(past: TierChanges, new: Arrays, labels: Labels) -> TierChanges:
    order = _order(past.member, past.at, new)
    names = [labels["tier_changes.reason"].index(name) for name in TIER_REASONS]
    reason = np.where(new["review"], names[2], np.where(new["from_tier"] < 0, names[0], names[1]))
    return TierChanges(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        from_tier=_joined(past.from_tier, new["from_tier"], order),
        to_tier=_joined(past.to_tier, new["to_tier"], order),
        codes={"reason": _joined(past.codes["reason"], reason, order)},
    )


def _activities(past: Activities, new: Arrays, labels: Labels, programme: Programme) -> Activities:
    order = _order(past.member, past.at, new)
    kinds = np.array([labels["activities.kind"].index(name) for name in ACTIVITIES])
    tiers = np.array([*(labels["activities.reference"].index(tier.name) for tier in programme.tiers), -1])
    added = {"kind": kinds[new["kind"]], "reference": tiers[new["tier"]]}
    return Activities(
        member=_joined(past.member, new["member"], order),
        day=_joined(past.day, new["day"], order),
        at=_joined(past.at, new["at"], order),
        value=_joined(past.value, new["value"], order),
        codes={name: _joined(codes, added[name], order) for name, codes in past.codes.items()},
    )


def _labels(labels: Labels, programme: Programme, accounts: tuple[str, ...]) -> Labels:
    """Known labels, and those that a run adds behind them: codes already given stay."""
    rewards = [reward.name for reward in programme.rewards]
    coupons = [rule.name for rule in programme.coupons]
    return {
        **labels,
        "activities.kind": _extended(labels.get("activities.kind", ()), list(ACTIVITIES)),
        "activities.reference": _extended(
            labels.get("activities.reference", ()), [tier.name for tier in programme.tiers]
        ),
        "entries.account": _extended(labels.get("entries.account", ()), [POINTS_ACCOUNT, *accounts]),
        "coupons.reference": _extended(labels.get("coupons.reference", ()), coupons),
        "entries.reason": _extended(labels.get("entries.reason", ()), rewards),
        "tier_changes.reason": _extended(labels.get("tier_changes.reason", ()), list(TIER_REASONS)),
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
    unknown, unknown_of_none = np.full(n, -1, np.int32), np.zeros(0, np.int32)
    moment: Arrays = {"member": nothing, "day": nothing.astype(np.int32), "at": nothing}
    return History(
        members=Members(
            ids=population.ids,
            joined_on=population.joined_on,
            left_on=np.full(n, NEVER),
            left_reason=unknown,
        ),
        versions=Versions(
            member=np.arange(n),
            valid_from=population.joined_on,
            birth_year=np.zeros(n, np.int32),
            birthday=np.zeros(n, np.int32),
            consent=unknown,
            codes=dict.fromkeys(MEMBER_ATTRIBUTES, unknown),
        ),
        purchases=Purchases(
            **moment,
            amount=nothing,
            refund=nothing.astype(bool),
            quantity=nothing,
            discount=nothing,
            paid_points=nothing,
            paid_stored_value=nothing,
            with_coupon=nothing.astype(bool),
            refund_of=nothing,
            codes=dict.fromkeys(PURCHASE_ATTRIBUTES, unknown_of_none),
        ),
        entries=Entries(
            **moment,
            kind=nothing.astype(np.int8),
            amount=nothing,
            available_on=nothing.astype(np.int32),
            expires_on=nothing.astype(np.int32),
            purchase=nothing,
            codes=dict.fromkeys(("account", "reason"), unknown_of_none),
        ),
        tier_changes=TierChanges(
            **moment, from_tier=nothing, to_tier=nothing, codes={"reason": unknown_of_none}
        ),
        activities=Activities(
            **moment, value=nothing, codes=dict.fromkeys(("kind", "reference"), unknown_of_none)
        ),
        labels={},
    )
